#include "tools/sim/verdict/verdict.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/tools/sim/verdict/sample_run.h"
#include "tools/sim/verdict/table.h"
#include "tools/sim/verdict/units.h"

namespace rackcast::sim {
namespace {

using namespace testing_verdict;

// By definition: the smallest of `times` that at least `percent` of them are not above.
Span by_counting(std::vector<Span> times, std::size_t percent) {
  std::sort(times.begin(), times.end());
  for (const Span candidate : times) {
    const auto below = static_cast<std::size_t>(
        std::count_if(times.begin(), times.end(), [&](Span time) { return time <= candidate; }));
    if (below * 100 >= times.size() * percent) return candidate;
  }
  return {};
}

TEST(Spread, IsTheNearestRank) {
  Random random(20'261'124);
  for (std::size_t size = 1; size <= 250; ++size) {
    std::vector<Span> times;
    for (std::size_t i = 0; i < size; ++i) times.emplace_back(random.below(size));  // with equal ones
    const TimeSpread spread = spread_of(times);
    EXPECT_EQ(spread.machines, size);
    EXPECT_EQ(spread.p50, by_counting(times, 50)) << size;
    EXPECT_EQ(spread.p90, by_counting(times, 90)) << size;
    EXPECT_EQ(spread.p99, by_counting(times, 99)) << size;
    EXPECT_EQ(spread.max, *std::max_element(times.begin(), times.end())) << size;
  }
}

TEST(Spread, OfNobodyIsZero) {
  const TimeSpread spread = spread_of({});
  EXPECT_EQ(spread.machines, 0U);
  EXPECT_EQ(spread.max, Span{});
}

TEST(Verdict, CountsWhoFinishedAndWhoDidNot) {
  const Verdict verdict = verdict_of(sample_run({.machines = 100, .failing_every = 10, .refused_every = 7}));
  EXPECT_EQ(verdict.machines, 100U);
  EXPECT_EQ(verdict.failed, 10U);
  EXPECT_EQ(verdict.done, 90U);
  ASSERT_EQ(verdict.failures.size(), 1U);
  EXPECT_EQ(verdict.failures[0].failure, Failure::kTimeout);
  EXPECT_EQ(verdict.failures[0].first, 0U);
  EXPECT_EQ(verdict.failures[0].stage, Stage::kInitrd);
  EXPECT_EQ(verdict.timeouts, 10U);
  EXPECT_FALSE(verdict.passed);
  EXPECT_EQ(verdict.time_to[static_cast<std::size_t>(Stage::kKernel)].machines, 100U);
  EXPECT_EQ(verdict.time_to[static_cast<std::size_t>(Stage::kDone)].machines, 90U);
  EXPECT_EQ(verdict.bytes, std::uint64_t{90} * 2 * 60'000'000);
}

TEST(Verdict, PassesOnlyWhenAllIsWell) {
  RunRecord record = sample_run({.machines = 10});
  EXPECT_TRUE(verdict_of(record).passed);
  record.wrong_files = {"vmlinuz: 1 machine got other bytes than the tree's"};  // of an earlier boot, say
  EXPECT_FALSE(verdict_of(record).passed);
  record.wrong_files.clear();
  record.machines[3].failure = Failure::kWrongBytes;
  EXPECT_FALSE(verdict_of(record).passed);
  record.machines[3].failure = Failure::kNone;
  EXPECT_TRUE(verdict_of(record).passed);
  record.failed_boots[static_cast<std::size_t>(Failure::kRefused)].boots = 1;
  EXPECT_FALSE(verdict_of(record).passed);
  EXPECT_EQ(shortcomings(verdict_of(record), {}), "1 boot failed, restarts included");
  record.failed_boots = {};
  record.interrupted = true;
  EXPECT_FALSE(verdict_of(record).passed);
  EXPECT_EQ(shortcomings(verdict_of(record), {}), "the run was interrupted before its end");
  record.interrupted = false;
  record.violations = 2;
  EXPECT_FALSE(verdict_of(record).passed);
  EXPECT_EQ(shortcomings(verdict_of(record), {}), "2 invariants were broken");
  record.violations = 0;
  record.files_unchecked = 2;
  EXPECT_FALSE(verdict_of(record).passed);
  EXPECT_EQ(shortcomings(verdict_of(record), {}), "2 files could not be checked");
  record.files_unchecked = 0;
  record.double_leases = 2;
  EXPECT_FALSE(verdict_of(record).passed);
  EXPECT_EQ(shortcomings(verdict_of(record), {}), "2 addresses were leased twice");
  record.double_leases = 0;
  record.files_unproven = 2;
  EXPECT_TRUE(verdict_of(record).passed) << "they may be right";
  EXPECT_FALSE(verdict_of(RunRecord{}).passed) << "no machine ran";
}

TEST(Verdict, FailuresAreSortedByHowManyTheyHit) {
  RunRecord record = sample_run({.machines = 10});
  for (const int i : {2, 3, 4}) record.machines[static_cast<std::size_t>(i)].failure = Failure::kNoOffer;
  record.machines[1].failure = Failure::kRefused;
  record.machines[5].stage = Stage::kInitrd;  // neither done nor failed: it did not finish
  const Verdict verdict = verdict_of(record);
  ASSERT_EQ(verdict.failures.size(), 3U);
  EXPECT_EQ(verdict.failures[0].failure, Failure::kNoOffer);
  EXPECT_EQ(verdict.failures[0].machines, 3U);
  EXPECT_EQ(verdict.failures[0].first, 2U);
  EXPECT_EQ(verdict.failed, 5U);
  std::uint32_t sum = 0;
  for (const FailureGroup& group : verdict.failures) sum += group.machines;
  EXPECT_EQ(sum, verdict.failed);
}

TEST(Verdict, TimesCountFromTheMachinesOwnPowerOn) {
  MachineRecord machine;
  machine.entered.fill(kNever);
  machine.entered[static_cast<std::size_t>(Stage::kDhcp)] = Instant{100s};
  machine.entered[static_cast<std::size_t>(Stage::kKernel)] = Instant{103s};
  EXPECT_EQ(time_to(machine, Stage::kKernel), 3s);
  EXPECT_EQ(time_to(machine, Stage::kDhcp), 0s);
  EXPECT_LT(time_to(machine, Stage::kDone), 0s);
}

TEST(Verdict, ProfilesAreCountedApart) {
  RunRecord record = sample_run({.machines = 10});
  for (std::size_t i = 0; i < 4; ++i) record.machines[i].profile = "another";
  record.machines[0].failure = Failure::kNaked;
  const Verdict verdict = verdict_of(record);
  ASSERT_EQ(verdict.profiles.size(), 2U);
  EXPECT_EQ(verdict.profiles[0].profile, "another");
  EXPECT_EQ(verdict.profiles[0].machines, 4U);
  EXPECT_EQ(verdict.profiles[0].done, 3U);
  EXPECT_EQ(verdict.profiles[0].to_done.machines, 3U);
  EXPECT_EQ(verdict.profiles[1].machines, 6U);
}

TEST(Units, ReadLikeAnOperatorWrites) {
  EXPECT_EQ(text_of(Span{}), "0 ms");
  EXPECT_EQ(text_of(99ms), "99 ms");
  EXPECT_EQ(text_of(100ms), "0.10 s");
  EXPECT_EQ(text_of(9994ms), "9.99 s");
  EXPECT_EQ(text_of(9996ms), "10.0 s");
  EXPECT_EQ(text_of(119s), "119.0 s");
  EXPECT_EQ(text_of(120s), "2 m 00 s");
  EXPECT_EQ(text_of(7199s), "119 m 59 s");
  EXPECT_EQ(text_of(7200s), "2 h 00 m");
  EXPECT_EQ(clock_text(59s), "00:59");
  EXPECT_EQ(clock_text(3600s), "1:00:00");
  EXPECT_EQ(clock_text(-5s), "00:00");
  EXPECT_EQ(rate_text(117'400'000), "117.4 MB/s");
  EXPECT_EQ(rate_text(-1), "0 B/s");
  EXPECT_EQ(rate_text(1e300), "1000000.0 TB/s");
}

}  // namespace
}  // namespace rackcast::sim
