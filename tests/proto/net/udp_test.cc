#include "proto/net/udp.h"

#include <gtest/gtest.h>

#include <array>
#include <random>
#include <string>

#include "proto/net/checksum.h"
#include "tests/proto/wire_bytes.h"

namespace rackcast::net {
namespace {

using namespace std::string_literals;
using test::bytes_of;
using test::text_of;

constexpr Ipv4Address kClient(10, 98, 7, 64);
constexpr Ipv4Address kServer(10, 98, 7, 1);

Ipv4Packet packet_of(std::span<const std::byte> payload) {
  return {.header = {.protocol = IpProtocol::kUdp, .source = kClient, .destination = kServer}, .payload = payload};
}

std::vector<std::byte> encoded(const UdpHeader& header, const std::string& payload) {
  const auto body = bytes_of(payload);
  std::vector<std::byte> room(kUdpHeaderBytes + body.size());
  bytes::Writer out(room);
  const std::array pieces{std::span<const std::byte>(body)};
  encode_udp_header(out, kClient, kServer, header, pieces);
  out.bytes(body);
  EXPECT_TRUE(out.ok());
  return room;
}

constexpr UdpHeader kPorts{.source = UdpPort(2070), .destination = UdpPort(69)};

TEST(Udp, DatagramIsReadBack) {
  const auto wire = encoded(kPorts, "hello");
  const auto datagram = parse_udp(packet_of(wire), UdpChecksumCheck::kVerified);
  ASSERT_TRUE(datagram);
  EXPECT_EQ(datagram->header, kPorts);
  EXPECT_EQ(text_of(datagram->payload), "hello");
}

TEST(Udp, ChecksumIncludesThePseudoHeader) {
  const auto wire = encoded(kPorts, "hello");
  Ipv4Packet elsewhere = packet_of(wire);
  elsewhere.header.destination = Ipv4Address(10, 98, 7, 2);
  EXPECT_EQ(parse_udp(elsewhere, UdpChecksumCheck::kVerified).error(), FrameReject::kUdpChecksum);
}

TEST(Udp, EverySingleBitErrorIsSeenUnlessTrusted) {
  const auto good = encoded(kPorts, "hello");
  for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
    auto wire = good;
    wire[bit / 8] ^= std::byte(1U << bit % 8);
    EXPECT_FALSE(parse_udp(packet_of(wire), UdpChecksumCheck::kVerified)) << bit;
    const bool in_length = bit / 8 == 4 || bit / 8 == 5;
    if (!in_length) {
      EXPECT_TRUE(parse_udp(packet_of(wire), UdpChecksumCheck::kTrusted)) << bit;
    }
  }
}

TEST(Udp, ChecksumZeroIsUnchecked) {
  auto wire = encoded(kPorts, "hello");
  wire[6] = wire[7] = std::byte{0};
  EXPECT_EQ(text_of(parse_udp(packet_of(wire), UdpChecksumCheck::kVerified)->payload), "hello");
}

// The payload is chosen so that the sum of everything else comes out as 0.
TEST(Udp, ComputedZeroIsSentAsAllOnesAndAccepted) {
  const std::array blank{std::byte{0}, std::byte{0}};
  const std::array blank_piece{std::span<const std::byte>(blank)};
  const std::uint16_t filler = udp_checksum(kClient, kServer, kPorts, blank_piece);
  const std::string payload{static_cast<char>(filler >> 8U), static_cast<char>(filler & 0xFFU)};
  const auto wire = encoded(kPorts, payload);
  EXPECT_EQ(text_of(std::span(wire).subspan(6, 2)), "\xFF\xFF");
  EXPECT_TRUE(parse_udp(packet_of(wire), UdpChecksumCheck::kVerified));
}

TEST(Udp, PiecesOfAnyLengthHaveTheChecksumOfTheWhole) {
  const auto body = bytes_of("\x00\x03\x00\x01some bytes of an image"s);
  const std::span<const std::byte> view(body);
  const std::array whole{view};
  for (std::size_t cut = 0; cut <= body.size(); ++cut) {
    const std::array pieces{view.first(cut), view.subspan(cut)};
    EXPECT_EQ(udp_checksum(kClient, kServer, kPorts, pieces), udp_checksum(kClient, kServer, kPorts, whole)) << cut;
  }
}

TEST(Udp, LengthBelowThePacketCutsTheRest) {
  auto wire = encoded(kPorts, "hello");
  wire.resize(wire.size() + 9, std::byte{0xAA});
  EXPECT_EQ(text_of(parse_udp(packet_of(wire), UdpChecksumCheck::kVerified)->payload), "hello");
}

TEST(Udp, LengthOutOfBoundsIsRefused) {
  for (const unsigned length : {0U, 7U, 14U, 0xFFFFU}) {
    auto wire = encoded(kPorts, "hello");
    wire[4] = std::byte(length >> 8U);
    wire[5] = std::byte(length & 0xFFU);
    EXPECT_EQ(parse_udp(packet_of(wire), UdpChecksumCheck::kTrusted).error(), FrameReject::kUdpLength) << length;
  }
}

TEST(Udp, FragmentsAndOtherProtocolsAreRefused) {
  const auto wire = encoded(kPorts, "hello");
  Ipv4Packet packet = packet_of(wire);
  packet.header.more_fragments = true;
  EXPECT_EQ(parse_udp(packet, UdpChecksumCheck::kVerified).error(), FrameReject::kIpv4Fragment);
  packet.header.more_fragments = false;
  packet.header.protocol = IpProtocol::kTcp;
  EXPECT_EQ(parse_udp(packet, UdpChecksumCheck::kVerified).error(), FrameReject::kNotUdp);
}

TEST(Udp, EveryPrefixIsTooShortOrLacksPayload) {
  test::for_every_prefix(encoded(kPorts, "hello"), [](std::span<const std::byte> prefix) {
    const auto datagram = parse_udp(packet_of(prefix), UdpChecksumCheck::kVerified);
    ASSERT_FALSE(datagram);
    EXPECT_EQ(datagram.error(), prefix.size() < kUdpHeaderBytes ? FrameReject::kUdpTooShort : FrameReject::kUdpLength);
  });
}

TEST(Udp, PayloadBeyondThePacketFailsTheWriter) {
  const std::vector<std::byte> body(kUdpPayloadBytesMax + 1);
  std::array<std::byte, kUdpHeaderBytes> room;
  for (const std::size_t size : {kUdpPayloadBytesMax, kUdpPayloadBytesMax + 1}) {
    bytes::Writer out(room);
    const std::array pieces{std::span<const std::byte>(body).first(size)};
    encode_udp_header(out, kClient, kServer, kPorts, pieces);
    EXPECT_EQ(out.ok(), size == kUdpPayloadBytesMax);
  }
}

}  // namespace
}  // namespace rackcast::net
