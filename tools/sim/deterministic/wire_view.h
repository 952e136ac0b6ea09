// What those who watch the wire of a run agree on: who is a machine, by what a TFTP client is known, what asks anew.
#pragma once

#include <cstdint>
#include <span>

#include "proto/net/address.h"

namespace rackcast::sim {

// Of the racks' prefix 10.0.0.0/8 (rack_layout.h): neither a stranger nor nobody.
[[nodiscard]] inline bool is_rack_address(const net::IpAddress& address) {
  return address.is_v4() && address.v4().octet(0) == 10;
}

// Address and port in one number. Precondition: IPv4.
[[nodiscard]] inline std::uint64_t client_key(const net::Endpoint& endpoint) {
  return (std::uint64_t{endpoint.address.v4().value()} << 16U) | endpoint.port.value();
}
[[nodiscard]] inline net::Ipv4Address address_of_key(std::uint64_t client_key) {
  return net::Ipv4Address(static_cast<std::uint32_t>(client_key >> 16U));
}

}  // namespace rackcast::sim
