#include "io_backends/stream/listen_sockets.h"

#include <arpa/inet.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <span>
#include <string>
#include <system_error>

namespace rackcast::io {

namespace {

constexpr int kBacklog = 1'024;  // a rack powers up at once; the kernel cuts it to net.core.somaxconn

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;

  explicit SocketAddress(const net::Endpoint& endpoint) {
    if (endpoint.address.is_v4()) {
      sockaddr_in in{};
      in.sin_family = AF_INET;
      in.sin_port = htons(endpoint.port.value());
      in.sin_addr.s_addr = htonl(endpoint.address.v4().value());
      std::memcpy(&storage, &in, size = sizeof in);
    } else {
      sockaddr_in6 in{};
      in.sin6_family = AF_INET6;
      in.sin6_port = htons(endpoint.port.value());
      std::memcpy(&in.sin6_addr, endpoint.address.v6().octets.data(), sizeof in.sin6_addr);
      std::memcpy(&storage, &in, size = sizeof in);
    }
  }
  [[nodiscard]] const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

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

tl::unexpected<Error> cannot_listen(StreamService service, const net::Endpoint& endpoint, int error) {
  const std::string port = std::to_string(endpoint.port.value());
  std::string hint;
  if (error == EADDRINUSE)
    hint = "; another program holds the port (ss -ltnp 'sport = :" + port + "' names it): stop it, or change listen";
  else if (error == EACCES)
    hint = "; ports below 1024 need root or CAP_NET_BIND_SERVICE at start";
  else if (error == EADDRNOTAVAIL)
    hint = "; no interface has this address: correct listen, or bring the interface up first";
  return fail(std::string(section_of(service)) + " cannot listen on " + std::string(endpoint.text().view()) + ": " +
              std::generic_category().message(error) + hint);
}

void set_flag(int socket, int level, int name) {
  const int on = 1;
  ::setsockopt(socket, level, name, &on, sizeof on);
}

// A bound, listening socket, or errno in `error`.
FileDescriptor open_one(const net::Endpoint& endpoint, bool shared, int& error) {
  const int family = endpoint.address.is_v4() ? AF_INET : AF_INET6;
  FileDescriptor socket(::socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const SocketAddress address(endpoint);
  if (socket.valid()) {
    set_flag(socket.get(), SOL_SOCKET, SO_REUSEADDR);
    if (family == AF_INET6) set_flag(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY);
    if (shared) set_flag(socket.get(), SOL_SOCKET, SO_REUSEPORT);
    if (::bind(socket.get(), address.get(), address.size) == 0 && ::listen(socket.get(), kBacklog) == 0) return socket;
  }
  error = errno;
  return FileDescriptor();
}

std::uint16_t bound_port(int socket) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  if (::getsockname(socket, reinterpret_cast<sockaddr*>(&storage), &size) != 0) return 0;
  in_port_t port = 0;  // at the same place in both families
  std::memcpy(&port, reinterpret_cast<const char*>(&storage) + offsetof(sockaddr_in, sin_port), sizeof port);
  return ntohs(port);
}

// Index of the listener = mixed source address modulo the number of threads. Sockets are numbered in the order of
// listen(). Multiplying before the modulo spreads racks whose addresses differ in their last bits only.
bool steer_by_source(int socket, bool is_v6, unsigned threads) {
  constexpr std::uint32_t kMix = 0x9E37'79B1;
  const auto load = [](int offset) {
    return sock_filter BPF_STMT(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(SKF_NET_OFF + offset));
  };
  std::vector<sock_filter> code;
  if (is_v6) {
    code.push_back(load(8));
    for (const int offset : {12, 16, 20}) {
      code.push_back(BPF_STMT(BPF_MISC | BPF_TAX, 0));
      code.push_back(load(offset));
      code.push_back(BPF_STMT(BPF_ALU | BPF_XOR | BPF_X, 0));
    }
  } else {
    code.push_back(load(12));
  }
  code.push_back(BPF_STMT(BPF_ALU | BPF_MUL | BPF_K, kMix));
  code.push_back(BPF_STMT(BPF_ALU | BPF_RSH | BPF_K, 16));
  code.push_back(BPF_STMT(BPF_ALU | BPF_MOD | BPF_K, threads));
  code.push_back(BPF_STMT(BPF_RET | BPF_A, 0));
  const sock_fprog program{static_cast<unsigned short>(code.size()), code.data()};
  return ::setsockopt(socket, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &program, sizeof program) == 0;
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
    endpoint.port = net::UdpPort{bound_port(socket.get())};
    // Without the program the kernel spreads by address and port: connections still work, machines may split.
    if (thread + 1 == threads && threads > 1 && !steer_by_source(socket.get(), endpoint.address.is_v6(), threads))
      return cannot_listen(service, endpoint, errno);
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
