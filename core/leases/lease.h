// A lease as the table holds it, the journal stores it and the log prints it. Value type, fixed size, no pointers.
#pragma once

#include <array>
#include <cstdint>

#include "core/leases/machine_key.h"
#include "core/time.h"
#include "proto/bytes/fixed_text.h"
#include "proto/net/address.h"

namespace rackcast {

inline constexpr std::size_t kHostNameBytesMax = 64;           // dhcpd prints no longer one; a DNS label is 63
inline constexpr std::size_t kClientIdentifierBytesMax = 255;  // RFC 2132 §9.14: one option's worth
inline constexpr std::size_t kStashedRelayBytesMax = 255;      // one option 82's worth; what is longer is not kept
using HostName = FixedText<kHostNameBytesMax>;
using ClientIdentifier = FixedText<kClientIdentifierBytesMax>;  // raw bytes; empty = the client sent none
using StashedRelayInfo = FixedText<kStashedRelayBytesMax>;      // option 82 as the relay sent it, raw

enum class LeaseState : std::uint8_t { kFree, kOffered, kActive, kExpired, kReleased, kAbandoned };

struct Lease {
  net::Ipv4Address address;
  net::MacAddress mac;  // chaddr (Ethernet)
  MachineKey key;       // kNone: the MAC address is the key
  LeaseState state = LeaseState::kFree;
  bool bootp = false;  // RFC 951 client: never expires
  WallTime starts;
  WallTime ends;      // WallTime::max() = never
  HostName hostname;  // option 12 as the client sent it
  ClientIdentifier client_identifier;
  net::Ipv4Address relay;       // giaddr it was granted through; 0.0.0.0: none
  StashedRelayInfo relay_info;  // that relay's option 82: a renewal, which passes no relay, is judged by it
  // What a class's lease limit counts it for (core/engine/dhcp/class_limits.h); 0: nothing. Of rows alone: the table
  // keeps no copy.
  std::uint64_t account = 0;
  friend bool operator==(const Lease&, const Lease&) = default;
};

// Somebody holds the address.
[[nodiscard]] inline bool is_in_force(LeaseState state) {
  return state == LeaseState::kOffered || state == LeaseState::kActive;
}

// What the table knows the lease's machine by.
[[nodiscard]] inline MachineKey key_of(const Lease& lease) {
  return lease.key.is_none() ? MachineKey::of_mac(lease.mac) : lease.key;
}

}  // namespace rackcast
