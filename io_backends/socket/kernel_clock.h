// The kernel's two clocks as a Now. Cheap (vDSO), any thread.
#pragma once

#include <ctime>

#include "core/time.h"

namespace rackcast::io {

[[nodiscard]] inline Duration read_clock(clockid_t clock) {
  timespec time{};
  ::clock_gettime(clock, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

[[nodiscard]] inline MonotonicTime monotonic_now() {
  return MonotonicTime(read_clock(CLOCK_MONOTONIC));
}

[[nodiscard]] inline Now kernel_now() {
  return {monotonic_now(), WallTime(read_clock(CLOCK_REALTIME))};
}

// `duration`, not negative, as the kernel writes it.
[[nodiscard]] inline timespec to_timespec(Duration duration) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(duration);
  return {seconds.count(), (duration - seconds).count()};
}

}  // namespace rackcast::io
