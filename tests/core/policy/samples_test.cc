// Cut anywhere, a text gives rules and problems, and no crash; the same rules every time.
#include "tests/core/policy/samples.h"

#include <gtest/gtest.h>

#include "core/policy/rule_text.h"
#include "tests/core/policy/fixture.h"

namespace rackcast::testing {
namespace {

class SamplesTest : public PolicyTest {
 protected:
  void fresh() {
    catalog = OptionCatalog();
    variables.clear();
  }
};

TEST_F(SamplesTest, AreReadWithoutAnError) {
  for (const std::string_view sample : kRuleSamples) {
    fresh();
    EXPECT_FALSE(rules(sample).empty());
    for (const RuleProblem& problem : problems)
      EXPECT_EQ(problem.kind, RuleProblemKind::kWithoutEffect) << problem.line << ' ' << problem.message;
  }
}

TEST_F(SamplesTest, AreWrittenSoThatTheyAreReadAlike) {
  for (const std::string_view sample : kRuleSamples) {
    fresh();
    const Rules first = rules(sample);
    const std::string text = first.text(catalog);
    const std::string definitions = definitions_text(catalog);
    // Definitions, read into a fresh catalog, are the same; and so are the rules.
    fresh();
    EXPECT_TRUE(good(definitions).empty());
    EXPECT_EQ(definitions_text(catalog), definitions);
    const Rules second = good(text);
    EXPECT_TRUE(second == first) << text;
    EXPECT_EQ(second.text(catalog), text);
  }
}

TEST_F(SamplesTest, CutAnywhere) {
  const ClientFacts facts = client.facts();
  for (const std::string_view sample : kRuleSamples) {
    for (std::size_t size = 0; size < sample.size(); ++size) {
      fresh();
      const Rules cut = rules(sample.substr(0, size));
      outcome->clear();
      cut.apply(facts, *outcome);
      EXPECT_LE(problems.size(), 20U);
    }
  }
}

TEST_F(SamplesTest, OneOctetWrong) {
  const ClientFacts facts = client.facts();
  for (const std::string_view sample : kRuleSamples) {
    for (std::size_t at = 0; at < sample.size(); at += 3) {
      std::string text(sample);
      text[at] = "}{;(\"=.\0"[at % 8];
      fresh();
      const Rules cut = rules(text);
      outcome->clear();
      cut.apply(facts, *outcome);
      const Rules again = parse_rules(cut.text(catalog), context, problems);
      EXPECT_TRUE(again == cut) << text;
    }
  }
}

}  // namespace
}  // namespace rackcast::testing
