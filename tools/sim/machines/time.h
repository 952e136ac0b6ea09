// The simulator's own time: nanoseconds since the run began, real in the live engine, virtual in the deterministic one.
// Apart from core's, because the machines link proto only.
#pragma once

#include <chrono>

namespace rackcast::sim {

using Span = std::chrono::nanoseconds;  // a length of time

struct RunClock {
  using duration = Span;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<RunClock>;
  static constexpr bool is_steady = true;
};
using Instant = RunClock::time_point;

inline constexpr Instant kNever = Instant::max();

}  // namespace rackcast::sim
