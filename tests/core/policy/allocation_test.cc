// Applying rules allocates nothing: counted, over every sample and every kind of value.
#include <gtest/gtest.h>

#include "tests/core/policy/fixture.h"
#include "tests/core/policy/samples.h"
#include "tests/support/allocation_count.h"

namespace rackcast::testing {
namespace {

using PolicyAllocationTest = PolicyTest;

TEST_F(PolicyAllocationTest, ApplyingAllocatesNothing) {
  std::vector<Rules> all;
  for (const std::string_view sample : kRuleSamples) all.push_back(rules(sample));
  const Expression match =
      parse_condition("substring (option vendor-class-identifier, 0, 9) ~= \"^P(X|Y)*E\"", context, problems);
  const Expression spawn = parse_data("concat (lcase (option host-name), hardware)", context, problems);
  const ClientFacts facts = client.facts();
  std::array<std::byte, 300> room;
  const std::uint64_t before = allocation_count();
  for (int round = 0; round < 100; ++round) {
    outcome->clear();
    for (const Rules& one : all) static_cast<void>(one.apply(facts, *outcome));
    EXPECT_TRUE(match.holds(facts, *outcome));
    EXPECT_TRUE(spawn.value(facts, *outcome));
    static_cast<void>(encapsulate(catalog, OptionCatalog::kBuiltInSpaces, *outcome, room));
  }
  EXPECT_EQ(allocation_count(), before);
  EXPECT_FALSE(outcome->options().empty());
  EXPECT_FALSE(outcome->overran);
}

}  // namespace
}  // namespace rackcast::testing
