#include "proto/bytes/ascii.h"

#include <gtest/gtest.h>

#include <string>

namespace rackcast::bytes {
namespace {

TEST(Ascii, OnlyTheTwentySixCapitalsHaveALowerCase) {
  for (int byte = 0; byte < 256; ++byte) {
    const char c = static_cast<char>(byte);
    const bool upper = byte >= 'A' && byte <= 'Z';
    EXPECT_EQ(is_upper(c), upper) << byte;
    EXPECT_EQ(to_lower(c), upper ? static_cast<char>(byte + 32) : c) << byte;
  }
}

TEST(Ascii, EqualInAnyCase) {
  EXPECT_TRUE(equal_any_case("", ""));
  EXPECT_TRUE(equal_any_case("bLkSiZe", "BlKsIzE"));
  EXPECT_TRUE(equal_any_case("\xC3\x84z", "\xC3\x84Z"));
  EXPECT_FALSE(equal_any_case("\xC3\x84", "\xC3\xA4"));  // A and a with dots: not ASCII's business
  EXPECT_FALSE(equal_any_case("a", "ab"));
  EXPECT_FALSE(equal_any_case("ab", "a"));
  EXPECT_FALSE(equal_any_case("@[", "`{"));  // 32 apart, and no letters
}

}  // namespace
}  // namespace rackcast::bytes
