#include "tools/sim/verdict/progress.h"

#include <algorithm>
#include <ostream>

#include "core/human_bytes.h"
#include "tools/sim/verdict/units.h"

namespace rackcast::sim {
namespace {

using namespace std::chrono_literals;

constexpr Span kRedraw = 250ms;
constexpr Span kLine = 5s;
constexpr Span kRateWindow = 5s;
constexpr unsigned kBarColumns = 40;
constexpr unsigned kColumnsAroundBar = 34;
constexpr unsigned kBarColumnsMin = 10;
constexpr double kLeftMaxSeconds = 86'400;  // more is no forecast

std::string summary(const ProgressSnapshot& snapshot) {
  std::string text = clock_text(snapshot.now.time_since_epoch()) + "  " + std::to_string(snapshot.done) + " of " +
                     std::to_string(snapshot.machines) + " done, " + std::to_string(snapshot.failed) + " failed, " +
                     rate_text(snapshot.bytes_per_second);
  if (snapshot.refusals > 0) text += ", " + std::to_string(snapshot.refusals) + " refusals";
  if (const auto left = time_left(snapshot)) text += ", about " + clock_text(*left) + " left";
  return text;
}

// "#####====......": beyond the stage, in it, still to come.
std::string bar(std::uint32_t passed, std::uint32_t inside, std::uint32_t machines, unsigned columns) {
  const auto part = [&](std::uint64_t count) {
    return machines == 0 ? std::size_t{0} : static_cast<std::size_t>(count * columns / machines);
  };
  const std::size_t full = part(passed);
  const std::size_t reached = part(std::uint64_t{passed} + inside);
  return std::string(full, '#') + std::string(reached - full, '=') + std::string(columns - reached, '.');
}

std::string stage_line(const ProgressSnapshot& snapshot, Stage stage, const ProgressStyle& style) {
  const auto index = static_cast<std::size_t>(stage);
  const unsigned room = style.columns > kColumnsAroundBar ? style.columns - kColumnsAroundBar : 0;
  const unsigned columns = style.columns == 0 ? kBarColumns : std::clamp(room, kBarColumnsMin, kBarColumns);
  const std::uint32_t passed = stage == Stage::kDone ? snapshot.done : snapshot.passed[index];
  const std::uint32_t inside = stage == Stage::kDone ? 0 : snapshot.inside[index];
  std::string name(stage_name(stage));
  name.resize(std::max<std::size_t>(name.size(), 10), ' ');
  std::string drawn = bar(passed, inside, snapshot.machines, columns);
  if (style.colour) drawn = "\x1b[32m" + drawn + "\x1b[0m";
  std::string count = std::to_string(passed);
  count.insert(0, std::max<std::size_t>(count.size(), 7) - count.size(), ' ');
  return "  " + name + drawn + count + (inside > 0 ? "  +" + std::to_string(inside) : "") + "\n";
}

}  // namespace

std::optional<Span> time_left(const ProgressSnapshot& snapshot) {
  if (snapshot.done == 0 || snapshot.done_bytes == 0 || snapshot.bytes_per_second <= 0) return std::nullopt;
  const double each = static_cast<double>(snapshot.done_bytes) / snapshot.done;
  const double open = static_cast<double>(snapshot.machines) - snapshot.done - snapshot.failed;
  const double under_way = static_cast<double>(snapshot.bytes - std::min(snapshot.bytes, snapshot.done_bytes));
  const double seconds = std::max(0.0, open * each - under_way) / snapshot.bytes_per_second;
  if (seconds > kLeftMaxSeconds) return std::nullopt;
  return std::chrono::duration_cast<Span>(std::chrono::duration<double>(seconds));
}

std::string progress_text(const ProgressSnapshot& snapshot, const ProgressStyle& style) {
  std::string line = summary(snapshot);
  if (style.is_terminal && style.columns > 0 && line.size() >= style.columns) line.resize(style.columns - 1);
  std::string text = line + "\n";
  if (!style.is_terminal) return text;
  for (std::size_t stage = static_cast<std::size_t>(Stage::kDhcp); stage < kStageCount; ++stage)
    text += stage_line(snapshot, static_cast<Stage>(stage), style);
  return text;
}

ProgressMeter::ProgressMeter(std::ostream& out, ProgressStyle style) : out_(out), style_(style) {}

double ProgressMeter::rate_with(const ProgressSnapshot& snapshot) {
  while (lately_.size() > 1 && snapshot.now - lately_.front().first > kRateWindow) lately_.pop_front();
  lately_.emplace_back(snapshot.now, snapshot.bytes);
  const auto& [then, bytes] = lately_.front();
  const double seconds = seconds_of(snapshot.now - then);
  return seconds > 0 && snapshot.bytes >= bytes ? static_cast<double>(snapshot.bytes - bytes) / seconds : 0;
}

void ProgressMeter::show(ProgressSnapshot snapshot) {
  next_ = snapshot.now + (style_.is_terminal ? kRedraw : kLine);
  snapshot.bytes_per_second = rate_with(snapshot);
  const std::string text = progress_text(snapshot, style_);
  if (style_.is_terminal && lines_shown_ > 0) out_ << "\x1b[" << lines_shown_ << "A\x1b[J";
  out_ << text << std::flush;
  lines_shown_ = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

void ProgressMeter::close() {
  lines_shown_ = 0;
}

}  // namespace rackcast::sim
