// Time as an argument. Nothing in `proto` or `core/engine` reads a clock: `Now` is handed in with every call, by the
// backend (kernel clocks, or virtual time in simulation). The monotonic half drives timers; the wall half is for
// leases, access times and log lines. The clock types have no now() on purpose.
#pragma once

#include <chrono>
#include <cstdint>

namespace rackcast {

using Duration = std::chrono::nanoseconds;

struct MonotonicClock {
  using duration = Duration;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<MonotonicClock>;
  static constexpr bool is_steady = true;
};
using MonotonicTime = MonotonicClock::time_point;

// Seconds and nanoseconds since 1970-01-01T00:00:00Z.
using WallTime = std::chrono::time_point<std::chrono::system_clock, Duration>;

struct Now {
  MonotonicTime monotonic;
  WallTime wall;
};

// "No deadline": later than every time.
inline constexpr MonotonicTime kNever = MonotonicTime::max();

}  // namespace rackcast
