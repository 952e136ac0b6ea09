// Which operator takes what: dhcpd's ranks. Read off the way expressions are written out again, in parentheses.
#include <gtest/gtest.h>

#include "tests/core/policy/fixture.h"

namespace rackcast::testing {
namespace {

class OperatorsTest : public PolicyTest {
 protected:
  std::string written(std::string_view text) {
    problems.clear();
    const Expression expression = parse_condition(text, context, problems);
    EXPECT_EQ(problems_text(), "") << text;
    return expression.text(catalog);
  }
  // Of a number, compared so that it is a condition.
  std::string number(std::string_view text) {
    return written("extract-int (hardware, 8) = (" + std::string(text) + ")");
  }
  bool refused(std::string_view text) {
    problems.clear();
    return parse_condition(text, context, problems).empty() && !problems.empty();
  }
};

TEST_F(OperatorsTest, ComparisonsBindTighterThanAndOr) {
  EXPECT_EQ(written("option user-class = \"a\" and option host-name = \"b\""),
            "(option user-class = \"a\") and (option host-name = \"b\")");
}

TEST_F(OperatorsTest, WhatFollowsAComparisonOnTheRightBelongsToIt) {
  EXPECT_EQ(written("hardware = \"a\" and hardware = \"b\" or hardware = \"c\""),
            "(hardware = \"a\") and ((hardware = \"b\") or (hardware = \"c\"))");
  // Where nothing of a higher rank follows, from the left.
  EXPECT_EQ(written("known and static or known"), "(known and static) or known");
  EXPECT_EQ(written("known or static and hardware = \"a\""), "(known or static) and (hardware = \"a\")");
}

TEST_F(OperatorsTest, ChainsAreFlat) {
  EXPECT_EQ(written("known or (static or known)"), "known or static or known");
  std::string chain = "hardware = \"a\"";
  for (int i = 0; i < 300; ++i) chain += " or hardware = \"b\"";
  problems.clear();
  EXPECT_FALSE(parse_condition(chain, context, problems).empty());
  EXPECT_EQ(problems_text(), "");
}

TEST_F(OperatorsTest, Arithmetic) {
  EXPECT_TRUE(number("1 + 2 - 3").ends_with("= ((1 + 2) - 3)"));
  // + ranks above *, as dhcpd has it.
  EXPECT_TRUE(number("2 * 3 + 4").ends_with("= (2 * (3 + 4))"));
  EXPECT_TRUE(number("2 + 3 * 4").ends_with("= ((2 + 3) * 4)"));
  EXPECT_TRUE(number("2 + 3 & 4").ends_with("= (2 + (3 & 4))"));
  EXPECT_TRUE(holds("extract-int (hardware, 8) = (7 - 2 * 3)") == false);
  EXPECT_TRUE(holds("extract-int (0f, 8) = (3 | 12)"));
  EXPECT_TRUE(holds("extract-int (09, 8) = (3 ^ 10)"));
  EXPECT_TRUE(holds("extract-int (02, 8) = (17 % 5)"));
  EXPECT_TRUE(holds("extract-int (03, 8) = (17 / 5)"));
}

TEST_F(OperatorsTest, NotTakesWhatIsRightBehindIt) {
  EXPECT_EQ(written("not known and static"), "not (known) and static");
  EXPECT_EQ(written("not exists host-name"), "not (exists host-name)");
  EXPECT_EQ(written("not not known"), "not (not (known))");
  EXPECT_TRUE(refused("not option host-name = \"a\""));
}

TEST_F(OperatorsTest, TypesThatDoNotGoTogether) {
  for (const std::string_view text :
       {"hardware = known", "known = known", "extract-int (hardware, 8) = \"a\"", "hardware and known", "hardware + 1",
        "known + 1", "hardware ~= hardware", "known ~= \"a\"", "hardware", "substring (known, 0, 1) = \"a\"",
        "concat (\"a\") = \"b\""})
    EXPECT_TRUE(refused(text)) << text;
}

TEST_F(OperatorsTest, IsBounded) {
  EXPECT_TRUE(refused(std::string(40, '(') + "known" + std::string(40, ')')));
  std::string deep = "known";
  for (int i = 0; i < 40; ++i) deep = "not (" + deep + ")";
  EXPECT_TRUE(refused(deep));
  std::string sum = "1";
  for (int i = 0; i < 40; ++i) sum += " + 1";
  EXPECT_TRUE(refused("extract-int (hardware, 8) = (" + sum + ")"));
  std::string alternating = "known";
  for (int i = 0; i < 40; ++i) alternating += i % 2 == 0 ? " and hardware = \"a\"" : " or hardware = \"a\"";
  EXPECT_TRUE(refused(alternating));
  std::string endless = "known";
  for (int i = 0; i < 2'000; ++i) endless += " or known";
  EXPECT_TRUE(refused(endless));
}

}  // namespace
}  // namespace rackcast::testing
