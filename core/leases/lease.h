// A lease as the table holds it, the journal stores it and the log prints it. Value type, fixed size, no pointers.
#pragma once

#include <array>
#include <cstdint>

#include "core/time.h"
#include "proto/bytes/fixed_text.h"
#include "proto/net/address.h"

namespace rackcast {

inline constexpr std::size_t kHostNameBytesMax = 64;           // dhcpd prints no longer one; a DNS label is 63
inline constexpr std::size_t kClientIdentifierBytesMax = 255;  // RFC 2132 §9.14: one option's worth
using HostName = FixedText<kHostNameBytesMax>;
using ClientIdentifier = FixedText<kClientIdentifierBytesMax>;  // raw bytes; empty = the client sent none

enum class LeaseState : std::uint8_t { kFree, kOffered, kActive, kExpired, kReleased, kAbandoned };

struct Lease {
  net::Ipv4Address address;
  net::MacAddress mac;  // chaddr (Ethernet); the machine key unless configured otherwise
  LeaseState state = LeaseState::kFree;
  bool bootp = false;  // RFC 951 client: never expires
  WallTime starts;
  WallTime ends;      // WallTime::max() = never
  HostName hostname;  // option 12 as the client sent it
  ClientIdentifier client_identifier;
  friend bool operator==(const Lease&, const Lease&) = default;
};

}  // namespace rackcast
