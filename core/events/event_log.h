// The consumer that writes log lines. Every kind of event has a budget of lines a second; what is beyond it is counted
// and told in one line when the second is over, so that a flood on the wire is never a flood in the log.
//
// Thread: on_event and on_tick on the pump's; set_level from any.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string_view>

#include "core/events/event_pump.h"
#include "core/events/format.h"

namespace rackcast {

// Where lines go. `line` is borrowed for the call. Called on the pump's thread.
class LineSink {
 public:
  virtual ~LineSink() = default;
  virtual void write(LogLevel level, std::string_view line) = 0;
};

// Lines of one kind within one second. A rack of a thousand machines that boots at once stays under the first; what
// only garbage or a broken client produces in numbers has the second.
inline constexpr std::uint32_t kLinesPerSecondMax = 2000;
inline constexpr std::uint32_t kTroubleLinesPerSecondMax = 50;
[[nodiscard]] std::uint32_t lines_per_second_max(EventKind kind);

class EventLog final : public EventConsumer {
 public:
  // `sink` outlives the log.
  EventLog(LineSink& sink, LogLevel level) : sink_(sink), level_(level) {}

  void on_event(const Event& event) override;
  void on_tick(WallTime now) override;

  void set_level(LogLevel level) { level_.store(level, std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t suppressed() const { return suppressed_.load(std::memory_order_relaxed); }

 private:
  struct Budget {
    std::int64_t second = 0;  // since the epoch
    std::uint32_t written = 0;
    std::uint32_t suppressed = 0;
  };
  static constexpr std::size_t kKinds = static_cast<std::size_t>(EventKind::kWarning) + 1;

  void close_second(EventKind kind, Budget& budget);

  LineSink& sink_;
  std::atomic<LogLevel> level_;
  std::atomic<std::uint64_t> suppressed_{0};
  std::array<Budget, kKinds> budgets_{};
};

}  // namespace rackcast
