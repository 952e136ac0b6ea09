#include "io_backends/stream/passive_ports.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstring>

namespace rackcast::io {

namespace {

constexpr int kBacklog = 4;  // one connection is wanted; strangers are refused by their address after accept

std::optional<PassiveListener> listen_on(const net::IpAddress& local, std::uint32_t scope_id, std::uint16_t port) {
  sockaddr_storage storage{};
  socklen_t size = 0;
  if (local.is_v4()) {
    sockaddr_in in{};
    in.sin_family = AF_INET;
    in.sin_port = htons(port);
    in.sin_addr.s_addr = htonl(local.v4().value());
    std::memcpy(&storage, &in, size = sizeof in);
  } else {
    sockaddr_in6 in{};
    in.sin6_family = AF_INET6;
    in.sin6_port = htons(port);
    in.sin6_scope_id = scope_id;
    std::memcpy(&in.sin6_addr, local.v6().octets.data(), sizeof in.sin6_addr);
    std::memcpy(&storage, &in, size = sizeof in);
  }
  auto* address = reinterpret_cast<sockaddr*>(&storage);
  FileDescriptor socket(::socket(storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const int on = 1;
  // Earlier data connections of the port linger in TIME_WAIT: they do not bar it.
  ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (!socket.valid() || ::bind(socket.get(), address, size) != 0 || ::listen(socket.get(), kBacklog) != 0 ||
      ::getsockname(socket.get(), address, &size) != 0)
    return std::nullopt;
  in_port_t bound = 0;  // at the same place in both families
  std::memcpy(&bound, reinterpret_cast<const char*>(&storage) + offsetof(sockaddr_in, sin_port), sizeof bound);
  return PassiveListener{std::move(socket), ntohs(bound)};
}

}  // namespace

std::optional<PassiveListener> PassivePorts::open(const net::IpAddress& local, std::uint32_t scope_id,
                                                  const std::optional<PortRange>& range) {
  if (!range) return listen_on(local, scope_id, 0);
  const std::uint32_t count = std::uint32_t{range->last} - range->first + 1;
  for (std::uint32_t tried = 0; tried < count; ++tried) {
    const std::uint32_t turn = turn_.fetch_add(1, std::memory_order_relaxed);
    auto listener = listen_on(local, scope_id, static_cast<std::uint16_t>(range->first + turn % count));
    if (listener) return listener;
  }
  return std::nullopt;
}

}  // namespace rackcast::io
