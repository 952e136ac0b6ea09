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
  plan.weather.loss = 0.08;
  for (const Failure failure : {Failure::kNotFound, Failure::kRefused, Failure::kRunEnded, Failure::kProtocol,
                                Failure::kConnectionLost, Failure::kWrongBytes}) {
    fail(3, failure);
    EXPECT_EQ(judged().size(), 1U) << failure_name(failure);
  }
}

TEST_F(SweepRules, NineInTenAreDoneUnderLossToo) {
  plan.weather.loss = 0.08;
  fail(3, Failure::kNoOffer);
  fail(4, Failure::kNoAck);
  EXPECT_THAT(judged(), IsEmpty());
  fail(5, Failure::kTimeout);
  ASSERT_EQ(judged().size(), 1U);
  EXPECT_THAT(judged().front(), HasSubstr("only 17 of 20 machines are done"));
}

TEST_F(SweepRules, AMachineGetsTwoMegabytes) {
  record.machines[7].bytes = kSweepMachineBytesMin - 1;
  ASSERT_EQ(judged().size(), 1U);
  EXPECT_THAT(judged().front(), HasSubstr("machine 7 is done with 1999999 bytes"));
}

}  // namespace
}  // namespace rackcast::sim
