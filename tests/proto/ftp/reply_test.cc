#include "proto/ftp/reply.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "tests/proto/ftp/written.h"

namespace rackcast::ftp {
namespace {

using namespace std::string_literals;

std::string reply(ReplyCode code, const std::string& text) {
  return written([&](auto& out) { put_reply(out, code, text); });
}

std::string pathname(const std::string& path) {
  return written([&](auto& out) { put_pathname_reply(out, path); });
}

TEST(FtpReply, OneLineIsCodeAndText) {
  EXPECT_EQ(reply(ReplyCode::kReady, "ready"), "220 ready\r\n");
  EXPECT_EQ(reply(ReplyCode::kOkay, ""), "200 \r\n");
  EXPECT_EQ(reply(ReplyCode{123}, "x"), "123 x\r\n");
}

TEST(FtpReply, SeveralLinesBeginWithASpaceInBetween) {
  EXPECT_EQ(written([](auto& out) {
              put_reply_begin(out, ReplyCode::kSystemStatus, "Features:");
              put_reply_line(out, "EPSV");
              put_reply_line(out, "211 not the end");
              put_reply(out, ReplyCode::kSystemStatus, "End");
            }),
            "211-Features:\r\n EPSV\r\n 211 not the end\r\n211 End\r\n");
}

TEST(FtpReply, NoTextCanBreakAReply) {
  EXPECT_EQ(reply(ReplyCode::kFileUnavailable, "a\r\n226 b\0c"s), "550 a??226 b?c\r\n");
  EXPECT_EQ(reply(ReplyCode::kFileUnavailable, "\r"), "550 ?\r\n");
  EXPECT_EQ(pathname("/a\nb"), "257 \"/a?b\" is the current directory\r\n");
}

TEST(FtpReply, Byte255IsDoubled) {
  EXPECT_EQ(reply(ReplyCode::kOkay, "\xFF"), "200 \xFF\xFF\r\n");
  EXPECT_EQ(reply(ReplyCode::kOkay, "a\xFF\xFF"s + "b"), "200 a\xFF\xFF\xFF\xFF"s + "b\r\n");
  EXPECT_EQ(pathname("/\xFF"), "257 \"/\xFF\xFF\" is the current directory\r\n");
}

TEST(FtpReply, BoundHoldsForTheWorstText) {
  const std::string worst(100, '\xFF');
  EXPECT_EQ(reply(ReplyCode::kOkay, worst).size(), reply_bytes_max(worst.size()));
}

TEST(FtpReply, CodeOutOfRangeFailsTheWriter) {
  for (const int code : {0, 99, 600, 1'000}) EXPECT_EQ(reply(ReplyCode(code), "x"), "(failed)");
}

TEST(FtpReply, PassiveRepliesAreWhatScannersExpect) {
  EXPECT_EQ(
      written([](auto& out) { put_passive_reply(out, net::Ipv4Address(192, 168, 1, 254), net::UdpPort(50'999)); }),
      "227 Entering Passive Mode (192,168,1,254,199,55).\r\n");
  EXPECT_EQ(written([](auto& out) { put_extended_passive_reply(out, net::UdpPort(50'999)); }),
            "229 Entering Extended Passive Mode (|||50999|)\r\n");
}

TEST(FtpReply, QuotesOfAPathAreDoubled) {
  EXPECT_EQ(pathname("/"), "257 \"/\" is the current directory\r\n");
  EXPECT_EQ(pathname("/a\"b\"\"c"), "257 \"/a\"\"b\"\"\"\"c\" is the current directory\r\n");
  EXPECT_EQ(pathname("\""), "257 \"\"\"\" is the current directory\r\n");
  EXPECT_EQ(pathname(""), "257 \"\" is the current directory\r\n");
}

TEST(FtpReply, EveryRoomBelowTheNeedFailsTheWriter) {
  expect_fails_in_every_smaller_room([](auto& out) { put_reply(out, ReplyCode::kOkay, "a\xFF\n"s + "b"); });
  expect_fails_in_every_smaller_room([](auto& out) { put_reply_begin(out, ReplyCode::kHelp, "a"); });
  expect_fails_in_every_smaller_room([](auto& out) { put_reply_line(out, "line"); });
  expect_fails_in_every_smaller_room([](auto& out) { put_pathname_reply(out, "/a\"b"); });
  expect_fails_in_every_smaller_room(
      [](auto& out) { put_passive_reply(out, net::Ipv4Address(10, 0, 0, 1), net::UdpPort(1)); });
  expect_fails_in_every_smaller_room([](auto& out) { put_extended_passive_reply(out, net::UdpPort(1)); });
}

TEST(FtpReplyLine, FirstMiddleAndLastAreToldApart) {
  const auto first = parse_reply_line("211-Features:");
  ASSERT_TRUE(first);
  EXPECT_EQ(first->code, 211);
  EXPECT_FALSE(first->last);
  EXPECT_EQ(first->text, "Features:");
  const auto last = parse_reply_line("211 End");
  ASSERT_TRUE(last);
  EXPECT_TRUE(last->last);
  EXPECT_EQ(last->text, "End");
  EXPECT_TRUE(parse_reply_line("200")->last);
  for (const char* line : {"", "2", "21", " 211 x", "099 x", "600 x", "2x1 x", "2110 x", "211\tx"})
    EXPECT_FALSE(parse_reply_line(line)) << line;
}

TEST(FtpPassiveText, SixNumbersAreFoundWhereverTheyStand) {
  const net::Endpoint expected{.address = net::Ipv4Address(10, 98, 7, 1), .port = net::UdpPort(50'000)};
  for (const char* text : {"Entering Passive Mode (10,98,7,1,195,80).", "Entering Passive Mode 10,98,7,1,195,80",
                           "=10,98,7,1,195,80", "Mode 2: (10,98,7,1,195,80)"})
    EXPECT_EQ(parse_passive_text(text), expected) << text;
  for (const char* text : {"", "(10,98,7,1,195)", "(10,98,7,1,195,80,1)", "(300,98,7,1,195,80)", "(10.98.7.1,195,80)"})
    EXPECT_FALSE(parse_passive_text(text)) << text;
}

TEST(FtpPassiveText, ExtendedPortIsFoundBetweenItsDelimiters) {
  EXPECT_EQ(parse_extended_passive_text("Entering Extended Passive Mode (|||6446|)"), net::UdpPort(6'446));
  EXPECT_EQ(parse_extended_passive_text("x (!!!1!)."), net::UdpPort(1));
  for (const char* text :
       {"", "|||6446|", "(|||0|)", "(|||65536|)", "(||6446|)", "(|||6446)", "(||||)", "()", "(|!|6446|)"})
    EXPECT_FALSE(parse_extended_passive_text(text)) << text;
}

TEST(FtpReplyRoundTrip, PassivePortsReadBackAsWritten) {
  for (std::uint32_t number = 1; number <= 65'535; number += 7) {
    const net::Endpoint endpoint{.address = net::Ipv4Address(10, 98, 7, 1),
                                 .port = net::UdpPort(static_cast<std::uint16_t>(number))};
    const std::string passive =
        written([&](auto& out) { put_passive_reply(out, endpoint.address.v4(), endpoint.port); });
    ASSERT_EQ(parse_passive_text(parse_reply_line(passive)->text), endpoint);
    const std::string extended = written([&](auto& out) { put_extended_passive_reply(out, endpoint.port); });
    ASSERT_EQ(parse_extended_passive_text(parse_reply_line(extended)->text), endpoint.port);
  }
}

}  // namespace
}  // namespace rackcast::ftp
