#include "proto/net/udp6_frame.h"

#include <gtest/gtest.h>

#include <array>
#include <random>
#include <string>

#include "proto/net/udp_frame.h"
#include "tests/proto/wire_bytes.h"

namespace rackcast::net {
namespace {

using namespace std::string_literals;
using test::bytes_of;
using test::text_of;

// A TFTP request between IPv6 link-local addresses; the checksum was computed independently of this code.
const std::string kFrame =
    "\x02\x00\x00\x00\x00\x01\x02\x00\x00\x00\x00\x02\x86\xDD"
    "\x60\x00\x00\x00\x00\x12\x11\x40"
    "\xFE\x80\0\0\0\0\0\0\0\0\0\0\0\0\0\x07"
    "\xFE\x80\0\0\0\0\0\0\0\0\0\0\0\0\0\x01"
    "\x08\x16\x00\x45\x00\x12\x41\x9B"
    "\x00\x01"
    "a\0octet\0"s;

Udp6Frame fields(std::span<const std::byte> payload) {
  return {.destination_mac = {{2, 0, 0, 0, 0, 1}},
          .source_mac = {{2, 0, 0, 0, 0, 2}},
          .source = *Ipv6Address::parse("fe80::7"),
          .destination = *Ipv6Address::parse("fe80::1"),
          .source_port = UdpPort(2'070),
          .destination_port = UdpPort(69),
          .payload = payload};
}

void expect_same(const Udp6Frame& got, const Udp6Frame& sent) {
  EXPECT_EQ(got.destination_mac, sent.destination_mac);
  EXPECT_EQ(got.source_mac, sent.source_mac);
  EXPECT_EQ(got.source, sent.source);
  EXPECT_EQ(got.destination, sent.destination);
  EXPECT_EQ(got.source_port, sent.source_port);
  EXPECT_EQ(got.destination_port, sent.destination_port);
  EXPECT_EQ(got.hop_limit, sent.hop_limit);
  EXPECT_EQ(text_of(got.payload), text_of(sent.payload));
}

TEST(Udp6Frame, KnownBytesBothWays) {
  const auto payload = bytes_of("\0\1a\0octet\0"s);
  std::array<std::byte, 200> room;
  EXPECT_EQ(text_of(encode_udp6_frame(room, fields(payload))), kFrame);
  const auto wire = bytes_of(kFrame + "pad");
  const auto parsed = parse_udp6_frame(wire, UdpChecksumCheck::kVerified);
  ASSERT_TRUE(parsed) << text(parsed.error());
  expect_same(*parsed, fields(payload));
}

TEST(Udp6Frame, WhatIsNotOneHasItsReason) {
  const auto reject = [](std::size_t at, std::uint8_t value, UdpChecksumCheck check = UdpChecksumCheck::kTrusted) {
    auto wire = bytes_of(kFrame);
    wire[at] = std::byte{value};
    const auto parsed = parse_udp6_frame(wire, check);
    return parsed ? FrameReject::kCount_ : parsed.error();
  };
  EXPECT_EQ(reject(13, 0x00), FrameReject::kNotIpv6);
  EXPECT_EQ(reject(14, 0x40), FrameReject::kIpv6Version);
  EXPECT_EQ(reject(19, 0x13), FrameReject::kIpv6PayloadLength);
  EXPECT_EQ(reject(20, 0x00), FrameReject::kNotUdp) << "a hop-by-hop header";
  EXPECT_EQ(reject(59, 0x07), FrameReject::kUdpLength);
  EXPECT_EQ(reject(59, 0x13), FrameReject::kUdpLength);
  EXPECT_EQ(reject(19, 0x07), FrameReject::kUdpTooShort);
  EXPECT_EQ(reject(61, 0x00), FrameReject::kCount_);
  EXPECT_EQ(reject(61, 0x00, UdpChecksumCheck::kVerified), FrameReject::kUdpChecksum);
}

TEST(Udp6Frame, EveryPrefixIsRefusedAndEveryRoomBelowTheNeedGivesNothing) {
  test::for_every_prefix(bytes_of(kFrame), [](std::span<const std::byte> prefix) {
    EXPECT_FALSE(parse_udp6_frame(prefix, UdpChecksumCheck::kTrusted)) << prefix.size();
    std::vector<std::byte> room(prefix.size());
    const auto payload = bytes_of("\0\1a\0octet\0"s);
    EXPECT_TRUE(encode_udp6_frame(room, fields(payload)).empty());
  });
}

TEST(Udp6Frame, RandomFramesSurviveTheRoundTrip) {
  constexpr std::uint32_t kSeed = 20'261'124;
  std::mt19937 random(kSeed);
  std::vector<std::byte> room(kUdp6FrameHeaderBytes + 1'600);
  for (int i = 0; i < 2'000; ++i) {
    std::vector<std::byte> payload(random() % 1'600);
    for (std::byte& b : payload) b = std::byte(random() & 0xFFU);
    Udp6Frame sent = fields(payload);
    for (auto& octet : sent.source.octets) octet = static_cast<std::uint8_t>(random());
    sent.source_port = UdpPort(static_cast<std::uint16_t>(random()));
    sent.hop_limit = static_cast<std::uint8_t>(random());
    const auto got = parse_udp6_frame(encode_udp6_frame(room, sent), UdpChecksumCheck::kVerified);
    ASSERT_TRUE(got) << "seed " << kSeed << " round " << i << ": " << text(got.error());
    expect_same(*got, sent);
  }
}

}  // namespace
}  // namespace rackcast::net
