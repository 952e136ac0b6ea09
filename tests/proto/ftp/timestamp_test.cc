#include "proto/ftp/timestamp.h"

#include <gtest/gtest.h>

#include <limits>
#include <random>
#include <string>

#include "tests/proto/ftp/written.h"

namespace rackcast::ftp {
namespace {

std::string timestamp(std::int64_t seconds) {
  return written([&](auto& out) { put_timestamp(out, UnixSeconds(seconds)); });
}

std::string list_time(std::int64_t seconds, std::int64_t now) {
  return written([&](auto& out) { put_list_time(out, UnixSeconds(seconds), UnixSeconds(now)); });
}

// Seconds by `date -u -d`, not by the code under test.
TEST(FtpTimestamp, KnownInstantsArePrinted) {
  struct Case {
    std::int64_t seconds;
    const char* text;
  };
  for (const Case& c : {Case{0, "19700101000000"}, Case{-1, "19691231235959"}, Case{951'827'696, "20000229123456"},
                        Case{1'709'251'199, "20240229235959"}, Case{1'709'251'200, "20240301000000"},
                        Case{2'147'483'648, "20380119031408"}, Case{4'107'542'400, "21000301000000"},
                        Case{-62'135'596'800, "00010101000000"}, Case{253'402'300'799, "99991231235959"}}) {
    EXPECT_EQ(timestamp(c.seconds), c.text);
    EXPECT_EQ(parse_timestamp(c.text), UnixSeconds(c.seconds));
  }
}

TEST(FtpTimestamp, WhatLiesOutsideTheCalendarIsPrintedAsItsEdge) {
  EXPECT_EQ(timestamp(std::numeric_limits<std::int64_t>::min()), "00010101000000");
  EXPECT_EQ(timestamp(std::numeric_limits<std::int64_t>::max()), "99991231235959");
}

TEST(FtpTimestamp, EverySecondReadsBackAsPrinted) {
  constexpr std::uint64_t kSeed = 3659;
  std::mt19937_64 random(kSeed);
  std::uniform_int_distribution<std::int64_t> seconds(kUnixSecondsMin.value(), kUnixSecondsMax.value());
  for (int round = 0; round < 50'000; ++round) {
    const std::int64_t when = seconds(random);
    ASSERT_EQ(parse_timestamp(timestamp(when)), UnixSeconds(when)) << "seed " << kSeed << " round " << round;
  }
}

TEST(FtpTimestamp, FractionIsDroppedAndALeapSecondIsTheOneBefore) {
  EXPECT_EQ(parse_timestamp("20000229123456.789"), UnixSeconds(951'827'696));
  EXPECT_EQ(parse_timestamp("20161231235960"), parse_timestamp("20161231235959"));
}

TEST(FtpTimestamp, ImpossibleDatesAreRefused) {
  for (const char* text :
       {"", "2026", "2026112405042", "20261324050423", "20260024050423", "20260230050423", "20260229050423",
        "20261100050423", "20261124240000", "20261124056000", "20261124050461", "00001124050423", "2026112405042x",
        "-0261124050423", "20261124050423.", "20261124050423.x", "20261124050423 ", "202611240504231"})
    EXPECT_FALSE(parse_timestamp(text)) << text;
}

TEST(FtpListTime, RecentFilesShowTheTimeAndOthersTheYear) {
  constexpr std::int64_t kNow = 1'795'496'663;  // 2026-11-24 05:04:23
  constexpr std::int64_t kDays182 = 182 * 86'400;
  EXPECT_EQ(list_time(kNow, kNow), "Nov 24 05:04");
  EXPECT_EQ(list_time(kNow - kDays182, kNow), "May 26 05:04");
  EXPECT_EQ(list_time(kNow - kDays182 - 1, kNow), "May 26  2026");
  EXPECT_EQ(list_time(kNow + 1, kNow), "Nov 24  2026");
  EXPECT_EQ(list_time(0, kNow), "Jan 01  1970");
  EXPECT_EQ(list_time(951'827'696, kNow), "Feb 29  2000");
}

TEST(FtpListTime, IsTwelveBytesForEveryPairOfTimes) {
  constexpr std::int64_t kEdges[] = {std::numeric_limits<std::int64_t>::min(), -1, 0, 1'795'496'663,
                                     std::numeric_limits<std::int64_t>::max()};
  for (const std::int64_t when : kEdges)
    for (const std::int64_t now : kEdges) EXPECT_EQ(list_time(when, now).size(), 12U) << when << " " << now;
}

}  // namespace
}  // namespace rackcast::ftp
