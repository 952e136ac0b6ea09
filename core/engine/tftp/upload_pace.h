// The rate cap of uploads, shared by the lanes: a line that bytes pass one after the other at the configured rate. An
// ACK is held back until the bytes it lets go of have passed, so nothing is ever dropped.
//
// Any thread; one atomic, no lock.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>

#include "core/time.h"

namespace rackcast {

class UploadPace {
 public:
  // An idle line lets so much pass at once, so that one ACK in a quiet network is not late.
  static constexpr Duration kSlack = std::chrono::milliseconds(20);

  // When `bytes` that came `now` may be acknowledged; `now` or later.
  [[nodiscard]] MonotonicTime pass(MonotonicTime now, std::uint64_t bytes, std::uint32_t rate_mbit) {
    constexpr std::uint64_t kNanosecondsPerBitAtOneMbit = 1'000;
    const auto takes = static_cast<std::int64_t>(bytes * 8 * kNanosecondsPerBitAtOneMbit / std::max(rate_mbit, 1U));
    const std::int64_t earliest = (now - kSlack).time_since_epoch().count();
    std::int64_t free = free_at_.load(std::memory_order_relaxed);
    std::int64_t done = 0;
    do done = std::max(free, earliest) + takes;
    while (!free_at_.compare_exchange_weak(free, done, std::memory_order_relaxed));
    return std::max(now, MonotonicTime(Duration(done)));
  }

 private:
  std::atomic<std::int64_t> free_at_{0};  // monotonic nanoseconds at which the line is free
};

}  // namespace rackcast
