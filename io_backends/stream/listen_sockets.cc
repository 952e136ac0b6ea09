#include "io_backends/stream/listen_sockets.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <system_error>

#include "core/errno_text.h"
#include "io_backends/socket/sockaddr.h"
#include "io_backends/socket/steering.h"

namespace rackcast::io {

namespace {

constexpr int kBacklog = 1'024;  // a rack powers up at once; the kernel cuts it to net.core.somaxconn

std::string_view section_of(StreamService service) {
  switch (service) {
    case StreamService::kHttp:
      return "[http]";
    case StreamService::kFtp:
      return "[ftp]";
    case StreamService::kBoard:
      break;
  }
  return "[board]";
}

tl::unexpected<Error> cannot_listen(StreamService service, const net::Endpoint& endpoint, const std::string& why) {
  return fail(std::string(section_of(service)) + " cannot listen on " + std::string(endpoint.text().view()) + ": " +
              why);
}

tl::unexpected<Error> cannot_listen(StreamService service, const net::Endpoint& endpoint, int error) {
  const std::string port = std::to_string(endpoint.port.value());
  std::string why = errno_text(error);
  if (error == EADDRINUSE)
    why += "; another program holds the port (ss -ltnp 'sport = :" + port + "' names it): stop it, or change listen";
  else if (error == EACCES)
    why += "; ports below 1024 need root or CAP_NET_BIND_SERVICE at start";
  else if (error == EADDRNOTAVAIL)
    why += "; no interface has this address: correct listen, or bring the interface up first";
  return cannot_listen(service, endpoint, why);
}

void set_flag(int socket, int level, int name) {
  const int on = 1;
  ::setsockopt(socket, level, name, &on, sizeof on);
}

// A bound, listening socket, or errno in `error`.
FileDescriptor open_one(const net::Endpoint& endpoint, bool shared, int& error) {
  const int family = endpoint.address.is_v4() ? AF_INET : AF_INET6;
  FileDescriptor socket(::socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  SocketAddress address{};
  const socklen_t size = write_sockaddr(endpoint, 0, address);
  if (socket.valid()) {
    set_flag(socket.get(), SOL_SOCKET, SO_REUSEADDR);
    if (family == AF_INET6) set_flag(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY);
    if (shared) set_flag(socket.get(), SOL_SOCKET, SO_REUSEPORT);
    if (::bind(socket.get(), &address.any, size) == 0 && ::listen(socket.get(), kBacklog) == 0) return socket;
  }
  error = errno;
  return FileDescriptor();
}

net::UdpPort bound_port(int socket) {
  SocketAddress address{};
  socklen_t size = sizeof address;
  if (::getsockname(socket, &address.any, &size) != 0) return net::UdpPort{0};
  const auto bound = read_sockaddr(&address, size);
  return bound ? bound->endpoint.port : net::UdpPort{0};
}

Result<void> open_group(StreamSockets& out, StreamService service, net::Endpoint endpoint, unsigned threads) {
  int error = 0;
  if (threads > 1) {
    // A port that another program shares would be joined silently: ask for it alone first.
    const FileDescriptor alone = open_one(endpoint, false, error);
    if (!alone.valid()) return cannot_listen(service, endpoint, error);
  }
  for (unsigned thread = 0; thread < threads; ++thread) {
    FileDescriptor socket = open_one(endpoint, threads > 1, error);
    if (!socket.valid()) return cannot_listen(service, endpoint, error);
    endpoint.port = bound_port(socket.get());
    // The group is complete: steer. Without the program the kernel would spread by address and port and split the
    // connections of one machine over threads, so that no thread sees all of them: that is no way to start.
    if (thread + 1 == threads && threads > 1)
      if (auto steered = attach_source_steering(socket.get(), endpoint.address.is_v6(), threads); !steered)
        return cannot_listen(service, endpoint, steered.error().message);
    out.sockets.push_back({service, thread, endpoint, std::move(socket)});
  }
  return {};
}

}  // namespace

Result<StreamSockets> StreamSockets::open(const Config& config) {
  StreamSockets out;
  out.thread_count = std::max(1U, static_cast<unsigned>(config.server.stream_cores.size()));
  const auto open_all = [&](StreamService service, const std::vector<net::Endpoint>& endpoints) -> Result<void> {
    for (const net::Endpoint& endpoint : endpoints)
      if (auto opened = open_group(out, service, endpoint, out.thread_count); !opened) return opened;
    return {};
  };
  Result<void> opened;
  if (config.http) opened = open_all(StreamService::kHttp, config.http->listen);
  if (opened && config.ftp) opened = open_all(StreamService::kFtp, config.ftp->listen);
  // The board is small: one thread serves it.
  if (opened && config.board) opened = open_group(out, StreamService::kBoard, config.board->listen, 1);
  if (!opened) return tl::make_unexpected(std::move(opened.error()));
  return out;
}

net::Endpoint StreamSockets::local(StreamService service) const {
  for (const ListenSocket& socket : sockets)
    if (socket.service == service) return socket.local;
  return {};
}

}  // namespace rackcast::io
