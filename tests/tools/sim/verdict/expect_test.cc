#include "tools/sim/verdict/expect.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/tools/sim/verdict/sample_run.h"

namespace rackcast::sim {
namespace {

using namespace testing_verdict;
using testing::HasSubstr;
using testing::StartsWith;

Verdict some_verdict() {
  Verdict verdict;
  verdict.machines = 100;
  verdict.done = 98;
  verdict.failed = 2;
  verdict.retransmits = 7;
  verdict.goodput = 117'000'000;
  verdict.time_to[static_cast<std::size_t>(Stage::kDone)] = {98, 10s, 20s, 30s, 40s};
  verdict.time_to[static_cast<std::size_t>(Stage::kKernel)] = {100, 1s, 2s, 3s, 4s};
  return verdict;
}

bool holds(std::string_view text) {
  const auto conditions = parse_conditions(text);
  EXPECT_TRUE(conditions) << text << ": " << conditions.error().message;
  if (!conditions) return false;
  for (const Expectation& expectation : judge(*conditions, some_verdict()))
    if (!expectation.held) return false;
  return true;
}

std::string error_of(std::string_view text) {
  const auto conditions = parse_conditions(text);
  return conditions ? "" : conditions.error().message;
}

TEST(Expect, ComparesEveryMetric) {
  for (const char* text : {"p50=10s", "p90=20s", "p99=30s", "max=40s", "done=98", "failed=2", "retransmits=7",
                           "timeouts=0", "refusals=0", "naks=0", "restarts=0", "boots=0", "repeated_blocks=0",
                           "goodput=117MB/s", "kernel.p50=1s", "kernel.max=4s", "done.p99=30s"})
    EXPECT_TRUE(holds(text)) << text;
}

TEST(Expect, OperatorsMeanWhatTheySay) {
  for (const char* text : {"p99<31s", "p99<=30s", "p99>29s", "p99>=30s", "p99=30s"}) EXPECT_TRUE(holds(text)) << text;
  for (const char* text : {"p99<30s", "p99<=29s", "p99>30s", "p99>=31s", "p99=31s"}) EXPECT_FALSE(holds(text)) << text;
}

TEST(Expect, UnitsAreConverted) {
  for (const char* text : {"p99=30000ms", "p99=30000000us", "p99=0.5m", "p99<0.01h", "goodput=0.117GB/s",
                           "goodput=117000kB/s", "goodput=117000000B/s"})
    EXPECT_TRUE(holds(text)) << text;
}

TEST(Expect, SpacesAndSeveralConditions) {
  EXPECT_TRUE(holds(" p99 <= 30 s , failed = 2,\tdone>90 "));
  EXPECT_FALSE(holds("p99<=30s,failed=0")) << "all must hold";
  const auto conditions = parse_conditions(" kernel.p99 < 5 s");
  ASSERT_TRUE(conditions);
  EXPECT_EQ(conditions->front().text, "kernel.p99<5s");
}

TEST(Expect, TellsTheColumnAndWhatWouldDo) {
  EXPECT_EQ(error_of("failed=0,p98<1s"), "column 10: unknown metric \"p98\"; did you mean \"p90\"?");
  EXPECT_EQ(error_of("kernle.p99<1s"), "column 1: unknown stage \"kernle\"; did you mean \"kernel\"?");
  EXPECT_EQ(error_of("kernel.failed=0"), "column 1: \"failed\" is not measured by stage");
  EXPECT_EQ(error_of("p99<30"), "column 7: \"p99\" takes a unit: us, ms, s, m, h");
  EXPECT_EQ(error_of("p99<30MB/s"), "column 7: \"p99\" takes a unit: us, ms, s, m, h");
  EXPECT_EQ(error_of("failed=0s"), "column 9: \"failed\" takes no unit");
  EXPECT_EQ(error_of("p99"), "column 4: expected one of < <= > >= = after \"p99\"");
  EXPECT_EQ(error_of("p99<"), "column 5: expected a number after \"p99<\"");
  EXPECT_EQ(error_of("p99<1.2.3s"), "column 5: expected a number after \"p99<\"");
  EXPECT_EQ(error_of("failed=0;done=1"), "column 9: expected a comma or the end, not \";done=1\"");
  EXPECT_THAT(error_of(""), StartsWith("column 1: expected the name of a metric; there are p50, p90"));
  EXPECT_THAT(error_of("failed=0,"), StartsWith("column 10: expected the name"));
  EXPECT_THAT(error_of("p99<1\x1b[2Js"), HasSubstr("takes a unit"));
  EXPECT_THAT(error_of("p99<1s\x1b[2J"), HasSubstr("\\x1b[2J"));
}

TEST(Expect, MoreConditionsThanAnyoneWritesAreRefused) {
  std::string text = "failed=0";
  for (std::size_t i = 1; i < kConditionsMax; ++i) text += ",failed=0";
  EXPECT_TRUE(parse_conditions(text));
  EXPECT_THAT(error_of(text + ",failed=0"), HasSubstr("more than 64"));
}

// Total: whatever is cut off, the answer is conditions or a sentence with a column within the text.
TEST(Expect, EveryPrefixAndEverySuffixIsAnswered) {
  const std::string whole = "kernel.p99 <= 30.5 s, failed=0,goodput>100MB/s , max<2m,done>=1";
  for (std::size_t begin = 0; begin <= whole.size(); ++begin)
    for (std::size_t size = 0; size <= whole.size() - begin; ++size) {
      const std::string_view text = std::string_view(whole).substr(begin, size);
      const auto conditions = parse_conditions(text);
      if (conditions) {
        EXPECT_FALSE(conditions->empty());
        continue;
      }
      const std::string& message = conditions.error().message;
      ASSERT_THAT(message, StartsWith("column "));
      EXPECT_LE(std::stoul(message.substr(7)), text.size() + 1) << text << ": " << message;
    }
}

TEST(Expect, AStageThatNobodyReachedHoldsNothing) {
  const auto conditions = parse_conditions("packages.p99<1h,packages.p99>0s");
  ASSERT_TRUE(conditions);
  for (const Expectation& expectation : judge(*conditions, some_verdict())) {
    EXPECT_FALSE(expectation.held);
    EXPECT_EQ(expectation.actual, "no machine came to packages");
  }
}

TEST(ExitCode, IsZeroOnlyWhenAllIsWellAndAllHolds) {
  const Verdict good = verdict_of(sample_run({.machines = 5}));
  const Verdict bad = verdict_of(sample_run({.machines = 5, .failing_every = 2}));
  const std::vector<Expectation> held{{"a", "", true}, {"b", "", true}};
  const std::vector<Expectation> not_held{{"a", "", true}, {"b", "", false}};
  EXPECT_EQ(exit_code(good, {}), 0);
  EXPECT_EQ(exit_code(good, held), 0);
  EXPECT_EQ(exit_code(good, not_held), 1);
  EXPECT_EQ(exit_code(bad, {}), 1);
  EXPECT_EQ(exit_code(bad, held), 1);
}

}  // namespace
}  // namespace rackcast::sim
