// What the tests of leases share: leases made from a number, and a table with a clock.
#pragma once

#include <array>
#include <chrono>
#include <string_view>
#include <vector>

#include "core/leases/lease.h"
#include "core/leases/lease_store.h"
#include "core/leases/lease_table.h"

namespace rackcast::testing {

// Lease number n: address and MAC hold it, the rest follows from it.
inline Lease numbered_lease(std::uint32_t n) {
  Lease lease;
  lease.address = net::Ipv4Address(0x0A00'0000U + n);
  lease.mac = {{0x52, 0x54, 0, static_cast<std::uint8_t>(n >> 16U), static_cast<std::uint8_t>(n >> 8U),
                static_cast<std::uint8_t>(n)}};
  lease.key = MachineKey::of_mac(lease.mac);
  lease.state = LeaseState::kActive;
  lease.starts = WallTime(std::chrono::seconds(1'000'000 + n));
  lease.ends = lease.starts + std::chrono::hours(12);
  lease.hostname = "node";
  lease.client_identifier = std::string_view("\x01\0\xFF", 3);
  lease.account = ~std::uint64_t{n};
  return lease;
}

// All that the store knows.
inline Result<std::vector<Lease>> all_of(LeaseStore& store) {
  std::vector<Lease> leases;
  if (auto read = store.load([&](const Lease& lease) { leases.push_back(lease); }); !read)
    return tl::make_unexpected(read.error());
  return leases;
}

inline const WallTime kStart{std::chrono::hours(24 * 365 * 50)};

inline net::MacAddress mac(unsigned n) {
  return {{0x52, 0x54, 0, static_cast<std::uint8_t>(n >> 16U), static_cast<std::uint8_t>(n >> 8U),
           static_cast<std::uint8_t>(n)}};
}
inline net::Ipv4Address ip(unsigned last, unsigned third = 1) {
  return {192, 168, static_cast<std::uint8_t>(third), static_cast<std::uint8_t>(last)};
}
inline MachineKey key(unsigned n) {
  return MachineKey::of_mac(mac(n));
}
inline LeaseClient client(unsigned n) {
  return {key(n), {}, mac(n), {}, {}};
}

// Each /24 with its ranges: one subnet, one pool, one link.
struct Wire {
  net::Ipv4Prefix subnet;
  std::vector<AddressRange> ranges;
};
inline LeaseLayout layout(const std::vector<Wire>& wires, std::vector<Reservation> reservations = {}) {
  LeaseLayout all;
  for (const Wire& wire : wires) {
    all.subnets.push_back({wire.subnet, static_cast<std::uint32_t>(all.subnets.size())});
    all.pools.push_back({wire.ranges});
  }
  all.reservations = std::move(reservations);
  return all;
}

inline Wire pool(unsigned first, unsigned last, unsigned third = 1) {
  return {{ip(0, third), 24}, {{ip(first, third), ip(last, third)}}};
}

struct Table {
  explicit Table(LeaseLayout all, const LeaseLimits& limits = {}) : table(std::move(all), limits, 42) {}
  explicit Table(const std::vector<Wire>& wires, std::vector<Reservation> reservations = {},
                 const LeaseLimits& limits = {})
      : Table(layout(wires, std::move(reservations)), limits) {}

  net::Ipv4Address offer(const LeaseClient& who, std::vector<std::uint32_t> pools,
                         std::optional<net::Ipv4Address> requested = {}) {
    table.expire(now);
    const OfferResult result = table.offer(who, pools, requested, now);
    failure = result.failure;
    return failure == OfferFailure::kNone ? result.address : net::Ipv4Address{};
  }
  net::Ipv4Address offer(unsigned n, std::optional<net::Ipv4Address> requested = {}, std::uint32_t number = 0) {
    return offer(client(n), {number}, requested);
  }
  bool activate(const LeaseClient& who, net::Ipv4Address address, Duration length = std::chrono::seconds(3600)) {
    Lease lease;
    lease.address = address;
    lease.mac = who.mac;
    lease.key = who.key;
    lease.relay = who.relay;
    lease.relay_info = who.relay_info;
    lease.state = LeaseState::kActive;
    lease.starts = now;
    lease.ends = now + length;
    return table.activate(lease, now);
  }
  bool activate(unsigned n, net::Ipv4Address address, Duration length = std::chrono::seconds(3600)) {
    return activate(client(n), address, length);
  }
  net::Ipv4Address lease(unsigned n, std::uint32_t number = 0) {
    const net::Ipv4Address address = offer(n, {}, number);
    return activate(n, address) ? address : net::Ipv4Address{};
  }
  [[nodiscard]] LeaseState state(net::Ipv4Address address) const {
    const auto lease = table.find(address);
    return lease ? lease->state : LeaseState::kFree;
  }
  void pass(Duration time) {
    now += time;
    table.expire(now);
  }

  WallTime now = kStart;
  OfferFailure failure = OfferFailure::kNone;
  LeaseTable table;
};

}  // namespace rackcast::testing
