// Which addresses there are, as the lease table wants to know it: links, subnets, pools, reservations, caps. Made from
// the configuration by the DHCP engine; immutable once handed over. Value type.
//
// A *link* is what RFC 2131 §4.3.1 calls the client's network: one wire, one subnet or several ("shared network"). A
// *pool* is addresses of one subnet with one rule about who may have them; the rule is the engine's business, which
// tells the table at every offer which pools the machine may use.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "core/config/config.h"
#include "core/leases/machine_key.h"

namespace rackcast {

// Pools and links are numbered; a pool's number is its index in LeaseLayout::pools.
struct LeaseSubnet {
  net::Ipv4Prefix prefix;
  std::uint32_t link = 0;  // subnets of one link have the same number
  friend bool operator==(const LeaseSubnet&, const LeaseSubnet&) = default;
};

struct LeasePool {
  std::vector<AddressRange> ranges;  // each within one of the subnets; no two of a layout overlap
  friend bool operator==(const LeasePool& a, const LeasePool& b);
};

// Nobody else gets the address, whatever the ranges say. One address, one owner: of two the first counts.
struct Reservation {
  net::Ipv4Address address;
  MachineKey key;  // of the machine (LeaseClient::key), or of its host entry (LeaseClient::host)
  friend bool operator==(const Reservation&, const Reservation&) = default;
};

// Against invented machines: how many addresses may be offered and leased at once through one relay, and through one
// port of a relay (option 82's circuit and remote id; where the relay says neither, the relay). Absent: as many as
// there are. Reservations count and are never refused. Leases from before a restart count at once, those from before a
// cap was set within the next messages.
struct LeaseCaps {
  std::optional<std::uint32_t> per_port;
  std::optional<std::uint32_t> per_relay;
  friend bool operator==(const LeaseCaps&, const LeaseCaps&) = default;
};

struct LeaseLayout {
  std::vector<LeaseSubnet> subnets;  // no two overlap
  std::vector<LeasePool> pools;
  std::vector<Reservation> reservations;
  LeaseCaps caps;
  friend bool operator==(const LeaseLayout&, const LeaseLayout&) = default;
};

}  // namespace rackcast
