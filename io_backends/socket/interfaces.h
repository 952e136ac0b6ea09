// What the host's network interfaces are: index, MAC, MTU, addresses. Read once at start or reload (getifaddrs and two
// ioctls); allocates, so not for a lane. Any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/packet_io.h"
#include "core/result.h"
#include "proto/net/address.h"

namespace rackcast::io {

struct InterfaceAddress {
  net::IpAddress address;
  std::uint8_t prefix_bits = 0;
};

struct InterfaceFacts {
  std::string name;
  InterfaceIndex index;
  net::MacAddress mac;  // zero where the link has none (loopback, tunnels)
  std::uint32_t mtu = 0;
  bool up = false;
  bool loopback = false;
  std::vector<InterfaceAddress> addresses;  // in the kernel's order: the first IPv4 one is the primary
};

// This host (or network namespace) can open IPv6 sockets.
[[nodiscard]] bool ipv6_is_on();

// Error: no such interface, or the kernel's reason.
[[nodiscard]] Result<InterfaceIndex> interface_index(std::string_view name);
[[nodiscard]] Result<InterfaceFacts> interface_addresses(std::string_view name);
[[nodiscard]] Result<std::vector<InterfaceFacts>> all_interfaces();

}  // namespace rackcast::io
