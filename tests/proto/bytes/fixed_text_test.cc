#include "proto/bytes/fixed_text.h"

#include <gtest/gtest.h>

#include <string>

namespace rackcast {
namespace {

using Text = FixedText<8>;

TEST(FixedText, HoldsTextUpToItsBound) {
  const Text exact("12345678");
  EXPECT_EQ(exact.view(), "12345678");
  EXPECT_FALSE(exact.cut());
  EXPECT_EQ(exact.size(), Text::capacity());
}

TEST(FixedText, CutsLongerTextAndSaysSo) {
  const Text longer(std::string_view("123456789"));
  EXPECT_EQ(longer.view(), "12345678");
  EXPECT_TRUE(longer.cut());
}

TEST(FixedText, AssignForgetsAnEarlierCut) {
  Text text("123456789");
  text.assign("ab");
  EXPECT_EQ(text.view(), "ab");
  EXPECT_FALSE(text.cut());
}

TEST(FixedText, AppendKeepsWhatFitsAndRemembersTheCut) {
  Text text("12345");
  EXPECT_TRUE(text.append("678"));
  EXPECT_FALSE(text.append("9"));
  EXPECT_EQ(text.view(), "12345678");
  EXPECT_TRUE(text.cut());
  EXPECT_FALSE(text.append("")) << "a text once cut stays marked";
  text.clear();
  EXPECT_TRUE(text.empty());
  EXPECT_FALSE(text.cut());
}

TEST(FixedText, KeepsRawBytesNulIncluded) {
  const Text text(std::string_view("a\0b", 3));
  EXPECT_EQ(text.size(), 3U);
  EXPECT_EQ(text.view(), std::string_view("a\0b", 3));
}

TEST(FixedText, ComparesByContentNotByRemains) {
  Text reused("12345678");
  reused.assign("ab");
  EXPECT_TRUE(reused == Text("ab"));
  EXPECT_TRUE(reused == std::string_view("ab"));
  EXPECT_FALSE(reused == Text("abc"));
}

TEST(FixedText, WorksAtCompileTime) {
  static_assert([] {
    Text text("ab");
    return text.append("cd") && text.view() == "abcd";
  }());
}

}  // namespace
}  // namespace rackcast
