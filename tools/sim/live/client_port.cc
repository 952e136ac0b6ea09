#include "tools/sim/live/client_port.h"

#include <linux/filter.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "core/errno_text.h"
#include "io_backends/socket/sockaddr.h"

namespace rackcast::sim {
namespace {

constexpr std::uint16_t kClientPort = 68;
constexpr int kRepliesPerWake = 256;

void drop_everything(int socket) {
  sock_filter nothing = BPF_STMT(BPF_RET | BPF_K, 0);
  const sock_fprog program{1, &nothing};
  ::setsockopt(socket, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program));
}

}  // namespace

Result<std::unique_ptr<ClientPort>> ClientPort::open(EventLoop& loop, const std::string& interface, Receives receives,
                                                     DhcpReceiver& receiver) {
  FileDescriptor socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket.valid()) return fail("cannot open a UDP socket for DHCP: " + errno_text(errno));
  const int on = 1;
  ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  ::setsockopt(socket.get(), IPPROTO_IP, IP_PKTINFO, &on, sizeof(on));
  if (!interface.empty())
    ::setsockopt(socket.get(), SOL_SOCKET, SO_BINDTODEVICE, interface.c_str(),
                 static_cast<socklen_t>(interface.size()));
  if (receives == Receives::kNothing) drop_everything(socket.get());
  sockaddr_in any{};
  any.sin_family = AF_INET;
  any.sin_port = htons(kClientPort);
  if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&any), sizeof(any)) != 0)
    return fail("cannot have UDP port 68, which the machines' DHCP needs: " + errno_text(errno) +
                "; stop the DHCP client that holds it (ss -ulpn 'sport = :68'), or --skip dhcp");
  const int descriptor = socket.get();
  std::unique_ptr<ClientPort> port(new ClientPort(loop, std::move(socket), receiver));
  if (receives == Receives::kReplies && !loop.add(descriptor, *port, EPOLLIN))
    return fail("cannot watch a UDP socket: " + errno_text(errno));
  return port;
}

ClientPort::~ClientPort() {
  loop_.remove(socket_.get(), *this);
}

bool ClientPort::send(net::Ipv4Address source, const net::Endpoint& to, std::span<const std::byte> message) {
  io::SocketAddress name{};
  const socklen_t name_size = io::write_sockaddr(to, 0, name);
  iovec vector{const_cast<std::byte*>(message.data()), message.size()};  // sendmsg only reads
  alignas(cmsghdr) std::array<std::byte, CMSG_SPACE(sizeof(in_pktinfo))> control{};
  msghdr header{};
  header.msg_name = &name;
  header.msg_namelen = name_size;
  header.msg_iov = &vector;
  header.msg_iovlen = 1;
  header.msg_control = control.data();
  header.msg_controllen = control.size();
  cmsghdr* item = CMSG_FIRSTHDR(&header);
  item->cmsg_level = IPPROTO_IP;
  item->cmsg_type = IP_PKTINFO;
  item->cmsg_len = CMSG_LEN(sizeof(in_pktinfo));
  in_pktinfo info{};
  info.ipi_spec_dst = io::to_in_addr(source);
  std::memcpy(CMSG_DATA(item), &info, sizeof(info));
  return ::sendmsg(socket_.get(), &header, MSG_DONTWAIT) >= 0;
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
      receiver_.on_dhcp_to_mac(now, message_chaddr(message), from, message);
    } else {
      receiver_.on_dhcp_to_address(now, to, from, message);
    }
  }
}

}  // namespace rackcast::sim
