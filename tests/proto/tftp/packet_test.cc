#include "proto/tftp/packet.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "tests/proto/wire_bytes.h"

namespace rackcast::tftp {
namespace {

using namespace std::string_literals;
using test::bytes_of;
using test::text_of;

Parsed<Request> request(const std::string& wire) {
  static std::vector<std::byte> kept;  // the views of the result borrow from it until the next call
  kept = bytes_of(wire);
  return parse_request(kept);
}

Options options_of(const std::string& pairs) {
  const auto parsed = request("\0\1f\0octet\0"s + pairs);
  EXPECT_TRUE(parsed) << text(parsed ? RejectReason::kCount_ : parsed.error());
  return parsed ? parsed->options : Options{};
}

RejectReason reason_of(const std::string& wire) {
  const auto parsed = request(wire);
  EXPECT_FALSE(parsed);
  return parsed ? RejectReason::kCount_ : parsed.error();
}

TEST(TftpRequest, PlainReadRequestHasNoOptions) {
  const auto parsed = request("\0\1pxelinux.0\0octet\0"s);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->opcode, Opcode::kRrq);
  EXPECT_EQ(parsed->filename, "pxelinux.0");
  EXPECT_EQ(parsed->mode, Mode::kOctet);
  EXPECT_EQ(parsed->options, Options{});
  EXPECT_FALSE(parsed->options.any_recognised());
}

TEST(TftpRequest, WriteRequestKeepsItsOpcode) {
  const auto parsed = request(
      "\0\2up.bin\0netascii\0tsize\0"
      "1000\0"s);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->opcode, Opcode::kWrq);
  EXPECT_EQ(parsed->mode, Mode::kNetascii);
  EXPECT_EQ(parsed->options.tsize, 1'000U);
}

TEST(TftpRequest, ModeIsMatchedInAnyCase) {
  EXPECT_EQ(request("\0\1f\0OcTeT\0"s)->mode, Mode::kOctet);
  EXPECT_EQ(request("\0\1f\0NETASCII\0"s)->mode, Mode::kNetascii);
  EXPECT_EQ(request("\0\1f\0mail\0"s)->mode, Mode::kMail);
}

// What the firmwares of our captures send.
TEST(TftpRequest, RealClientsOptionsAreUnderstood) {
  struct Case {
    const char* client;
    std::string pairs;
    Options expected;
  };
  const Case cases[] = {
      {"EDK2 size query",
       "tsize\0"
       "0\0blksize\0"
       "1468\0windowsize\0"
       "4\0"s,
       {.blksize = 1468, .tsize = 0, .windowsize = 4}},
      {"EDK2 transfer",
       "blksize\0"
       "1468\0windowsize\0"
       "4\0"s,
       {.blksize = 1468, .windowsize = 4}},
      {"iPXE",
       "blksize\0"
       "1432\0tsize\0"
       "0\0"s,
       {.blksize = 1432, .tsize = 0}},
      {"iPXE tftm",
       "blksize\0"
       "1432\0tsize\0"
       "0\0multicast\0\0"s,
       {.blksize = 1432, .tsize = 0, .multicast = ""}},
      {"pxelinux",
       "tsize\0"
       "0\0blksize\0"
       "1408\0"s,
       {.blksize = 1408, .tsize = 0}},
      {"U-Boot",
       "timeout\0"
       "5\0blksize\0"
       "1468\0"s,
       {.blksize = 1468, .timeout = 5}},
      {"tftp-hpa's own",
       "utimeout\0"
       "250000\0rollover\0"
       "1\0"s,
       {.utimeout = 250'000, .rollover = 1}},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.client);
    const auto parsed = request("\0\1f\0octet\0"s + c.pairs);
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->options, c.expected);
  }
}

TEST(TftpRequest, OptionNamesAreMatchedInAnyCase) {
  const Options options = options_of(
      "BLKSIZE\0"
      "512\0TSize\0"
      "0\0MultiCast\0\0"s);
  EXPECT_EQ(options.blksize, 512U);
  EXPECT_EQ(options.tsize, 0U);
  EXPECT_TRUE(options.multicast);
  EXPECT_TRUE(options.uppercase_names);
}

TEST(TftpRequest, MalformedNumbersAreIgnoredAndCounted) {
  for (const std::string value : {"", "abc", "-1", "+5", " 5", "5 ", "0x10", "1468k", "5.", "18446744073709551616",
                                  "000000000000000000005", "\xB2", "1\r\n"}) {
    SCOPED_TRACE(value);
    const Options options = options_of("blksize\0"s + value +
                                       "\0tsize\0"
                                       "7\0"s);
    EXPECT_FALSE(options.blksize);
    EXPECT_EQ(options.malformed_count, 1);
    EXPECT_EQ(options.tsize, 7U);  // the rest of the list still counts
  }
}

TEST(TftpRequest, NumbersKeepTheirWholeRange) {
  EXPECT_EQ(options_of("tsize\0"
                       "18446744073709551615\0"s)
                .tsize,
            18'446'744'073'709'551'615U);
  EXPECT_EQ(options_of("blksize\0"
                       "00512\0"s)
                .blksize,
            512U);
  EXPECT_EQ(options_of("blksize\0"
                       "4\0"s)
                .blksize,
            4U);  // refused by the engine, not by the parser
  EXPECT_EQ(options_of("windowsize\0"
                       "70000\0"s)
                .windowsize,
            70'000U);
}

TEST(TftpRequest, FirstMentionOfAnOptionWins) {
  const Options options = options_of(
      "blksize\0"
      "1468\0BLKSIZE\0"
      "512\0blksize\0x\0multicast\0\0multicast\0y\0"s);
  EXPECT_EQ(options.blksize, 1'468U);
  EXPECT_EQ(options.multicast, "");
  EXPECT_EQ(options.duplicate_count, 3);
  EXPECT_EQ(options.malformed_count, 0);
}

TEST(TftpRequest, MalformedFirstMentionShadowsALaterOne) {
  const Options options = options_of(
      "blksize\0x\0blksize\0"
      "512\0"s);
  EXPECT_FALSE(options.blksize);
  EXPECT_EQ(options.malformed_count, 1);
  EXPECT_EQ(options.duplicate_count, 1);
}

TEST(TftpRequest, UnknownOptionsAreCountedAndSkipped) {
  const Options options = options_of(
      "blksize2\0"
      "512\0x\0\0tsize\0"
      "0\0blksiz\0"
      "1\0"s);
  EXPECT_EQ(options.unknown_count, 3);
  EXPECT_EQ(options.tsize, 0U);
  EXPECT_FALSE(options.blksize);
}

TEST(TftpRequest, NulPaddingBehindTheLastOptionIsAccepted) {
  const auto parsed = request(
      "\0\1f\0octet\0blksize\0"
      "512\0"s +
      std::string(400, '\0'));
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->options, (Options{.blksize = 512}));
}

TEST(TftpRequest, EmptyOptionNameBeforeOthersIsOneUnknownOption) {
  const Options options = options_of(
      "\0v\0tsize\0"
      "0\0"s);
  EXPECT_EQ(options.unknown_count, 1);
  EXPECT_EQ(options.tsize, 0U);
}

TEST(TftpRequest, FileNameIsHandedOverAsItCame) {
  EXPECT_EQ(request("\0\1\\Boot\\x86//\xFF\0octet\0"s)->filename, "\\Boot\\x86//\xFF");
  EXPECT_EQ(request("\0\1../../etc/passwd\0octet\0"s)->filename, "../../etc/passwd");
}

TEST(TftpRequest, EveryRejectReasonHasAnInput) {
  struct Case {
    RejectReason expected;
    std::string wire;
  };
  const Case cases[] = {
      {RejectReason::kTooShort, ""s},
      {RejectReason::kTooShort, "\0"s},
      {RejectReason::kUnknownOpcode, "\0\0f\0octet\0"s},
      {RejectReason::kUnknownOpcode, "\0\7f\0octet\0"s},
      {RejectReason::kUnknownOpcode, "\1\1f\0octet\0"s},
      {RejectReason::kUnexpectedOpcode, "\0\4\0\1"s},
      {RejectReason::kFilenameUnterminated, "\0\1"s},
      {RejectReason::kFilenameUnterminated, "\0\1name"s},
      {RejectReason::kFilenameEmpty, "\0\1\0octet\0"s},
      {RejectReason::kModeUnterminated, "\0\1f\0"s},
      {RejectReason::kModeUnterminated, "\0\1f\0octet"s},
      {RejectReason::kModeUnknown, "\0\1f\0\0"s},
      {RejectReason::kModeUnknown, "\0\1f\0octets\0"s},
      {RejectReason::kModeUnknown, "\0\1f\0octe\0"s},
      {RejectReason::kOptionUnterminated, "\0\1f\0octet\0blksize"s},
      {RejectReason::kOptionUnterminated, "\0\1f\0octet\0blksize\0"s},
      {RejectReason::kOptionUnterminated,
       "\0\1f\0octet\0blksize\0"
       "512"s},
  };
  for (const Case& c : cases) EXPECT_EQ(reason_of(c.wire), c.expected) << text(c.expected);
}

TEST(TftpRequest, OptionCountIsBounded) {
  const auto with_options = [](std::size_t count) {
    std::string wire = "\0\1f\0octet\0"s;
    for (std::size_t i = 0; i < count; ++i) wire += "x\0y\0"s;
    return wire;
  };
  const auto most = request(with_options(kOptionsMax));
  ASSERT_TRUE(most);
  EXPECT_EQ(most->options.unknown_count, kOptionsMax);
  EXPECT_EQ(reason_of(with_options(kOptionsMax + 1)), RejectReason::kTooManyOptions);
}

TEST(TftpRequest, LengthIsBounded) {
  const auto of_size = [](std::size_t size) { return "\0\1"s + std::string(size - 9, 'f') + "\0octet\0"s; };
  ASSERT_EQ(of_size(100).size(), 100U);
  EXPECT_TRUE(request(of_size(kRequestBytesMax)));
  EXPECT_EQ(reason_of(of_size(kRequestBytesMax + 1)), RejectReason::kRequestTooLong);
}

TEST(TftpRequest, EveryPrefixIsRejectedOrAWholeRequest) {
  const auto whole = bytes_of(
      "\0\1boot/f\0octet\0tsize\0"
      "0\0blksize\0"
      "1468\0multicast\0\0"s);
  const std::set<std::size_t> whole_requests{15, 23, 36};  // behind the mode and behind each pair
  test::for_every_prefix(whole, [&](std::span<const std::byte> prefix) {
    EXPECT_EQ(parse_request(prefix).has_value(), whole_requests.contains(prefix.size())) << prefix.size();
    EXPECT_EQ(std::holds_alternative<Rejected>(parse(prefix)), !whole_requests.contains(prefix.size()));
  });
  EXPECT_TRUE(parse_request(whole));
}

TEST(TftpData, CarriesItsBlockAndPayload) {
  const auto wire = bytes_of("\0\3\x12\x34hello"s);
  const auto parsed = parse_data(wire);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->block, BlockNumber(0x1234));
  EXPECT_EQ(text_of(parsed->payload), "hello");
  EXPECT_EQ(parsed->payload.data(), wire.data() + kDataHeaderBytes);  // borrowed, not copied
}

TEST(TftpData, EmptyFinalBlockIsData) {
  const auto parsed = parse_data(bytes_of("\0\3\0\1"s));
  ASSERT_TRUE(parsed);
  EXPECT_TRUE(parsed->payload.empty());
}

TEST(TftpData, LargestBlockIsTheRfcs) {
  EXPECT_TRUE(parse_data(bytes_of("\0\3\0\1"s + std::string(kBlockSizeMax, 'x'))));
  const auto parsed = parse_data(bytes_of("\0\3\0\1"s + std::string(kBlockSizeMax + 1U, 'x')));
  ASSERT_FALSE(parsed);
  EXPECT_EQ(parsed.error(), RejectReason::kDataTooLong);
}

TEST(TftpAck, CarriesItsBlockAndIgnoresPadding) {
  EXPECT_EQ(parse_ack(bytes_of("\0\4\xFF\xFE"s))->block, BlockNumber(0xFFFE));
  EXPECT_EQ(parse_ack(bytes_of("\0\4\0\1"s + std::string(14, '\0')))->block, BlockNumber(1));
}

TEST(TftpError, CarriesCodeAndText) {
  const auto wire = bytes_of("\0\5\0\x08User aborted the transfer\0"s);
  const auto parsed = parse_error(wire);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->code, ErrorCode::kOptionRefused);
  EXPECT_EQ(parsed->text, "User aborted the transfer");
}

TEST(TftpError, IsHeardHoweverBadlyItIsWritten) {
  const auto no_text = parse_error(bytes_of("\0\5\0\0"s));
  ASSERT_TRUE(no_text);
  EXPECT_EQ(no_text->text, "");
  const auto wire = bytes_of("\0\5\xAB\xCDgone"s);
  const auto unterminated = parse_error(wire);
  ASSERT_TRUE(unterminated);
  EXPECT_EQ(unterminated->code, ErrorCode{0xABCD});
  EXPECT_EQ(unterminated->text, "gone");
  const auto trailing = bytes_of("\0\5\0\1a\0b\0"s);
  EXPECT_EQ(parse_error(trailing)->text, "a");
}

TEST(TftpOack, CarriesOptions) {
  const auto wire = bytes_of(
      "\0\6tsize\0"
      "123456\0blksize\0"
      "1408\0multicast\0"
      "239.255.0.1,1758,1\0"s);
  const auto parsed = parse_oack(wire);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->options, (Options{.blksize = 1408, .tsize = 123'456, .multicast = "239.255.0.1,1758,1"}));
}

TEST(TftpOack, TellsWhetherAnyNameIsNotLowerCase) {
  EXPECT_FALSE(parse_oack(bytes_of("\0\6tsize\0"
                                   "1\0"s))
                   ->options.uppercase_names);
  EXPECT_TRUE(parse_oack(bytes_of("\0\6tsize\0"
                                  "1\0blkSize\0"
                                  "8\0"s))
                  ->options.uppercase_names);
}

TEST(TftpOack, PaddingIsRejectedAsRealClientsDo) {
  const auto parsed =
      parse_oack(bytes_of("\0\6tsize\0"
                          "1\0\0\0"s));
  ASSERT_FALSE(parsed);
  EXPECT_EQ(parsed.error(), RejectReason::kOptionNameEmpty);
}

TEST(TftpPacket, EachKindIsRejectedByTheOtherParsers) {
  const std::string wires[] = {"\0\1f\0octet\0"s, "\0\3\0\1x"s, "\0\4\0\1"s, "\0\5\0\1x\0"s,
                               "\0\6tsize\0"
                               "1\0"s};
  for (std::size_t kind = 0; kind < std::size(wires); ++kind) {
    const auto wire = bytes_of(wires[kind]);
    const auto verdict = [](const auto& parsed) { return parsed ? RejectReason::kCount_ : parsed.error(); };
    const RejectReason verdicts[] = {verdict(parse_request(wire)), verdict(parse_data(wire)), verdict(parse_ack(wire)),
                                     verdict(parse_error(wire)), verdict(parse_oack(wire))};
    for (std::size_t parser = 0; parser < std::size(verdicts); ++parser)
      EXPECT_EQ(verdicts[parser], parser == kind ? RejectReason::kCount_ : RejectReason::kUnexpectedOpcode);
    EXPECT_EQ(parse(wire).index(), kind);
  }
}

TEST(TftpPacket, EveryPrefixOfFixedPacketsIsTooShort) {
  for (const std::string& whole : {"\0\3\0\1"s, "\0\4\0\1"s, "\0\5\0\1"s}) {
    test::for_every_prefix(bytes_of(whole), [](std::span<const std::byte> prefix) {
      const Packet packet = parse(prefix);
      ASSERT_TRUE(std::holds_alternative<Rejected>(packet));
      EXPECT_EQ(std::get<Rejected>(packet).reason, RejectReason::kTooShort);
    });
    EXPECT_FALSE(std::holds_alternative<Rejected>(parse(bytes_of(whole))));
  }
}

TEST(TftpPacket, EveryOpcodeHasADefinedAnswer) {
  for (std::uint32_t opcode = 0; opcode <= 0xFFFF; ++opcode) {
    const std::array wire{std::byte(opcode >> 8U), std::byte(opcode & 0xFFU), std::byte{0}, std::byte{1}};
    const Packet packet = parse(wire);
    if (opcode >= 1 && opcode <= 6) continue;
    ASSERT_TRUE(std::holds_alternative<Rejected>(packet));
    ASSERT_EQ(std::get<Rejected>(packet).reason, RejectReason::kUnknownOpcode);
  }
}

TEST(TftpPacket, EveryReasonHasItsOwnText) {
  std::set<std::string_view> texts;
  for (int i = 0; i < static_cast<int>(RejectReason::kCount_); ++i) texts.insert(text(RejectReason(i)));
  EXPECT_EQ(texts.size(), static_cast<std::size_t>(RejectReason::kCount_));
  EXPECT_FALSE(texts.contains(text(RejectReason::kCount_)));
}

}  // namespace
}  // namespace rackcast::tftp
