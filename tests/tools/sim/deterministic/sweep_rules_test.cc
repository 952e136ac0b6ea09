// What the sweep takes for a failed seed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tools/sim/deterministic/sweep.h"

namespace rackcast::sim {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

class SweepRules : public ::testing::Test {
 protected:
  SweepRules() {
    record.machines.resize(20);
    for (MachineRecord& machine : record.machines) {
      machine.profile = "plain";
      machine.stage = Stage::kDone;
      machine.bytes = kSweepMachineBytesMin;
    }
  }
  void fail(std::size_t machine, Failure failure) {
    record.machines[machine].stage = Stage::kKernel;
    record.machines[machine].failure = failure;
  }
  std::vector<std::string> judged() {
    SeedOutcome outcome;
    outcome.seed = 9;
    judge_machines(plan, record, outcome);
    return outcome.failures;
  }

  RunPlan plan;
  RunRecord record;
};

TEST_F(SweepRules, AllDoneIsGood) {
  EXPECT_THAT(judged(), IsEmpty());
}

TEST_F(SweepRules, SilenceIsToleratedOnlyWhereDatagramsAreLost) {
  fail(3, Failure::kTimeout);
  for (const char* scenario : {"lossy_rack", "hostile", "stp_delay"}) {
    plan.scenario = scenario;
    plan.hostile.garbage_per_second = 500;
    ASSERT_EQ(judged().size(), 1U);
    EXPECT_THAT(judged().front(), HasSubstr("seed 9, machine 3 (plain) failed in kernel: timeout"));
  }
  plan.weather.loss = 0.01;
  EXPECT_THAT(judged(), IsEmpty());
}

TEST_F(SweepRules, LossExplainsNoOtherFailure) {
  for (const double loss : {0.08, 0.3}) {
    plan.weather.loss = loss;
    for (const Failure failure : {Failure::kNotFound, Failure::kRefused, Failure::kRunEnded, Failure::kProtocol,
                                  Failure::kConnectionLost, Failure::kWrongBytes}) {
      fail(3, failure);
      EXPECT_EQ(judged().size(), 1U) << failure_name(failure);
    }
  }
}

TEST_F(SweepRules, NineInTenAreDoneUnderAnyLoss) {
  for (const double loss : {0.08, 0.3}) {
    plan.weather.loss = loss;
    fail(3, Failure::kNoOffer);
    fail(4, Failure::kNoAck);
    record.machines[5].failure = Failure::kNone;
    record.machines[5].stage = Stage::kDone;
    EXPECT_THAT(judged(), IsEmpty());
    fail(5, Failure::kTimeout);
    ASSERT_EQ(judged().size(), 1U);
    EXPECT_THAT(judged().front(), HasSubstr("only 17 of 20 machines are done"));
  }
}

TEST_F(SweepRules, AMachineGetsTwoMegabytes) {
  record.machines[7].bytes = kSweepMachineBytesMin - 1;
  ASSERT_EQ(judged().size(), 1U);
  EXPECT_THAT(judged().front(), HasSubstr("machine 7 is done with 1999999 bytes"));
}

TEST(SweepDraws, AShareOfTheSeedsHasLimitsThatTheChecksKnow) {
  const SweepTrees trees;
  unsigned per_source = 0;
  unsigned instances = 0;
  unsigned cps = 0;
  unsigned as_xinetd = 0;
  for (std::uint64_t seed = 1; seed <= 500; ++seed) {
    const Result<VirtualRun> run = run_of_seed(seed, {}, trees);
    ASSERT_TRUE(run);
    const AdmissionConfig& limits = run->server.tftp.admission;
    EXPECT_EQ(run->checks.per_source, limits.per_source.value_or(0));
    per_source += limits.per_source ? 1U : 0U;
    instances += limits.instances ? 1U : 0U;
    cps += limits.cps ? 1U : 0U;
    as_xinetd += limits.policy == AdmissionPolicy::kXinetd ? 1U : 0U;
  }
  EXPECT_GE(per_source, 150U);
  EXPECT_GE(instances, 30U);
  EXPECT_GE(cps, 50U);
  EXPECT_GE(as_xinetd, 15U);
}

TEST(SweepDraws, SomeLimitsMakeMachinesWait) {
  const SweepTrees trees;
  std::uint64_t waited = 0;
  unsigned runs = 0;
  for (std::uint64_t seed = 1; seed <= 500 && runs < 10; ++seed) {
    Result<VirtualRun> run = run_of_seed(seed, {}, trees);
    ASSERT_TRUE(run);
    const AdmissionConfig& limits = run->server.tftp.admission;
    if (!limits.instances || limits.policy != AdmissionPolicy::kQueue) continue;
    ++runs;
    run->on_end = [&](const World& world) {
      for (std::size_t lane = 0; lane < world.server().lanes(); ++lane)
        waited += world.server().tftp(lane)[engine::tftpd::Counter::kTurnsWaited];
    };
    EXPECT_EQ(run_virtual_checked(*run).violation_count, 0U) << "seed " << seed;
  }
  EXPECT_GT(waited, 0U);
}

TEST(SweepDraws, SomeServersProbeAndFindSquatters) {
  const SweepTrees trees;
  std::uint64_t found = 0;
  unsigned runs = 0;
  for (std::uint64_t seed = 1; seed <= 500 && runs < 3; ++seed) {
    Result<VirtualRun> run = run_of_seed(seed, {}, trees);
    ASSERT_TRUE(run);
    if (run->server.dhcp.squatters == 0) continue;
    ++runs;
    run->on_end = [&](const World& world) {
      const engine::DhcpStats& dhcp = world.server().dhcp()->stats();
      found += dhcp.probes_answered;
      EXPECT_EQ(dhcp.probes, world.server().stores().counters().probes);
    };
    EXPECT_EQ(run_virtual_checked(*run).violation_count, 0U) << "seed " << seed;
  }
  EXPECT_GT(found, 0U);
}

// Seeds of the long soaks: every fortieth, the one kind and the other in turn.
TEST(SweepDraws, LongSoaksRenewLeasesAndGiveThemToOthers) {
  const SweepTrees trees;
  SweepOptions options;
  options.scenario = "soak";
  const SeedOutcome renewing = run_seed(80, options, trees);
  EXPECT_THAT(renewing.failures, IsEmpty());
  EXPECT_GT(renewing.leases.renewed, 100U);
  const SeedOutcome reusing = run_seed(40, options, trees);
  EXPECT_THAT(reusing.failures, IsEmpty());
  EXPECT_GT(reusing.leases.reused, 10U);
}

}  // namespace
}  // namespace rackcast::sim
