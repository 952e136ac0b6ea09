#include "io_backends/stream/passive_ports.h"

#include <sys/socket.h>

#include "io_backends/socket/sockaddr.h"

namespace rackcast::io {

namespace {

constexpr int kBacklog = 4;  // one connection is wanted; strangers are refused by their address after accept

std::optional<PassiveListener> listen_on(const net::IpAddress& local, std::uint32_t scope_id, std::uint16_t port) {
  SocketAddress address{};
  socklen_t size = write_sockaddr({local, net::UdpPort{port}}, scope_id, address);
  FileDescriptor socket(::socket(address.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const int on = 1;
  // Earlier data connections of the port linger in TIME_WAIT: they do not bar it.
  ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (!socket.valid() || ::bind(socket.get(), &address.any, size) != 0 || ::listen(socket.get(), kBacklog) != 0 ||
      ::getsockname(socket.get(), &address.any, &size) != 0)
    return std::nullopt;
  const auto bound = read_sockaddr(&address, size);
  if (!bound) return std::nullopt;
  return PassiveListener{std::move(socket), bound->endpoint.port.value()};
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
