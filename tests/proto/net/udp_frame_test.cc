#include "proto/net/udp_frame.h"

#include <gtest/gtest.h>

#include <array>
#include <random>
#include <set>
#include <string>

#include "tests/proto/wire_bytes.h"

namespace rackcast::net {
namespace {

using namespace std::string_literals;
using test::bytes_of;
using test::text_of;

// A TFTP request as a network card's iPXE ROM sent it, checksums by that ROM.
const std::string kRomFrame =
    "\xB2\xAB\x27\x98\xF7\x19\x52\x54\x00\xB2\xD8\xB2\x08\x00"
    "\x45\x00\x00\x44\x04\xC4\x00\x00\x40\x11\x52\xE1\x0A\x62\x07\x40\x0A\x62\x07\x01"
    "\x79\x16\x00\x45\x00\x30\x82\xEA"
    "\x00\x01pxelinux.0\x00octet\x00"
    "blksize\x00"
    "1432\x00tsize\x00"
    "0\x00"s;
const std::string kRomPayload = kRomFrame.substr(kUdpFrameHeaderBytes);

UdpFrame rom_fields(std::span<const std::byte> payload) {
  return {.destination_mac = {{0xB2, 0xAB, 0x27, 0x98, 0xF7, 0x19}},
          .source_mac = {{0x52, 0x54, 0x00, 0xB2, 0xD8, 0xB2}},
          .source = Ipv4Address(10, 98, 7, 64),
          .destination = Ipv4Address(10, 98, 7, 1),
          .source_port = UdpPort(30'998),
          .destination_port = UdpPort(69),
          .ttl = 64,
          .ip_id = 0x04C4,
          .payload = payload};
}

void expect_same(const UdpFrame& got, const UdpFrame& sent) {
  EXPECT_EQ(got.destination_mac, sent.destination_mac);
  EXPECT_EQ(got.source_mac, sent.source_mac);
  EXPECT_EQ(got.vlan, sent.vlan);
  EXPECT_EQ(got.source, sent.source);
  EXPECT_EQ(got.destination, sent.destination);
  EXPECT_EQ(got.source_port, sent.source_port);
  EXPECT_EQ(got.destination_port, sent.destination_port);
  EXPECT_EQ(got.ttl, sent.ttl);
  EXPECT_EQ(got.ip_id, sent.ip_id);
  EXPECT_EQ(got.dont_fragment, sent.dont_fragment);
  EXPECT_EQ(text_of(got.payload), text_of(sent.payload));
}

TEST(UdpFrame, RealFrameIsRead) {
  const auto wire = bytes_of(kRomFrame);
  const auto frame = parse_udp_frame(wire, UdpChecksumCheck::kVerified);
  ASSERT_TRUE(frame) << text(frame.error());
  expect_same(*frame, rom_fields(bytes_of(kRomPayload)));
}

TEST(UdpFrame, RealFrameIsReproducedByteByByte) {
  const auto payload = bytes_of(kRomPayload);
  std::array<std::byte, 1'514> room;
  EXPECT_EQ(text_of(encode_udp_frame(room, rom_fields(payload))), kRomFrame);
}

TEST(UdpFrame, ShortFrameIsPaddedAndThePaddingIsNotPayload) {
  const auto payload = bytes_of("\0\4\0\0"s);
  std::array<std::byte, 1'514> room;
  const auto wire = encode_udp_frame(room, rom_fields(payload));
  EXPECT_EQ(wire.size(), kEthernetFrameBytesMin);
  const auto frame = parse_udp_frame(wire, UdpChecksumCheck::kVerified);
  ASSERT_TRUE(frame);
  EXPECT_EQ(text_of(frame->payload), "\0\4\0\0"s);
}

TEST(UdpFrame, UnfinishedChecksumOfALocalPeerPassesOnlyWhenTrusted) {
  auto wire = bytes_of(kRomFrame);
  wire[40] = std::byte{0x12};
  EXPECT_EQ(parse_udp_frame(wire, UdpChecksumCheck::kVerified).error(), FrameReject::kUdpChecksum);
  EXPECT_TRUE(parse_udp_frame(wire, UdpChecksumCheck::kTrusted));
}

TEST(UdpFrame, OtherTrafficHasItsReason) {
  auto arp = bytes_of(kRomFrame);
  arp[13] = std::byte{0x06};
  EXPECT_EQ(parse_udp_frame(arp, UdpChecksumCheck::kTrusted).error(), FrameReject::kNotIpv4);
  auto tcp = bytes_of(kRomFrame);
  tcp[23] = std::byte{6};
  tcp[25] = std::byte{0xEC};  // the header checksum, 11 more
  EXPECT_EQ(parse_udp_frame(tcp, UdpChecksumCheck::kTrusted).error(), FrameReject::kNotUdp);
  auto fragment = bytes_of(kRomFrame);
  fragment[20] = std::byte{0x20};
  fragment[24] = std::byte{0x32};
  EXPECT_EQ(parse_udp_frame(fragment, UdpChecksumCheck::kTrusted).error(), FrameReject::kIpv4Fragment);
}

TEST(UdpFrame, SourceRoutedPacketIsRefused) {
  std::array<std::byte, 80> room;
  bytes::Writer out(room);
  encode_ethernet(out, {});
  // Version 4, 24 bytes of header, 32 in all, UDP; a loose source route of 3 bytes and a no-operation; an empty
  // datagram.
  out.text("\x46\x00\x00\x20\x00\x00\x00\x00\x40\x11\xF2\xC9\x00\x00\x00\x00\x00\x00\x00\x00\x83\x03\x04\x01"s);
  out.text("\x00\x01\x00\x02\x00\x08\x00\x00"s);
  EXPECT_EQ(parse_udp_frame(out.written(), UdpChecksumCheck::kVerified).error(), FrameReject::kIpv4SourceRouted);
}

TEST(UdpFrame, EveryPrefixIsRefused) {
  test::for_every_prefix(bytes_of(kRomFrame), [](std::span<const std::byte> prefix) {
    EXPECT_FALSE(parse_udp_frame(prefix, UdpChecksumCheck::kTrusted)) << prefix.size();
  });
}

TEST(UdpFrame, EveryRoomBelowTheNeedGivesNothing) {
  const auto payload = bytes_of(kRomPayload);
  for (std::size_t size = 0; size < kRomFrame.size(); ++size) {
    std::vector<std::byte> room(size);
    EXPECT_TRUE(encode_udp_frame(room, rom_fields(payload)).empty());
  }
}

TEST(UdpFrame, RandomFramesSurviveTheRoundTrip) {
  constexpr std::uint32_t kSeed = 20'261'124;
  std::mt19937 random(kSeed);
  const auto u16 = [&] { return static_cast<std::uint16_t>(random()); };
  const auto mac = [&] {
    MacAddress address;
    for (auto& octet : address.octets) octet = static_cast<std::uint8_t>(random());
    return address;
  };
  std::vector<std::byte> room(kUdpFrameHeaderBytes + kVlanTagBytes + 1'600);
  for (int i = 0; i < 5'000; ++i) {
    std::vector<std::byte> payload(random() % 1'600);
    for (std::byte& b : payload) b = std::byte(random() & 0xFFU);
    UdpFrame sent{.destination_mac = mac(),
                  .source_mac = mac(),
                  .source = Ipv4Address(static_cast<std::uint32_t>(random())),
                  .destination = Ipv4Address(static_cast<std::uint32_t>(random())),
                  .source_port = UdpPort(u16()),
                  .destination_port = UdpPort(u16()),
                  .ttl = static_cast<std::uint8_t>(random()),
                  .ip_id = u16(),
                  .dont_fragment = random() % 2 == 0,
                  .payload = payload};
    if (random() % 2 == 0)
      sent.vlan =
          VlanTag{.id = static_cast<std::uint16_t>(u16() % 4'096), .priority = static_cast<std::uint8_t>(u16() % 8)};
    const auto got = parse_udp_frame(encode_udp_frame(room, sent), UdpChecksumCheck::kVerified);
    ASSERT_TRUE(got) << "seed " << kSeed << " round " << i << ": " << text(got.error());
    expect_same(*got, sent);
  }
}

TEST(FrameReject, EveryReasonHasItsOwnText) {
  std::set<std::string_view> texts;
  for (int i = 0; i < static_cast<int>(FrameReject::kCount_); ++i) texts.insert(text(FrameReject(i)));
  EXPECT_EQ(texts.size(), static_cast<std::size_t>(FrameReject::kCount_));
  EXPECT_FALSE(texts.contains(text(FrameReject::kCount_)));
}

}  // namespace
}  // namespace rackcast::net
