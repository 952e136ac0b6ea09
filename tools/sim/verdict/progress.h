// How far a run is, for someone who watches: a bar per stage, the rate, and how long it will still take. The text is a
// pure function of a snapshot; the meter decides when to print it and how.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <iosfwd>
#include <optional>
#include <string>
#include <utility>

#include "tools/sim/machines/stage.h"
#include "tools/sim/machines/time.h"

namespace rackcast::sim {

struct ProgressSnapshot {
  Instant now{};
  std::uint32_t machines = 0;
  std::uint32_t done = 0;
  std::uint32_t failed = 0;
  std::array<std::uint32_t, kStageCount> inside{};  // machines at work in a stage; kOff: not switched on yet
  std::array<std::uint32_t, kStageCount> passed{};  // machines that are beyond it, failed ones included
  std::uint64_t bytes = 0;                          // useful ones so far
  std::uint64_t done_bytes = 0;                     // of those, what the boots that are done took
  std::uint64_t refusals = 0;
  double bytes_per_second = 0;  // lately; the meter's
};

struct ProgressStyle {
  bool is_terminal = false;  // bars; else one line
  bool colour = false;
  unsigned columns = 0;  // 0: not known
};

// How long until the last machine is done, were the rate to stay: as many bytes as a done machine took for each that is
// not. Nothing before the first machine is done, or while no byte comes.
[[nodiscard]] std::optional<Span> time_left(const ProgressSnapshot& snapshot);

// Lines with their newlines.
[[nodiscard]] std::string progress_text(const ProgressSnapshot& snapshot, const ProgressStyle& style);

// Prints at most four times a second to a terminal, redrawing in place, and a line every five seconds elsewhere.
class ProgressMeter {
 public:
  ProgressMeter(std::ostream& out, ProgressStyle style);  // `out` outlives it

  // Is a snapshot wanted? Cheap: ask in every turn of the loop.
  [[nodiscard]] bool due(Instant now) const { return now >= next_; }
  void show(ProgressSnapshot snapshot);
  void close();  // the last picture stays; what follows begins below it

 private:
  [[nodiscard]] double rate_with(const ProgressSnapshot& snapshot);

  std::ostream& out_;
  ProgressStyle style_;
  Instant next_{};
  std::size_t lines_shown_ = 0;
  std::deque<std::pair<Instant, std::uint64_t>> lately_;  // when, bytes so far; kRateWindow long
};

}  // namespace rackcast::sim
