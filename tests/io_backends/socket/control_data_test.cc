#include "io_backends/socket/control_data.h"

#include <gtest/gtest.h>
#include <netinet/udp.h>

#include <cstring>
#include <map>

#include "io_backends/socket/sockaddr.h"

namespace rackcast::io {
namespace {

using Messages = std::map<std::pair<int, int>, std::vector<std::byte>>;

// Read back with the kernel's own macros.
Messages parse(SendControl& control, std::size_t size) {
  msghdr message{};
  message.msg_control = size == 0 ? nullptr : control.bytes.data();
  message.msg_controllen = size;
  Messages found;
  for (cmsghdr* c = CMSG_FIRSTHDR(&message); c != nullptr; c = CMSG_NXTHDR(&message, c)) {
    std::vector<std::byte> data(c->cmsg_len - CMSG_LEN(0));
    std::memcpy(data.data(), CMSG_DATA(c), data.size());
    found[{c->cmsg_level, c->cmsg_type}] = data;
  }
  return found;
}

template <typename T>
T value(const Messages& messages, int level, int type) {
  T out{};
  const auto it = messages.find({level, type});
  EXPECT_NE(it, messages.end());
  if (it != messages.end()) {
    EXPECT_EQ(it->second.size(), sizeof(T));
    std::memcpy(&out, it->second.data(), sizeof(T));
  }
  return out;
}

TEST(SendControl, IsEmptyWhenTheKernelMayChooseEverything) {
  Destination to;
  SendControl control;
  write_send_control(to, net::IpAddress{}, 0, control);
  EXPECT_EQ(control.plain_size, 0U);
  EXPECT_EQ(control.segment_size, 0U);
}

TEST(SendControl, CarriesIpv4SourceInterfaceTtlAndSegment) {
  Destination to;
  to.peer = {net::Ipv4Address(239, 1, 2, 3), net::UdpPort{7'000}};
  to.source = net::Ipv4Address(10, 0, 0, 1);
  to.interface = InterfaceIndex{5};
  to.ttl = 3;
  SendControl control;
  write_send_control(to, net::IpAddress{}, 1'472, control);
  const Messages with = parse(control, control.segment_size);
  EXPECT_EQ(with.size(), 3U);
  const auto info = value<in_pktinfo>(with, IPPROTO_IP, IP_PKTINFO);
  EXPECT_EQ(from_in_addr(info.ipi_spec_dst), net::Ipv4Address(10, 0, 0, 1));
  EXPECT_EQ(info.ipi_ifindex, 5);
  EXPECT_EQ(value<int>(with, IPPROTO_IP, IP_TTL), 3);
  EXPECT_EQ(value<std::uint16_t>(with, SOL_UDP, UDP_SEGMENT), 1'472);
  const Messages without = parse(control, control.plain_size);
  EXPECT_EQ(without.size(), 2U);
  EXPECT_FALSE(without.contains({SOL_UDP, UDP_SEGMENT}));
}

TEST(SendControl, LeavesOutASourceThatTheSocketIsBoundTo) {
  Destination to;
  to.source = net::Ipv4Address(10, 0, 0, 1);
  SendControl control;
  write_send_control(to, net::Ipv4Address(10, 0, 0, 1), 0, control);
  EXPECT_EQ(control.plain_size, 0U);
  write_send_control(to, net::Ipv4Address(10, 0, 0, 2), 0, control);
  const auto info = value<in_pktinfo>(parse(control, control.plain_size), IPPROTO_IP, IP_PKTINFO);
  EXPECT_EQ(from_in_addr(info.ipi_spec_dst), net::Ipv4Address(10, 0, 0, 1));
}

TEST(SendControl, CarriesIpv6SourceAndHopLimit) {
  Destination to;
  to.peer = {*net::Ipv6Address::parse("fe80::2"), net::UdpPort{1}};
  to.source = *net::Ipv6Address::parse("fe80::1");
  to.interface = InterfaceIndex{9};
  to.ttl = 255;
  SendControl control;
  write_send_control(to, net::IpAddress{}, 0, control);
  const Messages found = parse(control, control.plain_size);
  const auto info = value<in6_pktinfo>(found, IPPROTO_IPV6, IPV6_PKTINFO);
  EXPECT_EQ(from_in6_addr(info.ipi6_addr), *net::Ipv6Address::parse("fe80::1"));
  EXPECT_EQ(info.ipi6_ifindex, 9U);
  EXPECT_EQ(value<int>(found, IPPROTO_IPV6, IPV6_HOPLIMIT), 255);
}

TEST(ReadReceived, RefusesAPeerOfAnUnknownFamilyOrTooShort) {
  SocketAddress name{};
  msghdr message{};
  message.msg_name = &name;
  const net::Endpoint bound{net::Ipv4Address{}, net::UdpPort{69}};
  ReceivedDatagram datagram;
  std::uint32_t overflow = 0;
  for (const socklen_t size : {0U, 1U, 2U, 15U, 28U}) {
    message.msg_namelen = size;
    EXPECT_FALSE(read_received(message, bound, datagram, overflow)) << size;
  }
  name.v4.sin_family = AF_INET;
  message.msg_namelen = sizeof(sockaddr_in) - 1;
  EXPECT_FALSE(read_received(message, bound, datagram, overflow));
  message.msg_namelen = sizeof(sockaddr_in);
  EXPECT_TRUE(read_received(message, bound, datagram, overflow)) << "no control data is an answer too";
  EXPECT_EQ(datagram.local, bound);
}

TEST(SockAddr, RoundTripsBothFamiliesAndKeepsALinkLocalScope) {
  for (const char* text : {"192.0.2.7:69", "[2001:db8::5]:6969", "[fe80::1]:547"}) {
    const net::Endpoint endpoint = *net::Endpoint::parse(text);
    SocketAddress address{};
    const socklen_t size = write_sockaddr(endpoint, 4, address);
    const auto back = read_sockaddr(&address, size);
    ASSERT_TRUE(back.has_value()) << text;
    EXPECT_EQ(back->endpoint, endpoint);
    EXPECT_EQ(back->scope_id, std::string_view(text).find("fe80") != std::string_view::npos ? 4U : 0U);
  }
}

}  // namespace
}  // namespace rackcast::io
