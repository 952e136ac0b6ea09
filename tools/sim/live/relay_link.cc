#include "tools/sim/live/relay_link.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "core/errno_text.h"
#include "io_backends/socket/sockaddr.h"

namespace rackcast::sim {
namespace {

constexpr std::uint16_t kServerPort = 67;
constexpr std::uint16_t kClientPort = 68;  // where a relay hands replies on
constexpr int kBufferBytes = 16 << 20;
constexpr int kRepliesPerWake = 256;
// RFC 2131 section 2.
constexpr std::size_t kHopsAt = 3;
constexpr std::size_t kGiaddrAt = 24;
constexpr std::size_t kChaddrAt = 28;
constexpr std::size_t kHeaderBytes = 44;

}  // namespace

net::MacAddress message_chaddr(std::span<const std::byte> message) {
  net::MacAddress mac;
  if (message.size() < kHeaderBytes) return mac;
  std::transform(message.begin() + kChaddrAt, message.begin() + kChaddrAt + 6, mac.octets.begin(),
                 [](std::byte b) { return std::to_integer<std::uint8_t>(b); });
  return mac;
}

RelayLink::RelayLink(EventLoop& loop, FileDescriptor socket, net::Ipv4Address relay, net::Ipv4Address server,
                     DhcpReceiver& receiver)
    : loop_(loop), socket_(std::move(socket)), relay_(relay), server_(server), receiver_(receiver) {}

RelayLink::~RelayLink() {
  loop_.remove(socket_.get(), *this);
}

Result<std::unique_ptr<RelayLink>> RelayLink::open(EventLoop& loop, net::Ipv4Address relay, net::Ipv4Address server,
                                                   const std::set<net::UdpPort>& ports, DhcpReceiver& receiver) {
  FileDescriptor socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket.valid()) return fail("cannot open a UDP socket for the relay: " + errno_text(errno));
  const int on = 1;
  ::setsockopt(socket.get(), SOL_SOCKET, SO_RXQ_OVFL, &on, sizeof(on));
  ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVBUFFORCE, &kBufferBytes, sizeof(kBufferBytes));
  io::SocketAddress name{};
  const socklen_t size = io::write_sockaddr({relay, net::UdpPort{kServerPort}}, 0, name);
  if (::bind(socket.get(), &name.any, size) != 0)
    return fail("cannot have " + std::string(relay.text().view()) + ":67 as the relay's end: " + errno_text(errno) +
                "; --relay takes an address of this host on which no DHCP server listens");
  auto client_ports = ClientPorts::open(loop, ports, "", Receives::kReplies, receiver);
  if (!client_ports) return tl::make_unexpected(client_ports.error());
  const int descriptor = socket.get();
  std::unique_ptr<RelayLink> link(new RelayLink(loop, std::move(socket), relay, server, receiver));
  link->client_ports_ = std::move(*client_ports);
  if (!loop.add(descriptor, *link, EPOLLIN)) return fail("cannot watch the relay's socket: " + errno_text(errno));
  return link;
}

void RelayLink::send(const net::MacAddress& /*source*/, const DhcpSend& how, std::span<const std::byte> message) {
  if (!how.broadcast) {
    if (!client_ports_.send(how, message)) ++unsent_;
    return;
  }
  if (message.size() < kHeaderBytes || message.size() > kDhcpMessageMax) {
    ++unsent_;
    return;
  }
  std::array<std::byte, kDhcpMessageMax> relayed;
  std::copy(message.begin(), message.end(), relayed.begin());
  relayed[kHopsAt] = static_cast<std::byte>(std::to_integer<unsigned>(relayed[kHopsAt]) + 1);
  for (unsigned i = 0; i < 4; ++i) relayed[kGiaddrAt + i] = std::byte{relay_.octet(i)};
  io::SocketAddress name{};
  const socklen_t size = io::write_sockaddr({server_, how.server_port}, 0, name);
  if (::sendto(socket_.get(), relayed.data(), message.size(), MSG_DONTWAIT, &name.any, size) < 0) ++unsent_;
}

void RelayLink::on_ready(Instant now, std::uint32_t /*events*/) {
  std::array<std::byte, kDhcpMessageMax> bytes;
  for (int i = 0; i < kRepliesPerWake; ++i) {
    sockaddr_in name{};
    iovec vector{bytes.data(), bytes.size()};
    alignas(cmsghdr) std::array<std::byte, CMSG_SPACE(sizeof(std::uint32_t))> control{};
    msghdr header{};
    header.msg_name = &name;
    header.msg_namelen = sizeof(name);
    header.msg_iov = &vector;
    header.msg_iovlen = 1;
    header.msg_control = control.data();
    header.msg_controllen = control.size();
    const ssize_t size = ::recvmsg(socket_.get(), &header, MSG_DONTWAIT);
    if (size < 0) return;
    const cmsghdr* item = CMSG_FIRSTHDR(&header);
    if (item != nullptr && item->cmsg_type == SO_RXQ_OVFL)
      std::memcpy(&overflows_, CMSG_DATA(item), sizeof(overflows_));
    const auto message = std::span<const std::byte>(bytes).first(static_cast<std::size_t>(size));
    receiver_.on_dhcp_to_mac(now, message_chaddr(message),
                             {io::from_in_addr(name.sin_addr), net::UdpPort{ntohs(name.sin_port)}},
                             net::UdpPort{kClientPort}, message);
  }
}

}  // namespace rackcast::sim
