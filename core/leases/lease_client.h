// Who asks the lease table for an address, and what it may hear. Value types.
#pragma once

#include <cstdint>
#include <string_view>

#include "core/leases/machine_key.h"
#include "proto/net/address.h"

namespace rackcast {

// Who asks. Borrowed for the call.
struct LeaseClient {
  MachineKey key;               // what its leases are kept under
  MachineKey host;              // of its host entry, where that has a key of its own; a reservation may name either
  net::MacAddress mac;          // for the record
  net::Ipv4Address relay;       // giaddr; 0.0.0.0: none
  std::string_view relay_info;  // option 82's contents, raw; for LeaseCaps::per_port
};

enum class OfferFailure : std::uint8_t {
  kNone,
  kPoolEmpty,      // no pool given, or none with a range
  kPoolExhausted,  // every address is held, reserved or resting, or the table is full
  kPortCap,        // LeaseCaps::per_port
  kRelayCap,       // LeaseCaps::per_relay
};

struct OfferResult {
  OfferFailure failure = OfferFailure::kPoolExhausted;
  net::Ipv4Address address;
};

// What an address is to one machine right now.
enum class Availability : std::uint8_t {
  kOwn,       // offered to it, or its active lease
  kPrevious,  // its lease that ended, still free (an offer it never took is kFree)
  kFree,      // nobody's, and within a range
  kTaken,     // offered or leased to another
  kReserved,  // another machine's reservation
  kResting,   // abandoned
  kOutside,   // no range and no record holds it
};

}  // namespace rackcast
