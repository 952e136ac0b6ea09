#include "io_backends/socket/sockaddr.h"

#include <arpa/inet.h>

#include <cstring>

namespace rackcast::io {

in_addr to_in_addr(net::Ipv4Address address) {
  return {htonl(address.value())};
}

net::Ipv4Address from_in_addr(in_addr address) {
  return net::Ipv4Address(ntohl(address.s_addr));
}

in6_addr to_in6_addr(const net::Ipv6Address& address) {
  in6_addr out;
  static_assert(sizeof(out) == sizeof(address.octets));
  std::memcpy(&out, address.octets.data(), sizeof(out));
  return out;
}

net::Ipv6Address from_in6_addr(const in6_addr& address) {
  net::Ipv6Address out;
  std::memcpy(out.octets.data(), &address, sizeof(address));
  return out;
}

socklen_t write_sockaddr(const net::Endpoint& endpoint, std::uint32_t scope_id, SocketAddress& out) {
  if (endpoint.address.is_v4()) {
    out.v4 = {};
    out.v4.sin_family = AF_INET;
    out.v4.sin_port = htons(endpoint.port.value());
    out.v4.sin_addr = to_in_addr(endpoint.address.v4());
    return sizeof(sockaddr_in);
  }
  out.v6 = {};
  out.v6.sin6_family = AF_INET6;
  out.v6.sin6_port = htons(endpoint.port.value());
  out.v6.sin6_addr = to_in6_addr(endpoint.address.v6());
  out.v6.sin6_scope_id = scope_id;
  return sizeof(sockaddr_in6);
}

std::optional<ScopedEndpoint> read_sockaddr(const void* bytes, std::size_t size) {
  SocketAddress address{};
  if (size < sizeof(sa_family_t)) return std::nullopt;
  std::memcpy(&address, bytes, size < sizeof(address) ? size : sizeof(address));
  if (address.any.sa_family == AF_INET && size >= sizeof(sockaddr_in)) {
    return ScopedEndpoint{{from_in_addr(address.v4.sin_addr), net::UdpPort{ntohs(address.v4.sin_port)}}, 0};
  }
  if (address.any.sa_family == AF_INET6 && size >= sizeof(sockaddr_in6)) {
    const net::Ipv6Address v6 = from_in6_addr(address.v6.sin6_addr);
    const std::uint32_t scope = v6.is_link_local() || v6.is_multicast() ? address.v6.sin6_scope_id : 0;
    return ScopedEndpoint{{v6, net::UdpPort{ntohs(address.v6.sin6_port)}}, scope};
  }
  return std::nullopt;
}

}  // namespace rackcast::io
