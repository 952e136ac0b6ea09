#include "tools/sim/live/udp_socket.h"

#include <linux/filter.h>

#include <cstring>

#include "io_backends/socket/sockaddr.h"

namespace rackcast::sim {

void write_source(net::Ipv4Address source, SourceControl& control) {
  cmsghdr header{};
  header.cmsg_level = IPPROTO_IP;
  header.cmsg_type = IP_PKTINFO;
  header.cmsg_len = CMSG_LEN(sizeof(in_pktinfo));
  in_pktinfo info{};
  info.ipi_spec_dst = io::to_in_addr(source);
  std::memcpy(control.data(), &header, sizeof(header));
  std::memcpy(control.data() + CMSG_LEN(0), &info, sizeof(info));
}

bool send_from(int socket, net::Ipv4Address source, const net::Endpoint& to, std::span<const std::byte> payload) {
  io::SocketAddress name{};
  const socklen_t name_size = io::write_sockaddr(to, 0, name);
  iovec vector{const_cast<std::byte*>(payload.data()), payload.size()};  // sendmsg only reads
  SourceControl control{};
  write_source(source, control);
  msghdr header{};
  header.msg_name = &name;
  header.msg_namelen = name_size;
  header.msg_iov = &vector;
  header.msg_iovlen = 1;
  header.msg_control = control.data();
  header.msg_controllen = control.size();
  return ::sendmsg(socket, &header, MSG_DONTWAIT) >= 0;
}

void make_deaf(int socket) {
  sock_filter nothing = BPF_STMT(BPF_RET | BPF_K, 0);
  const sock_fprog program{1, &nothing};
  ::setsockopt(socket, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program));
}

}  // namespace rackcast::sim
