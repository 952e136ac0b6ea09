#include "tools/sim/live/client_port.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "core/errno_text.h"
#include "io_backends/socket/sockaddr.h"
#include "tools/sim/live/udp_socket.h"

namespace rackcast::sim {
namespace {

constexpr int kRepliesPerWake = 256;

}  // namespace

Result<std::unique_ptr<ClientPort>> ClientPort::open(EventLoop& loop, net::UdpPort port, const std::string& interface,
                                                     Receives receives, DhcpReceiver& receiver) {
  FileDescriptor socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket.valid()) return fail("cannot open a UDP socket for DHCP: " + errno_text(errno));
  const int on = 1;
  ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  ::setsockopt(socket.get(), IPPROTO_IP, IP_PKTINFO, &on, sizeof(on));
  if (!interface.empty())
    ::setsockopt(socket.get(), SOL_SOCKET, SO_BINDTODEVICE, interface.c_str(),
                 static_cast<socklen_t>(interface.size()));
  if (receives == Receives::kNothing) make_deaf(socket.get());
  sockaddr_in any{};
  any.sin_family = AF_INET;
  any.sin_port = htons(port.value());
  if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&any), sizeof(any)) != 0)
    return fail("cannot have UDP port " + std::to_string(port.value()) +
                ", which the machines' DHCP needs: " + errno_text(errno) +
                "; stop what holds it (ss -ulpn 'sport = :" + std::to_string(port.value()) + "'), or --skip dhcp");
  const int descriptor = socket.get();
  std::unique_ptr<ClientPort> opened(new ClientPort(loop, port, std::move(socket), receiver));
  if (receives == Receives::kReplies && !loop.add(descriptor, *opened, EPOLLIN))
    return fail("cannot watch a UDP socket: " + errno_text(errno));
  return opened;
}

ClientPort::~ClientPort() {
  loop_.remove(socket_.get(), *this);
}

bool ClientPort::send(net::Ipv4Address source, const net::Endpoint& to, std::span<const std::byte> message) {
  return send_from(socket_.get(), source, to, message);
}

void ClientPort::on_ready(Instant now, std::uint32_t /*events*/) {
  std::array<std::byte, kDhcpMessageMax> bytes;
  for (int i = 0; i < kRepliesPerWake; ++i) {
    sockaddr_in name{};
    iovec vector{bytes.data(), bytes.size()};
    alignas(cmsghdr) std::array<std::byte, CMSG_SPACE(sizeof(in_pktinfo))> control{};
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
    if (item == nullptr || item->cmsg_type != IP_PKTINFO) continue;
    in_pktinfo info{};
    std::memcpy(&info, CMSG_DATA(item), sizeof(info));
    const net::Endpoint from{io::from_in_addr(name.sin_addr), net::UdpPort{ntohs(name.sin_port)}};
    const auto message = std::span<const std::byte>(bytes).first(static_cast<std::size_t>(size));
    const net::Ipv4Address to = io::from_in_addr(info.ipi_addr);
    if (to.is_broadcast()) {
      receiver_.on_dhcp_to_mac(now, message_chaddr(message), from, port_, message);
    } else {
      receiver_.on_dhcp_to_address(now, {to, port_}, from, message);
    }
  }
}

Result<ClientPorts> ClientPorts::open(EventLoop& loop, const std::set<net::UdpPort>& ports,
                                      const std::string& interface, Receives receives, DhcpReceiver& receiver) {
  ClientPorts opened;
  for (const net::UdpPort port : ports) {
    auto one = ClientPort::open(loop, port, interface, receives, receiver);
    if (!one) return tl::make_unexpected(one.error());
    opened.ports_.push_back(std::move(*one));
  }
  return opened;
}

bool ClientPorts::send(const DhcpSend& how, std::span<const std::byte> message) {
  const auto found =
      std::find_if(ports_.begin(), ports_.end(), [&](const auto& port) { return port->port() == how.source_port; });
  return found != ports_.end() && (*found)->send(how.source, {how.server, how.server_port}, message);
}

}  // namespace rackcast::sim
