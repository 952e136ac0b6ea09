// Endpoints as the kernel writes them, and back. The one place where sockaddr_in and sockaddr_in6 are filled or read.
// Pure value functions: any thread, no allocation.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <optional>

#include "proto/net/address.h"

namespace rackcast::io {

// Room for either family.
union SocketAddress {
  sockaddr any;
  sockaddr_in v4;
  sockaddr_in6 v6;
};

struct ScopedEndpoint {
  net::Endpoint endpoint;
  std::uint32_t scope_id = 0;  // IPv6 link-local; else 0
};

// Fills `out`; returns how many bytes of it count. `scope_id` matters for IPv6 only.
socklen_t write_sockaddr(const net::Endpoint& endpoint, std::uint32_t scope_id, SocketAddress& out);

// Nothing for another family or too few bytes.
[[nodiscard]] std::optional<ScopedEndpoint> read_sockaddr(const void* bytes, std::size_t size);

[[nodiscard]] in_addr to_in_addr(net::Ipv4Address address);
[[nodiscard]] net::Ipv4Address from_in_addr(in_addr address);
[[nodiscard]] in6_addr to_in6_addr(const net::Ipv6Address& address);
[[nodiscard]] net::Ipv6Address from_in6_addr(const in6_addr& address);

}  // namespace rackcast::io
