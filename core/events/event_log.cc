#include "core/events/event_log.h"

#include <string>

namespace rackcast {
namespace {

std::int64_t second_of(WallTime at) {
  return std::chrono::floor<std::chrono::seconds>(at).time_since_epoch().count();
}

}  // namespace

std::uint32_t lines_per_second_max(EventKind kind) {
  switch (kind) {
    case EventKind::kTransferFailed:
    case EventKind::kNotFound:
    case EventKind::kRefused:
    case EventKind::kDhcpNak:
    case EventKind::kDhcpDecline:
    case EventKind::kNotice:
    case EventKind::kWarning:
      return kTroubleLinesPerSecondMax;
    default:
      return kLinesPerSecondMax;
  }
}

void EventLog::on_event(const Event& event) {
  if (event.quiet) return;
  const LogLevel level = level_of(event);
  if (level < level_.load(std::memory_order_relaxed)) return;
  Budget& budget = budgets_[static_cast<std::size_t>(event.kind)];
  // Only forward: a clock that is set back, or a queue that lags, must not open a new budget with every line.
  if (const std::int64_t second = second_of(event.at); second > budget.second) {
    close_second(event.kind, budget);
    budget.second = second;
  }
  if (budget.written == lines_per_second_max(event.kind)) {
    ++budget.suppressed;
    suppressed_.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  ++budget.written;
  sink_.write(level, format_event(event));
}

void EventLog::on_tick(WallTime now) {
  const std::int64_t second = second_of(now);
  for (std::size_t i = 0; i < budgets_.size(); ++i) {
    Budget& budget = budgets_[i];
    // Later than the second itself, or so far before it that the clock was set back.
    const bool over = second > budget.second || second + 60 < budget.second;
    if (!over || (budget.written == 0 && budget.suppressed == 0)) continue;
    close_second(static_cast<EventKind>(i), budget);
    budget.second = second;
  }
}

void EventLog::close_second(EventKind kind, Budget& budget) {
  if (budget.suppressed > 0)
    sink_.write(LogLevel::kWarning, "suppressed " + std::to_string(budget.suppressed) +
                                        " lines of this kind within a second: " + std::string(kind_label(kind)));
  budget.written = 0;
  budget.suppressed = 0;
}

}  // namespace rackcast
