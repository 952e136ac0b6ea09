// What the lease store's tests share: leases made from a number.
#pragma once

#include <chrono>
#include <string_view>

#include "core/leases/lease.h"

namespace rackcast::testing {

// Lease number n: address and MAC hold it, the rest follows from it.
inline Lease numbered_lease(std::uint32_t n) {
  Lease lease;
  lease.address = net::Ipv4Address(0x0A00'0000U + n);
  lease.mac = {{0x52, 0x54, 0, static_cast<std::uint8_t>(n >> 16U), static_cast<std::uint8_t>(n >> 8U),
                static_cast<std::uint8_t>(n)}};
  lease.state = LeaseState::kActive;
  lease.starts = WallTime(std::chrono::seconds(1'000'000 + n));
  lease.ends = lease.starts + std::chrono::hours(12);
  lease.hostname = "node";
  lease.client_identifier = std::string_view("\x01\0\xFF", 3);
  return lease;
}

}  // namespace rackcast::testing
