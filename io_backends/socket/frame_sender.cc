#include "io_backends/socket/frame_sender.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "proto/bytes/writer.h"
#include "proto/net/ipv4.h"
#include "proto/net/udp.h"

namespace rackcast::io {
namespace {

constexpr std::size_t kHeaderBytes = net::kIpv4HeaderBytesMin + net::kUdpHeaderBytes;

sockaddr_ll link_address(const Destination& to) {
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_protocol = htons(ETH_P_IP);
  address.sll_ifindex = static_cast<int>(to.interface.value());
  address.sll_halen = static_cast<unsigned char>(to.hardware->octets.size());
  std::copy(to.hardware->octets.begin(), to.hardware->octets.end(), std::begin(address.sll_addr));
  return address;
}

}  // namespace

int FrameSender::send(const TxSlot& slot, net::UdpPort source_port) {
  if (socket_ < 0) return EPERM;
  const Destination& to = slot.destination;
  if (!to.peer.address.is_v4() || !to.source.is_v4() || to.interface.value() == 0) return EINVAL;
  for (const TxSlot::Datagram& datagram : slot.datagrams()) {
    if (const int error = send_one(slot, datagram, source_port); error != 0) return error;
  }
  return 0;
}

int FrameSender::send_one(const TxSlot& slot, const TxSlot::Datagram& datagram, net::UdpPort source_port) {
  const Destination& to = slot.destination;
  const auto header = slot.header(datagram);
  const std::array<std::span<const std::byte>, 2> payload{header, std::span(datagram.body, datagram.body_size)};
  std::array<std::byte, kHeaderBytes> headers;
  bytes::Writer out(headers);
  net::Ipv4Header ip;
  ip.id = next_ip_id_++;
  if (to.ttl != 0) ip.ttl = to.ttl;
  ip.source = to.source.v4();
  ip.destination = to.peer.address.v4();
  net::encode_ipv4_header(out, ip, net::kUdpHeaderBytes + header.size() + datagram.body_size);
  net::encode_udp_header(out, ip.source, ip.destination, {source_port, to.peer.port}, payload);
  if (!out.ok()) return EMSGSIZE;

  // The kernel only reads what an outgoing iovec points at.
  std::array<iovec, 3> pieces{{{headers.data(), headers.size()},
                               {const_cast<std::byte*>(header.data()), header.size()},
                               {const_cast<std::byte*>(datagram.body), datagram.body_size}}};
  sockaddr_ll address = link_address(to);
  msghdr message{};
  message.msg_name = &address;
  message.msg_namelen = sizeof(address);
  message.msg_iov = pieces.data();
  message.msg_iovlen = pieces.size();
  return ::sendmsg(socket_, &message, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? errno : 0;
}

}  // namespace rackcast::io
