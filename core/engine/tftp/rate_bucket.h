// A token bucket as one word: until when what was taken is paid for (the generic cell rate algorithm, ITU-T I.371). It
// needs no refill and no timer, and its rate may change at any time. Whoever finds it paid takes a burst, and the next
// waits until that is paid; what was not used is kept for kCreditMax only, so that a tick that came late loses nothing
// and a pause is not followed by a flood.
//
// Pure: time is an argument. Rates in Mbit/s of TFTP bytes, headers of UDP and below not counted.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>

#include "core/time.h"

namespace rackcast::engine::tftpd {

inline constexpr Duration kCreditMax = std::chrono::milliseconds(2);
// What was sent above the rate, because nobody may starve, is owed for so long at most.
inline constexpr Duration kDebtMax = std::chrono::seconds(10);

[[nodiscard]] constexpr Duration time_of(std::uint64_t bytes, std::uint32_t rate_mbit) {
  return std::chrono::nanoseconds(bytes * 8'000 / rate_mbit);
}

// The time at which it is paid after `bytes` more. `rate_mbit` > 0.
[[nodiscard]] constexpr MonotonicTime paid_after(MonotonicTime paid_at, MonotonicTime now, std::uint64_t bytes,
                                                 std::uint32_t rate_mbit) {
  return std::min(std::max(paid_at, now - kCreditMax) + time_of(bytes, rate_mbit), now + kDebtMax);
}

// Of all lanes together: threads take from it without a lock.
class SharedRateBucket {
 public:
  [[nodiscard]] bool open(MonotonicTime now) const {
    return paid_at_.load(std::memory_order_relaxed) <= now.time_since_epoch().count();
  }
  // Until when it was not open before.
  MonotonicTime take(MonotonicTime now, std::uint64_t bytes, std::uint32_t rate_mbit) {
    std::int64_t before = paid_at_.load(std::memory_order_relaxed);
    std::int64_t after = 0;
    do {
      after = paid_after(MonotonicTime(Duration(before)), now, bytes, rate_mbit).time_since_epoch().count();
    } while (!paid_at_.compare_exchange_weak(before, after, std::memory_order_relaxed));
    return MonotonicTime(Duration(before));
  }

 private:
  std::atomic<std::int64_t> paid_at_{0};
};

}  // namespace rackcast::engine::tftpd
