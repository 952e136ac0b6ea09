// Lease times as messages and rules have them, in seconds of 32 bits, all ones for ever (RFC 2131 §3.3), and as the
// lease table has them.
#pragma once

#include <algorithm>
#include <cstdint>

#include "core/leases/lease.h"

namespace rackcast::engine {

inline constexpr std::uint32_t kInfiniteSeconds = 0xFFFF'FFFF;

[[nodiscard]] inline WallTime end_of(WallTime starts, std::uint32_t seconds) {
  return seconds == kInfiniteSeconds ? WallTime::max() : starts + std::chrono::seconds(seconds);
}

[[nodiscard]] inline std::uint32_t seconds_left(const Lease& lease, WallTime now) {
  if (lease.ends == WallTime::max()) return kInfiniteSeconds;
  const auto left = std::chrono::duration_cast<std::chrono::seconds>(lease.ends - now).count();
  return static_cast<std::uint32_t>(std::clamp<std::int64_t>(left, 0, kInfiniteSeconds - 1));
}

}  // namespace rackcast::engine
