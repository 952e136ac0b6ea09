#include "io_backends/socket/control_data.h"

#include <netinet/udp.h>

#include <cstring>

#include "io_backends/socket/sockaddr.h"

namespace rackcast::io {
namespace {

template <typename T>
std::size_t append(SendControl& out, std::size_t used, int level, int type, const T& value) {
  cmsghdr header{};
  header.cmsg_level = level;
  header.cmsg_type = type;
  header.cmsg_len = CMSG_LEN(sizeof(T));
  std::memcpy(out.bytes.data() + used, &header, sizeof(header));
  std::memcpy(out.bytes.data() + used + CMSG_LEN(0), &value, sizeof(T));
  return used + CMSG_SPACE(sizeof(T));
}

template <typename T>
bool read_value(const cmsghdr& header, T& out) {
  if (header.cmsg_len < CMSG_LEN(sizeof(T))) return false;
  std::memcpy(&out, CMSG_DATA(&header), sizeof(T));
  return true;
}

void read_one(const cmsghdr& header, ReceivedDatagram& out, std::uint32_t& overflow) {
  if (header.cmsg_level == IPPROTO_IP && header.cmsg_type == IP_PKTINFO) {
    in_pktinfo info{};
    if (!read_value(header, info)) return;
    out.local.address = from_in_addr(info.ipi_spec_dst);
    out.destination = from_in_addr(info.ipi_addr);
    out.interface = InterfaceIndex{static_cast<std::uint32_t>(info.ipi_ifindex)};
  } else if (header.cmsg_level == IPPROTO_IPV6 && header.cmsg_type == IPV6_PKTINFO) {
    in6_pktinfo info{};
    if (!read_value(header, info)) return;
    const net::Ipv6Address destination = from_in6_addr(info.ipi6_addr);
    out.destination = destination;
    // IPv6 has no spec_dst: for a group the kernel chooses the source of a reply.
    out.local.address = destination.is_multicast() ? net::Ipv6Address{} : destination;
    out.interface = InterfaceIndex{info.ipi6_ifindex};
  } else if (header.cmsg_level == SOL_SOCKET && header.cmsg_type == SO_RXQ_OVFL) {
    static_cast<void>(read_value(header, overflow));
  }
}

}  // namespace

void write_send_control(const Destination& to, const net::IpAddress& bound, std::uint16_t segment_bytes,
                        SendControl& out) {
  std::size_t used = 0;
  const bool ipv6 = to.peer.address.is_v6();
  const bool say_source = !to.source.is_any() && to.source != bound;
  if (say_source || to.interface.value() != 0) {
    if (!ipv6) {
      in_pktinfo info{};
      if (to.source.is_v4()) info.ipi_spec_dst = to_in_addr(to.source.v4());
      info.ipi_ifindex = static_cast<int>(to.interface.value());
      used = append(out, used, IPPROTO_IP, IP_PKTINFO, info);
    } else {
      in6_pktinfo info{};
      if (to.source.is_v6()) info.ipi6_addr = to_in6_addr(to.source.v6());
      info.ipi6_ifindex = to.interface.value();
      used = append(out, used, IPPROTO_IPV6, IPV6_PKTINFO, info);
    }
  }
  if (to.ttl != 0) {
    const int ttl = to.ttl;
    used = ipv6 ? append(out, used, IPPROTO_IPV6, IPV6_HOPLIMIT, ttl) : append(out, used, IPPROTO_IP, IP_TTL, ttl);
  }
  out.plain_size = used;
  out.segment_size = segment_bytes == 0 ? 0 : append(out, used, SOL_UDP, UDP_SEGMENT, segment_bytes);
}

bool read_received(const msghdr& message, const net::Endpoint& bound, ReceivedDatagram& out, std::uint32_t& overflow) {
  const auto peer = read_sockaddr(message.msg_name, message.msg_namelen);
  if (!peer) return false;
  out.peer = peer->endpoint;
  out.scope_id = peer->scope_id;
  out.local = bound;
  out.destination = bound.address;
  out.interface = InterfaceIndex{};
  // CMSG_NXTHDR takes a non-const msghdr.
  msghdr walk = message;
  for (cmsghdr* header = CMSG_FIRSTHDR(&walk); header != nullptr; header = CMSG_NXTHDR(&walk, header)) {
    read_one(*header, out, overflow);
  }
  return true;
}

}  // namespace rackcast::io
