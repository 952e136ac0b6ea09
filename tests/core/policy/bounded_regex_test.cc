#include "core/policy/bounded_regex.h"

#include <gtest/gtest.h>
#include <regex.h>

#include <random>
#include <string>

namespace rackcast {
namespace {

bool matches(std::string_view pattern, std::string_view text,
             BoundedRegex::Case letters = BoundedRegex::Case::kMatters) {
  const auto regex = BoundedRegex::compile(pattern, letters);
  EXPECT_TRUE(regex) << pattern << ": " << (regex ? "" : regex.error().message);
  return regex && (*regex)->matches(std::as_bytes(std::span(text)));
}
bool refused(std::string_view pattern) {
  return !BoundedRegex::compile(pattern, BoundedRegex::Case::kMatters);
}

TEST(BoundedRegex, Matches) {
  EXPECT_TRUE(matches("PXE", "aPXEb"));
  EXPECT_FALSE(matches("^PXE", "aPXEb"));
  EXPECT_TRUE(matches("^PXEClient:Arch:0000[79]", "PXEClient:Arch:00009:UNDI"));
  EXPECT_FALSE(matches("^PXEClient:Arch:0000[79]", "PXEClient:Arch:00000:UNDI"));
  EXPECT_TRUE(matches("^(a|bc)+$", "abcbca"));
  EXPECT_FALSE(matches("^(a|bc)+$", "abcb"));
  EXPECT_TRUE(matches("^a{2,3}$", "aaa"));
  EXPECT_FALSE(matches("^a{2,3}$", "aaaa"));
  EXPECT_TRUE(matches("^a{2,}$", "aaaaa"));
  EXPECT_TRUE(matches("^[^a-c]*$", "xyz"));
  EXPECT_FALSE(matches("^[^a-c]*$", "xaz"));
  EXPECT_TRUE(matches("^[]x-]+$", "]-x"));
  EXPECT_TRUE(matches("^[[:digit:]]+\\.[[:alpha:]]?$", "12.x"));
  EXPECT_TRUE(matches("", ""));
  EXPECT_TRUE(matches("^$", ""));
  EXPECT_FALSE(matches("^$", "a"));
  EXPECT_TRUE(matches("a{x", "a{x"));
  EXPECT_TRUE(matches("iPXE", "IPXE", BoundedRegex::Case::kIgnored));
  EXPECT_TRUE(matches("[a-z]+9", "ABC9", BoundedRegex::Case::kIgnored));
  EXPECT_FALSE(matches("iPXE", "IPXE"));
}

TEST(BoundedRegex, Refuses) {
  for (const std::string_view pattern :
       {"(", ")", "a)", "[a", "[z-a]", "*a", "a{3,2}", "a{999}", "\\", "(a)\\1", "\\<a", "[[:nothing:]]"})
    EXPECT_TRUE(refused(pattern)) << pattern;
}

TEST(BoundedRegex, IsBounded) {
  EXPECT_TRUE(refused(std::string(600, 'a')));
  EXPECT_TRUE(refused("(((a{255}){255}){255}){255}"));
  EXPECT_TRUE(refused("((((){255}){255}){255}){255}"));
  EXPECT_TRUE(refused(std::string(100, '(') + std::string(100, ')')));
  // Exponential for a matcher that tries one way after the other.
  EXPECT_FALSE(matches("^(a*)*(a*)*(a*)*b$", std::string(1'000, 'a')));
}

// The C library's matcher is the judge.
TEST(BoundedRegex, AgreesWithTheLibrary) {
  std::mt19937 random(7);
  const std::string_view pieces[] = {"a", "b", ".", "[ab]", "[^a]", "(", ")", "|", "*", "+", "?", "^", "$", "{2}", "c"};
  std::size_t compared = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string pattern;
    for (std::size_t i = random() % 8; i-- > 0;) pattern += pieces[random() % std::size(pieces)];
    const auto regex = BoundedRegex::compile(pattern, BoundedRegex::Case::kMatters);
    if (!regex) continue;
    regex_t judge;
    if (::regcomp(&judge, pattern.c_str(), REG_EXTENDED | REG_NOSUB) != 0) continue;
    for (int texts = 0; texts < 4; ++texts) {
      std::string text;
      for (std::size_t i = random() % 6; i-- > 0;) text += static_cast<char>('a' + random() % 3);
      const bool expected = ::regexec(&judge, text.c_str(), 0, nullptr, 0) == 0;
      EXPECT_EQ((*regex)->matches(std::as_bytes(std::span(text))), expected) << pattern << " on " << text;
      ++compared;
    }
    ::regfree(&judge);
  }
  EXPECT_GT(compared, 10'000U);
}

}  // namespace
}  // namespace rackcast
