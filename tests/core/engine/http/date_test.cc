#include "core/engine/http/date.h"

#include <gtest/gtest.h>

#include <string>

namespace rackcast::engine {
namespace {

constexpr UnixSeconds kNow = 1'795'500'000;    // 2026-11-24
constexpr UnixSeconds kExample = 784'111'777;  // RFC 9110's own: 1994-11-06 08:49:37

struct DateCase {
  std::string text;
  std::optional<UnixSeconds> expected;
};

TEST(HttpDate, ReadsTheThreeFormatsAndNothingElse) {
  const DateCase cases[] = {
      {"Sun, 06 Nov 1994 08:49:37 GMT", kExample},
      {"Sunday, 06-Nov-94 08:49:37 GMT", kExample},
      {"Sun Nov  6 08:49:37 1994", kExample},
      {"Sun Nov 16 08:49:37 1994", kExample + 10 * 86'400},
      {"Thu, 01 Jan 1970 00:00:00 GMT", 0},
      {"Thu, 29 Feb 2024 00:00:00 GMT", 1'709'164'800},
      {"Wed, 29 Feb 2023 00:00:00 GMT", std::nullopt},
      {"Sun, 06 Nov 1994 08:49:37 UTC", std::nullopt},
      {"Sun, 06 Nov 1994 08:49:37", std::nullopt},
      {"Sun, 06 Nov 1994 08:49:37 GMT ", std::nullopt},
      {"Sun, 6 Nov 1994 08:49:37 GMT", std::nullopt},
      {"Sun, 06 nov 1994 08:49:37 GMT", std::nullopt},
      {"Sun, 06 Nov 1994 24:00:00 GMT", std::nullopt},
      {"Sun, 06 Nov 1994 08:60:00 GMT", std::nullopt},
      {"Sun, 06 Nov 1969 08:49:37 GMT", std::nullopt},
      {"Sun, 00 Nov 1994 08:49:37 GMT", std::nullopt},
      {"Sun, -1 Nov 1994 08:49:37 GMT", std::nullopt},
      {"", std::nullopt},
      {"0", std::nullopt},
  };
  for (const DateCase& c : cases) EXPECT_EQ(parse_http_date(c.text, kNow), c.expected) << c.text;
}

TEST(HttpDate, TwoDigitYearMoreThanFiftyYearsAheadIsInThePast) {
  EXPECT_EQ(to_civil(*parse_http_date("Sunday, 06-Nov-76 08:49:37 GMT", kNow)).year, 2076);
  EXPECT_EQ(to_civil(*parse_http_date("Sunday, 06-Nov-77 08:49:37 GMT", kNow)).year, 1977);
}

TEST(HttpDate, LeapSecondCountsAsTheNextSecond) {
  EXPECT_EQ(parse_http_date("Sat, 31 Dec 2016 23:59:60 GMT", kNow), 1'483'228'800);
}

TEST(HttpDate, WritesWhatItReads) {
  EXPECT_EQ(format_http_date(kExample).view(), "Sun, 06 Nov 1994 08:49:37 GMT");
  for (UnixSeconds t = 0; t < 4'000'000'000; t += 86'400 * 37 + 3'607)
    EXPECT_EQ(parse_http_date(format_http_date(t), kNow), t);
}

TEST(HttpDate, WritesIndexDates) {
  EXPECT_EQ(format_index_date(kExample).view(), "06-Nov-1994 08:49");
}

TEST(HttpDate, TimesOutsideTheFormatsAreClamped) {
  EXPECT_EQ(to_civil(-5).year, 1970);
  EXPECT_EQ(to_civil(std::numeric_limits<UnixSeconds>::max()).year, 9999);
}

TEST(HttpDate, EveryPrefixOfADateIsRefused) {
  for (const std::string whole :
       {"Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"})
    for (std::size_t size = 0; size < whole.size(); ++size)
      EXPECT_FALSE(parse_http_date(whole.substr(0, size), kNow)) << whole.substr(0, size);
}

}  // namespace
}  // namespace rackcast::engine
