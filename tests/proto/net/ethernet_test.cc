#include "proto/net/ethernet.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

#include "tests/proto/wire_bytes.h"

namespace rackcast::net {
namespace {

using namespace std::string_literals;
using test::bytes_of;
using test::text_of;

constexpr MacAddress kClient{{0x52, 0x54, 0x00, 0xB2, 0xD8, 0xB2}};
const std::string kAddresses = "\xFF\xFF\xFF\xFF\xFF\xFF\x52\x54\x00\xB2\xD8\xB2"s;

TEST(Ethernet, UntaggedFrameIsRead) {
  const auto wire = bytes_of(kAddresses + "\x08\x06payload"s);
  const auto frame = parse_ethernet(wire);
  ASSERT_TRUE(frame);
  EXPECT_EQ(frame->header.destination, MacAddress::broadcast());
  EXPECT_EQ(frame->header.source, kClient);
  EXPECT_FALSE(frame->header.vlan);
  EXPECT_EQ(frame->header.type, EtherType::kArp);
  EXPECT_EQ(text_of(frame->payload), "payload");
}

TEST(Ethernet, TagIsReadBitByBit) {
  const auto wire = bytes_of(kAddresses + "\x81\x00\xB1\x23\x08\x00x"s);
  const auto frame = parse_ethernet(wire);
  ASSERT_TRUE(frame);
  EXPECT_EQ(frame->header.vlan, (VlanTag{.id = 0x123, .priority = 5, .drop_eligible = true}));
  EXPECT_EQ(frame->header.type, EtherType::kIpv4);
  EXPECT_EQ(text_of(frame->payload), "x");
}

TEST(Ethernet, SecondTagStaysInThePayload) {
  const auto wire = bytes_of(kAddresses + "\x81\x00\x00\x01\x81\x00\x00\x02\x08\x00x"s);
  const auto frame = parse_ethernet(wire);
  ASSERT_TRUE(frame);
  EXPECT_EQ(frame->header.vlan->id, 1);
  EXPECT_EQ(frame->header.type, EtherType::kVlan);
  EXPECT_EQ(frame->payload.size(), 5U);
}

TEST(Ethernet, LengthInsteadOfTypeIsRefused) {
  EXPECT_EQ(parse_ethernet(bytes_of(kAddresses + "\x00\x26"s + std::string(46, 'x'))).error(),
            FrameReject::kEthernetLengthField);
  EXPECT_EQ(parse_ethernet(bytes_of(kAddresses + "\x05\xFF"s)).error(), FrameReject::kEthernetLengthField);
  EXPECT_TRUE(parse_ethernet(bytes_of(kAddresses + "\x06\x00"s)));
}

TEST(Ethernet, EveryPrefixOfTheHeaderIsTooShort) {
  for (const auto& whole : {kAddresses + "\x08\x00"s, kAddresses + "\x81\x00\x00\x07\x08\x00"s}) {
    test::for_every_prefix(bytes_of(whole), [](std::span<const std::byte> prefix) {
      const auto frame = parse_ethernet(prefix);
      ASSERT_FALSE(frame);
      EXPECT_EQ(frame.error(), FrameReject::kEthernetTooShort);
    });
    EXPECT_TRUE(parse_ethernet(bytes_of(whole)));
  }
}

TEST(Ethernet, EveryTagSurvivesTheRoundTrip) {
  for (std::uint32_t control = 0; control <= 0xFFFF; ++control) {
    const EthernetHeader header{.destination = MacAddress::broadcast(),
                                .source = kClient,
                                .vlan = VlanTag{.id = static_cast<std::uint16_t>(control & 0xFFFU),
                                                .priority = static_cast<std::uint8_t>(control >> 13U),
                                                .drop_eligible = (control & 0x1000U) != 0},
                                .type = EtherType::kIpv6};
    std::array<std::byte, kEthernetHeaderBytes + kVlanTagBytes> room;
    bytes::Writer out(room);
    encode_ethernet(out, header);
    ASSERT_TRUE(out.ok());
    ASSERT_EQ(out.room(), 0U);
    ASSERT_EQ(parse_ethernet(room)->header, header);
  }
}

TEST(Ethernet, FieldsOutOfRangeFailTheWriter) {
  const EthernetHeader bad[] = {
      {.vlan = VlanTag{.id = 0x1000}}, {.vlan = VlanTag{.id = 1, .priority = 8}}, {.type = EtherType{0x05FF}}};
  for (const EthernetHeader& header : bad) {
    std::array<std::byte, 64> room;
    bytes::Writer out(room);
    encode_ethernet(out, header);
    EXPECT_FALSE(out.ok());
  }
}

TEST(Ethernet, ShortFrameIsPaddedWithZerosAndALongOneIsNot) {
  std::array<std::byte, 128> room;
  room.fill(std::byte{0xEE});
  bytes::Writer out(room);
  encode_ethernet(out, {});
  pad_ethernet(out);
  EXPECT_EQ(out.size(), kEthernetFrameBytesMin);
  EXPECT_EQ(room[kEthernetFrameBytesMin - 1], std::byte{0});
  EXPECT_EQ(room[kEthernetFrameBytesMin], std::byte{0xEE});
  out.zeros(10);
  pad_ethernet(out);
  EXPECT_EQ(out.size(), kEthernetFrameBytesMin + 10);
}

TEST(Ethernet, MulticastMacKeepsTheGroupsLow23Bits) {
  EXPECT_EQ(multicast_mac(Ipv4Address(239, 255, 77, 1)), (MacAddress{{0x01, 0x00, 0x5E, 0x7F, 0x4D, 0x01}}));
  EXPECT_EQ(multicast_mac(Ipv4Address(224, 0, 0, 251)), (MacAddress{{0x01, 0x00, 0x5E, 0x00, 0x00, 0xFB}}));
}

}  // namespace
}  // namespace rackcast::net
