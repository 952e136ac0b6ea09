#include "proto/tftp/encode.h"

#include <gtest/gtest.h>

#include <array>
#include <random>
#include <string>

#include "tests/proto/wire_bytes.h"

namespace rackcast::tftp {
namespace {

using namespace std::string_literals;
using test::text_of;

using Buffer = std::array<std::byte, 2'048>;

TEST(TftpEncode, OackIsByteExact) {
  Buffer out;
  EXPECT_EQ(text_of(encode_oack(out, {.blksize = 1408, .tsize = 26'140})),
            "\0\6tsize\0"
            "26140\0blksize\0"
            "1408\0"s);
  EXPECT_EQ(text_of(encode_oack(out, {.windowsize = 64})),
            "\0\6windowsize\0"
            "64\0"s);
  EXPECT_EQ(text_of(encode_oack(out, {.timeout = 5, .utimeout = 10'000, .rollover = 0})),
            "\0\6timeout\0"
            "5\0utimeout\0"
            "10000\0rollover\0"
            "0\0"s);
  EXPECT_EQ(text_of(encode_oack(out, {.multicast = ",,1"})), "\0\6multicast\0,,1\0"s);
  EXPECT_EQ(text_of(encode_oack(out, {.tsize = 18'446'744'073'709'551'615U})),
            "\0\6tsize\0"
            "18446744073709551615\0"s);
}

TEST(TftpEncode, OackWithoutOptionsIsRefused) {
  Buffer out;
  EXPECT_TRUE(encode_oack(out, {}).empty());
  EXPECT_TRUE(encode_oack(out, {.unknown_count = 3}).empty());
}

TEST(TftpEncode, FixedPacketsAreByteExact) {
  Buffer out;
  EXPECT_EQ(text_of(encode_data_header(out, BlockNumber(0xFFFF))), "\0\3\xFF\xFF"s);
  EXPECT_EQ(text_of(encode_ack(out, BlockNumber(0x0102))), "\0\4\1\2"s);
  EXPECT_EQ(text_of(encode_error(out, ErrorCode::kFileNotFound, "File not found")), "\0\5\0\1File not found\0"s);
  EXPECT_EQ(text_of(encode_error(out, ErrorCode::kUndefined, "")), "\0\5\0\0\0"s);
}

TEST(TftpEncode, ErrorTextEndsAtItsBoundOrFirstNul) {
  Buffer out;
  EXPECT_EQ(encode_error(out, ErrorCode::kUndefined, std::string(500, 'x')).size(), 4 + kErrorTextBytesMax + 1);
  EXPECT_EQ(text_of(encode_error(out, ErrorCode::kUndefined, "a\0b"s)), "\0\5\0\0a\0"s);
}

TEST(TftpEncode, RequestIsByteExact) {
  Buffer out;
  const Request request{.filename = "a", .options = {.blksize = 1468, .multicast = ""}};
  EXPECT_EQ(text_of(encode_request(out, request)),
            "\0\1a\0octet\0blksize\0"
            "1468\0multicast\0\0"s);
  EXPECT_EQ(text_of(encode_request(out, {.opcode = Opcode::kWrq, .filename = "b", .mode = Mode::kNetascii})),
            "\0\2b\0netascii\0"s);
}

TEST(TftpEncode, WhatTheWireCannotCarryIsRefused) {
  Buffer out;
  EXPECT_TRUE(encode_request(out, {.filename = ""}).empty());
  EXPECT_TRUE(encode_request(out, {.filename = "a\0b"s}).empty());
  EXPECT_TRUE(encode_request(out, {.opcode = Opcode::kAck, .filename = "a"}).empty());
  EXPECT_TRUE(encode_oack(out, {.multicast = "\0"s}).empty());
}

// Whatever does not fit gives nothing, and nothing is written behind the span.
TEST(TftpEncode, EveryRoomBelowTheNeedGivesNothing) {
  const Options options{.blksize = 1468, .tsize = 5, .multicast = "239.255.0.1,1758,0"};
  const auto encode = [&](int kind, std::span<std::byte> out) {
    switch (kind) {
      case 0:
        return encode_request(out, {.filename = "boot/f", .options = options});
      case 1:
        return encode_data_header(out, BlockNumber(7));
      case 2:
        return encode_ack(out, BlockNumber(7));
      case 3:
        return encode_error(out, ErrorCode::kDiskFull, "Disk full");
      default:
        return encode_oack(out, options);
    }
  };
  for (int kind = 0; kind < 5; ++kind) {
    Buffer out;
    const std::size_t need = encode(kind, out).size();
    ASSERT_GT(need, 0U);
    for (std::size_t room = 0; room < need; ++room) {
      out.fill(std::byte{0xEE});
      ASSERT_TRUE(encode(kind, std::span(out).first(room)).empty()) << kind << " in " << room;
      ASSERT_EQ(out[room], std::byte{0xEE});
    }
    EXPECT_EQ(encode(kind, std::span(out).first(need)).size(), need);
  }
}

class RandomPackets {
 public:
  explicit RandomPackets(std::uint64_t seed) : random_(seed) {}

  std::uint64_t number() { return random_() >> (random_() % 64); }  // every magnitude
  bool coin() { return (random_() & 1U) != 0; }

  std::string name(std::size_t size_max) {
    std::string text(1 + random_() % size_max, ' ');
    for (char& c : text) c = static_cast<char>(1 + random_() % 255);
    return text;
  }

  Options options(std::string_view multicast) {
    Options options;
    for (auto* value : {&options.blksize, &options.tsize, &options.timeout, &options.utimeout, &options.windowsize,
                        &options.rollover})
      if (coin()) *value = number();
    if (coin()) options.multicast = multicast;
    return options;
  }

 private:
  std::mt19937_64 random_;
};

TEST(TftpRoundTrip, RequestsAndOacksParseToWhatWasEncoded) {
  constexpr std::uint64_t kSeed = 20'261'124;
  RandomPackets random(kSeed);
  for (int i = 0; i < 20'000; ++i) {
    Buffer out;
    const std::string filename = random.name(300);
    const std::string multicast = random.name(30);
    const Request sent{.opcode = random.coin() ? Opcode::kRrq : Opcode::kWrq,
                       .filename = filename,
                       .mode = random.coin() ? Mode::kOctet : Mode::kNetascii,
                       .options = random.options(multicast)};
    const auto got = parse_request(encode_request(out, sent));
    ASSERT_TRUE(got) << "seed " << kSeed << " round " << i;
    ASSERT_EQ(got->opcode, sent.opcode);
    ASSERT_EQ(got->filename, sent.filename);
    ASSERT_EQ(got->mode, sent.mode);
    ASSERT_EQ(got->options, sent.options);
    if (!sent.options.any_recognised()) continue;
    const auto oack = parse_oack(encode_oack(out, sent.options));
    ASSERT_TRUE(oack);
    ASSERT_EQ(oack->options, sent.options);
  }
}

TEST(TftpRoundTrip, EveryBlockNumberSurvives) {
  Buffer out;
  for (std::uint32_t number = 0; number <= 0xFFFF; ++number) {
    const BlockNumber block(static_cast<std::uint16_t>(number));
    ASSERT_EQ(parse_ack(encode_ack(out, block))->block, block);
    ASSERT_EQ(parse_data(encode_data_header(out, block))->block, block);
  }
}

}  // namespace
}  // namespace rackcast::tftp
