// The fixed memory of an outcome, and what happens at its bounds.
#include "core/policy/outcome.h"

#include <gtest/gtest.h>

#include "tests/core/policy/fixture.h"

namespace rackcast::testing {
namespace {

using OutcomeTest = PolicyTest;

TEST_F(OutcomeTest, OptionsKeepTheirOrder) {
  outcome->set_option({kDhcpSpace, 3}, bytes_of("a"));
  outcome->set_option({kAgentSpace, 3}, bytes_of("b"));
  outcome->set_option({kDhcpSpace, 6}, bytes_of("c"));
  outcome->set_option({kDhcpSpace, 3}, bytes_of("d"));
  ASSERT_EQ(outcome->options().size(), 3U);
  EXPECT_EQ(text_of(outcome->options()[0].bytes), "d");
  outcome->remove_option({kDhcpSpace, 3});
  outcome->remove_option({kDhcpSpace, 4});
  ASSERT_EQ(outcome->options().size(), 2U);
  EXPECT_EQ(text_of(*outcome->option({kDhcpSpace, 6})), "c");
  EXPECT_EQ(text_of(*outcome->option({kAgentSpace, 3})), "b");
  EXPECT_FALSE(outcome->option({kDhcpSpace, 3}));
  outcome->clear();
  EXPECT_TRUE(outcome->options().empty());
  EXPECT_FALSE(outcome->option({kDhcpSpace, 6}));
}

TEST_F(OutcomeTest, BoundOfOptions) {
  for (std::uint32_t i = 0; i < kOutcomeOptionsMax; ++i) outcome->set_option({kAgentSpace, i + 1}, {});
  EXPECT_FALSE(outcome->overran);
  outcome->set_option({kDhcpSpace, 1}, {});
  EXPECT_TRUE(outcome->overran);
  EXPECT_FALSE(outcome->option({kDhcpSpace, 1}));
  EXPECT_EQ(outcome->options().size(), kOutcomeOptionsMax);
}

TEST_F(OutcomeTest, BoundOfMemory) {
  EXPECT_EQ(outcome->scratch(kOutcomeBytesMax).size(), kOutcomeBytesMax);
  EXPECT_TRUE(outcome->scratch(1).empty());
  EXPECT_TRUE(outcome->overran);
  outcome->clear();
  const std::size_t mark = outcome->mark();
  EXPECT_EQ(outcome->scratch(kOutcomeBytesMax).size(), kOutcomeBytesMax);
  outcome->release(mark);
  EXPECT_EQ(outcome->scratch(1).size(), 1U);
  EXPECT_FALSE(outcome->overran);
}

TEST_F(OutcomeTest, BoundOfAValue) {
  std::string text = "option root-path = concat (option host-name";
  for (int i = 0; i < 200; ++i) text += ", option host-name";
  apply(text + ");");
  EXPECT_EQ(option("root-path"), std::nullopt);
  EXPECT_TRUE(outcome->overran);
}

TEST_F(OutcomeTest, BoundOfSteps) {
  std::string text;
  for (std::size_t i = 0; i < kRuleStepsMax; ++i) text += "option domain-name \"a\";";
  EXPECT_TRUE(apply(text));
  EXPECT_FALSE(outcome->overran);
  EXPECT_FALSE(apply(text + "filename \"late\";"));
  EXPECT_TRUE(outcome->overran);
  EXPECT_EQ(outcome->text(Parameter::kFilename), std::nullopt);
}

// Values of conditions are gone once they are decided: a thousand of them fit the memory of one.
TEST_F(OutcomeTest, ConditionsLeaveNothingBehind) {
  std::string text;
  for (int i = 0; i < 400; ++i) text += "if lcase (option vendor-class-identifier) = \"x\" { filename \"y\"; }\n";
  apply(text);
  EXPECT_FALSE(outcome->overran);
  EXPECT_EQ(outcome->mark(), 0U);
}

TEST_F(OutcomeTest, BoundOfVariables) {
  std::string text;
  for (std::size_t i = 0; i < kOutcomeVariablesMax; ++i) text += "set v" + std::to_string(i) + " = known;";
  good(text);
  EXPECT_EQ(problem_of("set another = known;"), "1:5 another");
  EXPECT_FALSE(outcome->variable(kOutcomeVariablesMax));
  outcome->set_variable(kOutcomeVariablesMax, bytes_of("x"));
  EXPECT_TRUE(outcome->overran);
}

TEST_F(OutcomeTest, Parameters) {
  outcome->set_bytes(Parameter::kNextServer, bytes_of("ab"));
  EXPECT_FALSE(outcome->address(Parameter::kNextServer));
  outcome->set_number(Parameter::kMinSecs, 4);
  EXPECT_EQ(outcome->number(Parameter::kMinSecs), 4U);
  outcome->unset(Parameter::kMinSecs);
  EXPECT_FALSE(outcome->number(Parameter::kMinSecs));
}

TEST(Parameters, ByName) {
  for (const ParameterSpec& spec : kParameters) {
    EXPECT_FALSE(spec.name.empty());
    EXPECT_EQ(find_parameter(spec.name), &spec);
  }
  EXPECT_EQ(find_parameter("FILENAME")->parameter, Parameter::kFilename);
  EXPECT_EQ(find_parameter("nothing"), nullptr);
}

}  // namespace
}  // namespace rackcast::testing
