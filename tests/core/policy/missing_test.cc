// Truth tables with what is missing, as dhcpd reads it. Three values: T, F, and N for missing, told apart by `not`:
// of the three only F becomes true by it.
#include <gtest/gtest.h>

#include "tests/core/policy/fixture.h"

namespace rackcast::testing {
namespace {

class MissingTest : public PolicyTest {
 protected:
  char truth(const std::string& text) {
    if (holds(text)) return 'T';
    return holds("not (" + text + ")") ? 'F' : 'N';
  }
};

constexpr std::string_view kTrue = "exists host-name";
constexpr std::string_view kFalse = "exists domain-name";
constexpr std::string_view kNone = "option domain-name ~= \"x\"";

TEST_F(MissingTest, TheThreeValues) {
  EXPECT_EQ(truth(std::string(kTrue)), 'T');
  EXPECT_EQ(truth(std::string(kFalse)), 'F');
  EXPECT_EQ(truth(std::string(kNone)), 'N');
}

TEST_F(MissingTest, Comparisons) {
  const std::string here = "option host-name";
  const std::string gone = "option domain-name";
  EXPECT_EQ(truth(here + " = \"Lab-PC7\""), 'T');
  EXPECT_EQ(truth(here + " = \"x\""), 'F');
  EXPECT_EQ(truth(gone + " = \"x\""), 'F');
  EXPECT_EQ(truth("\"x\" = " + gone), 'F');
  EXPECT_EQ(truth(gone + " = option root-path"), 'T');
  EXPECT_EQ(truth(here + " != \"x\""), 'T');
  EXPECT_EQ(truth(gone + " != \"x\""), 'T');
  EXPECT_EQ(truth("\"x\" != " + gone), 'T');
  EXPECT_EQ(truth(gone + " != option root-path"), 'F');
  EXPECT_EQ(truth(here + " ~= \"x\""), 'F');
  EXPECT_EQ(truth(gone + " ~= \"x\""), 'N');
  EXPECT_EQ(truth(gone + " ~~ \"x\""), 'N');
  EXPECT_EQ(truth("\"\" ~= \"^$\""), 'N');
}

// `and` whose left side does not hold is missing; its value is the right side's otherwise.
TEST_F(MissingTest, AndOrNot) {
  struct Row {
    std::string_view a;
    std::string_view b;
    char both;
    char either;
  };
  const Row rows[] = {
      {kTrue, kTrue, 'T', 'T'},  {kTrue, kFalse, 'F', 'T'},  {kTrue, kNone, 'N', 'T'},
      {kFalse, kTrue, 'N', 'T'}, {kFalse, kFalse, 'N', 'F'}, {kFalse, kNone, 'N', 'F'},
      {kNone, kTrue, 'N', 'T'},  {kNone, kFalse, 'N', 'F'},  {kNone, kNone, 'N', 'N'},
  };
  for (const Row& row : rows) {
    const std::string a(row.a);
    const std::string b(row.b);
    EXPECT_EQ(truth("(" + a + ") and (" + b + ")"), row.both) << a << " and " << b;
    EXPECT_EQ(truth("(" + a + ") or (" + b + ")"), row.either) << a << " or " << b;
  }
}

TEST_F(MissingTest, LongChains) {
  EXPECT_EQ(truth("known and known and static"), 'F');
  EXPECT_EQ(truth("known and static and known"), 'N');
  EXPECT_EQ(truth("static or static or known"), 'T');
  EXPECT_EQ(truth("static or (static or (known))"), 'T');
}

TEST_F(MissingTest, AMissingConditionTakesTheElse) {
  apply("if option domain-name ~= \"x\" { option root-path \"then\"; } else { option root-path \"else\"; }");
  EXPECT_EQ(option("root-path"), "else");
}

TEST_F(MissingTest, NumbersAndArithmetic) {
  EXPECT_EQ(truth("extract-int (option domain-name, 8) = 0"), 'F');
  EXPECT_EQ(truth("(extract-int (option domain-name, 8) + 1) = 1"), 'F');
  EXPECT_EQ(truth("(lease-time / 0) = 0"), 'F');
  EXPECT_EQ(truth("(lease-time % 0) != 0"), 'T');
}

TEST_F(MissingTest, AMissingValueTakesTheOptionAway) {
  apply("option root-path \"first\"; option root-path = option domain-name;");
  EXPECT_EQ(option("root-path"), std::nullopt);
  apply("filename \"first\"; filename = option domain-name;");
  EXPECT_EQ(outcome->text(Parameter::kFilename), std::nullopt);
}

}  // namespace
}  // namespace rackcast::testing
