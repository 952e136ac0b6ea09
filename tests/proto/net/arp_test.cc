#include "proto/net/arp.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

#include "tests/proto/wire_bytes.h"

namespace rackcast::net {
namespace {

using namespace std::string_literals;
using test::bytes_of;
using test::text_of;

const std::string kRequest =
    "\x00\x01\x08\x00\x06\x04\x00\x01\x52\x54\x00\xB2\xD8\xB2\x0A\x62\x07\x40\x00\x00\x00\x00\x00\x00\x0A\x62\x07\x01"s;
constexpr ArpPacket kParsed{.operation = ArpOperation::kRequest,
                            .sender_mac = {{0x52, 0x54, 0x00, 0xB2, 0xD8, 0xB2}},
                            .sender_address = {10, 98, 7, 64},
                            .target_mac = {},
                            .target_address = {10, 98, 7, 1}};

TEST(Arp, RequestIsReadAndPaddingIgnored) {
  EXPECT_EQ(parse_arp(bytes_of(kRequest)), kParsed);
  EXPECT_EQ(parse_arp(bytes_of(kRequest + std::string(18, '\0'))), kParsed);
}

TEST(Arp, PacketIsByteExact) {
  std::array<std::byte, kArpBytes> room;
  bytes::Writer out(room);
  encode_arp(out, kParsed);
  ASSERT_TRUE(out.ok());
  EXPECT_EQ(text_of(out.written()), kRequest);
}

TEST(Arp, UnknownOperationIsHandedOver) {
  std::string wire = kRequest;
  wire[6] = '\x12';
  EXPECT_EQ(parse_arp(bytes_of(wire))->operation, ArpOperation{0x1201});
}

TEST(Arp, OtherHardwareProtocolOrLengthsAreRefused) {
  for (std::size_t position = 0; position < 6; ++position) {
    std::string wire = kRequest;
    wire[position] = static_cast<char>(wire[position] ^ 0x10);
    EXPECT_EQ(parse_arp(bytes_of(wire)).error(), FrameReject::kArpNotIpv4OverEthernet) << position;
  }
}

TEST(Arp, EveryPrefixIsTooShort) {
  test::for_every_prefix(bytes_of(kRequest), [](std::span<const std::byte> prefix) {
    const auto packet = parse_arp(prefix);
    ASSERT_FALSE(packet);
    EXPECT_EQ(packet.error(), FrameReject::kArpTooShort) << prefix.size();
  });
}

TEST(Arp, EveryRoomBelowTheNeedFailsTheWriter) {
  std::array<std::byte, kArpBytes> room;
  for (std::size_t size = 0; size < kArpBytes; ++size) {
    bytes::Writer out{std::span(room).first(size)};
    encode_arp(out, kParsed);
    EXPECT_FALSE(out.ok());
  }
}

}  // namespace
}  // namespace rackcast::net
