#include "io_backends/probe/probe_sockets.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "core/errno_text.h"
#include "proto/bytes/writer.h"
#include "proto/net/arp.h"
#include "proto/net/checksum.h"

namespace rackcast::io {
namespace {

constexpr std::size_t kReceiveBytes = 256;  // of either: an ARP packet, an echo reply to our 16 octets
// Broadcasts of a whole rack come in while we wait for one answer.
constexpr int kReceiveBufferBytes = 1 << 20;

int errno_of(ssize_t result) {
  return result < 0 ? errno : 0;
}

sockaddr_in to_everybody(net::Ipv4Address address) {
  sockaddr_in name{};
  name.sin_family = AF_INET;
  name.sin_addr.s_addr = htonl(address.value());
  return name;
}

// Where the question leaves: the interface, and our address there.
struct PacketInfo {
  alignas(cmsghdr) std::array<std::byte, CMSG_SPACE(sizeof(in_pktinfo))> octets{};

  PacketInfo(const ProbeAddress& probe, msghdr& message) {
    in_pktinfo info{};
    info.ipi_ifindex = static_cast<int>(probe.interface.value());
    info.ipi_spec_dst.s_addr = htonl(probe.source.value());
    message.msg_control = octets.data();
    message.msg_controllen = octets.size();
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = IPPROTO_IP;
    header->cmsg_type = IP_PKTINFO;
    header->cmsg_len = CMSG_LEN(sizeof(info));
    std::memcpy(CMSG_DATA(header), &info, sizeof(info));
  }
};

}  // namespace

std::array<std::byte, kEchoBytes> encode_echo_request(std::uint16_t identifier, std::uint16_t sequence) {
  std::array<std::byte, kEchoBytes> packet{};
  const auto write = [&](std::uint16_t checksum) {
    bytes::Writer out(packet);
    out.u8(ICMP_ECHO);
    out.u8(0);
    out.be16(checksum);
    out.be16(identifier);
    out.be16(sequence);
    out.zeros(out.room());
  };
  write(0);
  write(net::internet_checksum(packet));
  return packet;
}

std::optional<net::Ipv4Address> echo_reply_from(std::span<const std::byte> packet, std::uint16_t identifier) {
  const auto octet = [&](std::size_t at) { return std::to_integer<unsigned>(packet[at]); };
  if (packet.size() < 20 || octet(0) >> 4U != 4) return std::nullopt;
  const std::size_t header = std::size_t{octet(0) & 0xFU} * 4;
  if (header < 20 || packet.size() < header + 8) return std::nullopt;
  if (octet(header) != ICMP_ECHOREPLY || (octet(header + 4) << 8U | octet(header + 5)) != identifier)
    return std::nullopt;
  return net::Ipv4Address(octet(12) << 24U | octet(13) << 16U | octet(14) << 8U | octet(15));
}

Result<ProbeSockets> ProbeSockets::open(std::span<const InterfaceFacts> interfaces) {
  ProbeSockets sockets;
  sockets.interfaces_.assign(interfaces.begin(), interfaces.end());
  sockets.identifier_ = static_cast<std::uint16_t>(getpid());
  constexpr int kFlags = SOCK_NONBLOCK | SOCK_CLOEXEC;
  sockets.arp_ = FileDescriptor(::socket(AF_PACKET, SOCK_DGRAM | kFlags, htons(ETH_P_ARP)));
  if (!sockets.arp_)
    return fail("cannot open a socket for ARP probes: " + errno_text(errno) +
                "; run as root or set [dhcp] conflict_probe = \"off\"");
  sockets.icmp_ = FileDescriptor(::socket(AF_INET, SOCK_RAW | kFlags, IPPROTO_ICMP));
  if (!sockets.icmp_)
    return fail("cannot open a socket for ICMP probes: " + errno_text(errno) +
                "; run as root or set [dhcp] conflict_probe = \"off\"");
  for (const int descriptor : {sockets.arp_.get(), sockets.icmp_.get()})
    (void)::setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &kReceiveBufferBytes, sizeof(kReceiveBufferBytes));
  return sockets;
}

int ProbeSockets::ask(const ProbeAddress& probe) {
  return probe.method == ProbeMethod::kArp ? ask_arp(probe) : ask_icmp(probe);
}

int ProbeSockets::ask_arp(const ProbeAddress& probe) {
  const auto facts = std::find_if(interfaces_.begin(), interfaces_.end(),
                                  [&](const InterfaceFacts& each) { return each.index == probe.interface; });
  if (facts == interfaces_.end() || facts->mac.is_zero()) return ENODEV;
  std::array<std::byte, net::kArpBytes> packet{};
  bytes::Writer out(packet);
  net::ArpPacket question;
  question.sender_mac = facts->mac;
  question.target_address = probe.address;
  net::encode_arp(out, question);
  sockaddr_ll name{};
  name.sll_family = AF_PACKET;
  name.sll_protocol = htons(ETH_P_ARP);
  name.sll_ifindex = static_cast<int>(probe.interface.value());
  name.sll_halen = ETH_ALEN;
  std::fill_n(std::begin(name.sll_addr), ETH_ALEN, std::uint8_t{0xFF});
  return errno_of(::sendto(arp_.get(), packet.data(), packet.size(), MSG_NOSIGNAL,
                           reinterpret_cast<const sockaddr*>(&name), sizeof(name)));
}

int ProbeSockets::ask_icmp(const ProbeAddress& probe) {
  auto packet = encode_echo_request(identifier_, ++sequence_);
  sockaddr_in name = to_everybody(probe.address);
  iovec piece{packet.data(), packet.size()};
  msghdr message{};
  message.msg_name = &name;
  message.msg_namelen = sizeof(name);
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  const PacketInfo info(probe, message);
  return errno_of(::sendmsg(icmp_.get(), &message, MSG_NOSIGNAL));
}

std::optional<ProbeSighting> ProbeSockets::next_arp() {
  for (;;) {
    std::array<std::byte, kReceiveBytes> octets;
    sockaddr_ll name{};
    socklen_t size = sizeof(name);
    const ssize_t got =
        ::recvfrom(arp_.get(), octets.data(), octets.size(), 0, reinterpret_cast<sockaddr*>(&name), &size);
    if (got < 0) return std::nullopt;
    if (name.sll_pkttype == PACKET_OUTGOING) continue;
    const auto packet = net::parse_arp(std::span(octets).first(static_cast<std::size_t>(got)));
    if (!packet) continue;
    // Another's probe for the address is as good as a claim (RFC 5227 §2.1.1).
    const bool is_probe = packet->sender_address.is_any();
    return ProbeSighting{is_probe ? packet->target_address : packet->sender_address,
                         InterfaceIndex{static_cast<std::uint32_t>(name.sll_ifindex)}, packet->sender_mac};
  }
}

std::optional<ProbeSighting> ProbeSockets::next_icmp() {
  for (;;) {
    std::array<std::byte, kReceiveBytes> octets;
    const ssize_t got = ::recv(icmp_.get(), octets.data(), octets.size(), 0);
    if (got < 0) return std::nullopt;
    const auto from = echo_reply_from(std::span(octets).first(static_cast<std::size_t>(got)), identifier_);
    if (from) return ProbeSighting{*from, InterfaceIndex{}, std::nullopt};
  }
}

}  // namespace rackcast::io
