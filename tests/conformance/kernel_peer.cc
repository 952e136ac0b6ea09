#include "tests/conformance/kernel_peer.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "core/file_descriptor.h"
#include "io_backends/socket/interfaces.h"
#include "io_backends/socket/sockaddr.h"
#include "proto/net/udp_frame.h"

namespace rackcast::testing {

void require(bool ok, const char* what) {
  if (ok) return;
  std::perror(what);
  std::abort();
}

namespace {

constexpr int kLimitMs = 5'000;  // for what must come
constexpr int kSoonMs = 50;      // for what must not
constexpr std::size_t kPeerBytesMax = 65'535;

void set_flag(int fd, int level, int name) {
  const int on = 1;
  require(::setsockopt(fd, level, name, &on, sizeof(on)) == 0, "setsockopt of a test client");
}

class KernelPeer final : public Peer {
 public:
  KernelPeer(const net::IpAddress& address, net::UdpPort port)
      : v4_(address.is_v4()), fd_(::socket(v4_ ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    require(static_cast<bool>(fd_), "socket of a test client");
    interface_ = ::if_nametoindex("cli0");
    set_flag(fd_.get(), SOL_SOCKET, SO_BROADCAST);
    set_flag(fd_.get(), SOL_SOCKET, SO_REUSEADDR);
    set_flag(fd_.get(), v4_ ? IPPROTO_IP : IPPROTO_IPV6, v4_ ? IP_RECVTTL : IPV6_RECVHOPLIMIT);
    set_flag(fd_.get(), v4_ ? IPPROTO_IP : IPPROTO_IPV6, v4_ ? IP_FREEBIND : IPV6_FREEBIND);
    require(::setsockopt(fd_.get(), SOL_SOCKET, SO_BINDTODEVICE, "cli0", 4) == 0, "bind to cli0");
    const int size = 8 * 1024 * 1024;
    static_cast<void>(::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)));
    io::SocketAddress bound;
    const socklen_t bytes = io::write_sockaddr({address, port}, 0, bound);
    require(::bind(fd_.get(), &bound.any, bytes) == 0, "bind of a test client");
  }

  [[nodiscard]] net::Endpoint endpoint() const override {
    io::SocketAddress bound{};
    socklen_t size = sizeof(bound);
    require(::getsockname(fd_.get(), &bound.any, &size) == 0, "getsockname");
    return io::read_sockaddr(&bound, size)->endpoint;
  }

  void send(const net::Endpoint& to, std::span<const std::byte> payload) override {
    io::SocketAddress address;
    const bool link_local = to.address.is_v6() && to.address.v6().is_link_local();
    const socklen_t size = io::write_sockaddr(to, link_local ? interface_ : 0, address);
    require(::sendto(fd_.get(), payload.data(), payload.size(), 0, &address.any, size) >= 0, "sendto of a test client");
  }

  [[nodiscard]] bool join(const net::IpAddress& group) override {
    ip_mreqn request{};
    request.imr_multiaddr = io::to_in_addr(group.v4());
    request.imr_ifindex = static_cast<int>(interface_);
    return ::setsockopt(fd_.get(), IPPROTO_IP, IP_ADD_MEMBERSHIP, &request, sizeof(request)) == 0;
  }

  [[nodiscard]] std::optional<PeerDatagram> receive() override { return receive_within(kLimitMs); }
  [[nodiscard]] std::optional<PeerDatagram> receive_soon() override { return receive_within(kSoonMs); }

 private:
  std::optional<PeerDatagram> receive_within(int milliseconds) {
    pollfd wait{fd_.get(), POLLIN, 0};
    if (::poll(&wait, 1, milliseconds) <= 0) return std::nullopt;
    PeerDatagram got;
    got.payload.resize(kPeerBytesMax);
    iovec piece{got.payload.data(), got.payload.size()};
    io::SocketAddress from{};
    alignas(cmsghdr) std::array<std::byte, 128> control{};
    msghdr message{};
    message.msg_name = &from;
    message.msg_namelen = sizeof(from);
    message.msg_iov = &piece;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    const ssize_t size = ::recvmsg(fd_.get(), &message, MSG_DONTWAIT);
    if (size < 0) return std::nullopt;
    got.payload.resize(static_cast<std::size_t>(size));
    got.from = io::read_sockaddr(&from, message.msg_namelen)->endpoint;
    for (cmsghdr* c = CMSG_FIRSTHDR(&message); c != nullptr; c = CMSG_NXTHDR(&message, c)) {
      const bool ttl = (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_TTL) ||
                       (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_HOPLIMIT);
      if (ttl) std::memcpy(&got.ttl, CMSG_DATA(c), sizeof(got.ttl));
    }
    return got;
  }

  bool v4_;
  FileDescriptor fd_;
  unsigned interface_ = 0;
};

class KernelFrameListener final : public FrameListener {
 public:
  explicit KernelFrameListener(net::UdpPort port)
      : port_(port), fd_(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(ETH_P_IP))) {
    require(static_cast<bool>(fd_), "packet socket of a test client");
    sockaddr_ll address{};
    address.sll_family = AF_PACKET;
    address.sll_protocol = htons(ETH_P_IP);
    address.sll_ifindex = static_cast<int>(::if_nametoindex("cli0"));
    require(::bind(fd_.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0, "bind to cli0");
    mac_ = io::interface_addresses("cli0")->mac;
  }

  [[nodiscard]] net::MacAddress mac() const override { return mac_; }

  [[nodiscard]] std::optional<SeenFrame> receive() override {
    std::array<std::byte, 2048> bytes;
    for (int tries = 0; tries < 1000; ++tries) {
      pollfd wait{fd_.get(), POLLIN, 0};
      if (::poll(&wait, 1, kLimitMs) <= 0) return std::nullopt;
      const ssize_t size = ::recv(fd_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT);
      if (size <= 0) continue;
      // Our frames carry whole checksums: no veth offload was involved.
      const auto frame = net::parse_udp_frame(std::span(bytes).first(static_cast<std::size_t>(size)),
                                              net::UdpChecksumCheck::kVerified);
      if (!frame || frame->destination_port != port_) continue;
      return SeenFrame{frame->destination_mac,
                       {frame->source, frame->source_port},
                       {frame->destination, frame->destination_port},
                       {frame->payload.begin(), frame->payload.end()}};
    }
    return std::nullopt;
  }

 private:
  net::UdpPort port_;
  FileDescriptor fd_;
  net::MacAddress mac_;
};

}  // namespace

std::unique_ptr<Peer> make_kernel_peer(const net::IpAddress& address, net::UdpPort port) {
  return std::make_unique<KernelPeer>(address, port);
}

std::unique_ptr<FrameListener> make_kernel_frame_listener(net::UdpPort port) {
  return std::make_unique<KernelFrameListener>(port);
}

}  // namespace rackcast::testing
