#include "tests/netns/dhcpd_diff/wire.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "proto/bytes/cursor.h"
#include "proto/bytes/writer.h"
#include "proto/net/arp.h"
#include "proto/net/checksum.h"
#include "proto/net/ethernet.h"
#include "proto/net/ipv4.h"

namespace rackcast::dhcpd_diff {
namespace {

constexpr std::size_t kFrameBytesMax = 2'048;
constexpr std::size_t kUdpHeaderBytes = 8;

void put_udp(bytes::Writer& out, const Route& route, std::span<const std::byte> message) {
  const auto length = static_cast<std::uint16_t>(kUdpHeaderBytes + message.size());
  net::InternetChecksum sum;
  sum.add_address(route.from);
  sum.add_address(route.to);
  sum.add_be16(static_cast<std::uint16_t>(net::IpProtocol::kUdp));
  sum.add_be16(length);
  const std::size_t at = out.size();
  out.be16(route.from_port);
  out.be16(dhcp4::kServerPort.value());
  out.be16(length);
  out.be16(0);
  out.bytes(message);
  sum.add(out.written().subspan(at));
  const std::uint16_t checksum = sum.value();
  out.patch_be16(at + 6, checksum == 0 ? 0xFFFF : checksum);
}

}  // namespace

Wire::Wire(const std::string& interface, net::Ipv4Address server) : server_(server) {
  socket_ = ::socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK, htons(ETH_P_ALL));
  sockaddr_ll where{};
  where.sll_family = AF_PACKET;
  where.sll_protocol = htons(ETH_P_ALL);
  where.sll_ifindex = static_cast<int>(::if_nametoindex(interface.c_str()));
  if (socket_ < 0 || ::bind(socket_, reinterpret_cast<const sockaddr*>(&where), sizeof(where)) != 0) {
    std::fprintf(stderr, "dhcpd_diff_driver: %s: %s\n", interface.c_str(), std::strerror(errno));
    std::exit(2);
  }
}

Wire::~Wire() {
  ::close(socket_);
}

void Wire::ask_for_server() {
  std::array<std::byte, kFrameBytesMax> frame;
  bytes::Writer out(frame);
  net::encode_ethernet(out, {net::MacAddress::broadcast(), kPeerMac, std::nullopt, net::EtherType::kArp});
  net::encode_arp(out, {net::ArpOperation::kRequest, kPeerMac, {}, {}, server_});
  net::pad_ethernet(out);
  transmit(out.written());
}

void Wire::send(const Route& route, std::span<const std::byte> message) {
  std::array<std::byte, kFrameBytesMax> frame;
  bytes::Writer out(frame);
  const net::MacAddress to = route.to.is_broadcast() ? net::MacAddress::broadcast() : server_mac_.value();
  net::encode_ethernet(out, {to, route.from_mac, std::nullopt, net::EtherType::kIpv4});
  net::Ipv4Header header;
  header.source = route.from;
  header.destination = route.to;
  net::encode_ipv4_header(out, header, kUdpHeaderBytes + message.size());
  put_udp(out, route, message);
  if (!out.ok()) {
    std::fprintf(stderr, "dhcpd_diff_driver: a message of %zu bytes fits no frame\n", message.size());
    std::exit(2);
  }
  transmit(out.written());
}

std::optional<Packet> Wire::receive() {
  std::array<std::byte, kFrameBytesMax> frame;
  for (;;) {
    sockaddr_ll from{};
    socklen_t size = sizeof(from);
    const ssize_t got = ::recvfrom(socket_, frame.data(), frame.size(), 0, reinterpret_cast<sockaddr*>(&from), &size);
    if (got <= 0) return std::nullopt;
    if (from.sll_pkttype == PACKET_OUTGOING) continue;
    const auto parsed = net::parse_ethernet(std::span(frame).first(static_cast<std::size_t>(got)));
    if (!parsed) continue;
    const net::EthernetFrame& ethernet = *parsed;
    if (ethernet.header.type == net::EtherType::kArp)
      take_arp(ethernet.payload, ethernet.header.destination == net::MacAddress::broadcast());
    else if (ethernet.header.type == net::EtherType::kIpv4)
      if (auto packet = take_ip(ethernet.payload, ethernet.header.destination)) return packet;
  }
}

void Wire::take_arp(std::span<const std::byte> payload, bool broadcast) {
  const auto arp = net::parse_arp(payload);
  if (!arp) return;
  if (arp->operation == net::ArpOperation::kReply && arp->sender_address == server_) server_mac_ = arp->sender_mac;
  if (arp->operation != net::ArpOperation::kRequest || arp->target_address == server_) return;
  if (broadcast) asked_for_.push_back(arp->target_address);
  std::array<std::byte, kFrameBytesMax> frame;
  bytes::Writer out(frame);
  net::encode_ethernet(out, {arp->sender_mac, kPeerMac, std::nullopt, net::EtherType::kArp});
  net::encode_arp(out,
                  {net::ArpOperation::kReply, kPeerMac, arp->target_address, arp->sender_mac, arp->sender_address});
  net::pad_ethernet(out);
  transmit(out.written());
}

std::optional<Packet> Wire::take_ip(std::span<const std::byte> payload, const net::MacAddress& to) {
  const auto ip = net::parse_ipv4(payload);
  if (!ip || ip->header.protocol != net::IpProtocol::kUdp) return std::nullopt;
  bytes::Cursor udp(ip->payload);
  Packet packet;
  packet.from_port = udp.be16();
  packet.to_port = udp.be16();
  udp.skip(4);
  if (!udp.ok()) return std::nullopt;
  packet.to_mac = to;
  packet.from = ip->header.source;
  packet.to = ip->header.destination;
  std::erase(asked_for_, packet.to);
  if (!decode_message(ip->payload.subspan(kUdpHeaderBytes), packet)) return std::nullopt;
  return packet;
}

void Wire::transmit(std::span<const std::byte> frame) {
  if (::send(socket_, frame.data(), frame.size(), 0) == static_cast<ssize_t>(frame.size())) return;
  std::fprintf(stderr, "dhcpd_diff_driver: cannot send: %s\n", std::strerror(errno));
  std::exit(2);
}

}  // namespace rackcast::dhcpd_diff
