#include "proto/net/ipv4.h"

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

// A TCP segment's header with the checksum its sender gave it.
const std::string kHeader = "\x45\x00\x00\x3C\x1C\x46\x40\x00\x40\x06\xB1\xE6\xAC\x10\x0A\x63\xAC\x10\x0A\x0C"s;
constexpr Ipv4Header kParsed{.id = 0x1C46,
                             .dont_fragment = true,
                             .ttl = 64,
                             .protocol = IpProtocol::kTcp,
                             .source = {172, 16, 10, 99},
                             .destination = {172, 16, 10, 12}};

// The packet with `change` applied to its header and the checksum made right again.
template <typename Change>
std::vector<std::byte> with(std::string wire, Change change) {
  change(wire);
  const std::size_t header_bytes =
      std::min<std::size_t>((static_cast<unsigned char>(wire[0]) & 0x0FU) * 4U, wire.size());
  wire[10] = wire[11] = 0;
  const std::uint16_t sum = internet_checksum(bytes_of(wire.substr(0, header_bytes)));
  wire[10] = static_cast<char>(sum >> 8U);
  wire[11] = static_cast<char>(sum & 0xFFU);
  return bytes_of(wire);
}

std::string packet_of(std::size_t payload_bytes) {
  return kHeader + std::string(payload_bytes, 'p');
}

TEST(Ipv4, HeaderIsRead) {
  const auto wire = bytes_of(packet_of(40));
  const auto packet = parse_ipv4(wire);
  ASSERT_TRUE(packet);
  EXPECT_EQ(packet->header, kParsed);
  EXPECT_EQ(packet->payload.size(), 40U);
  EXPECT_TRUE(packet->options.empty());
  EXPECT_FALSE(packet->header.is_fragment());
}

TEST(Ipv4, HeaderIsByteExact) {
  std::array<std::byte, kIpv4HeaderBytesMin> room;
  bytes::Writer out(room);
  encode_ipv4_header(out, kParsed, 40);
  ASSERT_TRUE(out.ok());
  EXPECT_EQ(text_of(out.written()), kHeader);
}

TEST(Ipv4, ChecksumCoversOnlyTheHeaderWhereverTheWriterStands) {
  std::array<std::byte, 40> room;
  bytes::Writer out(room);
  out.be32(0xDEAD'BEEF);
  encode_ipv4_header(out, kParsed, 40);
  EXPECT_EQ(text_of(out.written().subspan(4)), kHeader);
}

TEST(Ipv4, EthernetPaddingIsCutByTheTotalLength) {
  const auto wire = bytes_of(packet_of(40) + std::string(6, '\0'));
  EXPECT_EQ(parse_ipv4(wire)->payload.size(), 40U);
}

TEST(Ipv4, FragmentsAreTold) {
  struct Case {
    unsigned field;
    bool fragment;
    std::uint16_t offset;
  };
  for (const Case& c : {Case{0x4000, false, 0}, Case{0x8000, false, 0}, Case{0x2000, true, 0}, Case{0x0001, true, 1},
                        Case{0x3FFF, true, 0x1FFF}}) {
    const auto wire = with(packet_of(40), [&](std::string& w) {
      w[6] = static_cast<char>(c.field >> 8U);
      w[7] = static_cast<char>(c.field & 0xFFU);
    });
    const auto packet = parse_ipv4(wire);
    ASSERT_TRUE(packet);
    EXPECT_EQ(packet->header.is_fragment(), c.fragment) << c.field;
    EXPECT_EQ(packet->header.fragment_offset, c.offset);
  }
}

TEST(Ipv4, OptionsAreCutOutAndSourceRoutesTold) {
  struct Case {
    std::string options;
    bool source_routed;
  };
  for (const Case& c :
       {Case{"\x01\x01\x01\x00"s, false}, Case{"\x94\x04\x00\x00"s, false}, Case{"\x01\x83\x03\x04"s, true},
        Case{"\x94\x04\x00\x00\x89\x03\x04\x00"s, true}, Case{"\x00\x83\x03\x04"s, false}}) {
    const auto wire = with(kHeader + c.options + "payload", [&](std::string& w) {
      w[0] = static_cast<char>(0x45 + c.options.size() / 4);
      w[3] = static_cast<char>(w.size());
    });
    const auto packet = parse_ipv4(wire);
    ASSERT_TRUE(packet);
    EXPECT_EQ(text_of(packet->options), c.options);
    EXPECT_EQ(text_of(packet->payload), "payload");
    EXPECT_EQ(packet->source_routed, c.source_routed);
  }
}

TEST(Ipv4, EveryBreachHasItsReason) {
  struct Case {
    FrameReject expected;
    std::size_t position;
    unsigned char value;
  };
  for (const Case& c : {Case{FrameReject::kIpv4Version, 0, 0x65}, Case{FrameReject::kIpv4HeaderLength, 0, 0x44},
                        Case{FrameReject::kIpv4TotalLength, 3, 19}, Case{FrameReject::kIpv4TotalLength, 3, 61},
                        Case{FrameReject::kIpv4TotalLength, 2, 0xFF}}) {
    const auto wire = with(packet_of(40), [&](std::string& w) { w[c.position] = static_cast<char>(c.value); });
    const auto packet = parse_ipv4(wire);
    ASSERT_FALSE(packet);
    EXPECT_EQ(packet.error(), c.expected) << text(c.expected);
  }
  const auto header_beyond_packet = with(packet_of(3), [](std::string& w) { w[0] = 0x46; });
  EXPECT_EQ(parse_ipv4(header_beyond_packet).error(), FrameReject::kIpv4HeaderLength);
}

TEST(Ipv4, OptionsThatOverrunTheHeaderAreRefused) {
  for (const std::string& options :
       {"\x83\x05\x00\x00"s, "\x83\x00\x00\x00"s, "\x83\x01\x00\x00"s, "\x01\x01\x01\x83"s}) {
    const auto wire = with(kHeader + options, [](std::string& w) {
      w[0] = 0x46;
      w[3] = 24;
    });
    EXPECT_EQ(parse_ipv4(wire).error(), FrameReject::kIpv4Options);
  }
}

TEST(Ipv4, EverySingleBitErrorInTheHeaderIsSeen) {
  for (std::size_t bit = 0; bit < kIpv4HeaderBytesMin * 8; ++bit) {
    auto wire = bytes_of(packet_of(40));
    wire[bit / 8] ^= std::byte(1U << bit % 8);
    EXPECT_FALSE(parse_ipv4(wire)) << bit;
  }
}

TEST(Ipv4, EveryPrefixIsTooShortOrLacksPayload) {
  test::for_every_prefix(bytes_of(packet_of(40)), [](std::span<const std::byte> prefix) {
    const auto packet = parse_ipv4(prefix);
    ASSERT_FALSE(packet);
    EXPECT_EQ(packet.error(),
              prefix.size() < kIpv4HeaderBytesMin ? FrameReject::kIpv4TooShort : FrameReject::kIpv4TotalLength);
  });
}

TEST(Ipv4, WhatTheHeaderCannotCarryFailsTheWriter) {
  const auto fails = [](const Ipv4Header& header, std::size_t payload_bytes) {
    std::array<std::byte, kIpv4HeaderBytesMin> room;
    bytes::Writer out(room);
    encode_ipv4_header(out, header, payload_bytes);
    return !out.ok();
  };
  EXPECT_FALSE(fails({}, 65'515));
  EXPECT_TRUE(fails({}, 65'516));
  EXPECT_FALSE(fails({.fragment_offset = 0x1FFF}, 8));
  EXPECT_TRUE(fails({.fragment_offset = 0x2000}, 8));
}

TEST(Ipv4, RandomHeadersSurviveTheRoundTrip) {
  constexpr std::uint32_t kSeed = 791;
  std::mt19937 random(kSeed);
  const auto bits = [&](unsigned count) { return static_cast<std::uint16_t>(random() & ((1U << count) - 1U)); };
  for (int i = 0; i < 20'000; ++i) {
    const Ipv4Header sent{.tos = static_cast<std::uint8_t>(bits(8)),
                          .id = bits(16),
                          .dont_fragment = bits(1) != 0,
                          .more_fragments = bits(1) != 0,
                          .fragment_offset = bits(13),
                          .ttl = static_cast<std::uint8_t>(bits(8)),
                          .protocol = IpProtocol(bits(8)),
                          .source = Ipv4Address(static_cast<std::uint32_t>(random())),
                          .destination = Ipv4Address(static_cast<std::uint32_t>(random()))};
    std::array<std::byte, 100> room{};
    bytes::Writer out(room);
    const std::size_t payload_bytes = bits(6);
    encode_ipv4_header(out, sent, payload_bytes);
    const auto got = parse_ipv4(room);
    ASSERT_TRUE(got) << "seed " << kSeed << " round " << i;
    ASSERT_EQ(got->header, sent);
    ASSERT_EQ(got->payload.size(), payload_bytes);
  }
}

}  // namespace
}  // namespace rackcast::net
