// Each invariant's checker sees a server that breaks it, and no other checker takes fright.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "tests/tools/sim/deterministic/mutants.h"
#include "tools/sim/deterministic/lab_tree.h"
#include "tools/sim/deterministic/sweep.h"
#include "tools/sim/deterministic/virtual_run.h"

namespace rackcast::sim {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class Mutation : public ::testing::Test {
 protected:
  Mutation() {
    plan("boot_storm", "bios-pxelinux");
    run.tree = std::make_shared<TreeContent>(lab_tree({}, net::Ipv4Address(10, 0, 0, 1), InstallBy::kHttp, 1));
  }

  void plan(const std::string& scenario, const std::string& profile) {
    ScenarioRequest request;
    request.name = scenario;
    request.clients = 20;
    request.seed = 5;
    request.profiles = {{find_profile(profile), 1}};
    PlanResult planned = make_plan(request);
    ASSERT_EQ(planned.error, "");
    run.plan = std::move(planned.plan);
  }
  template <typename Mutant>
  void break_io() {
    run.server.seams.wrap_io = [](PacketIo& io) { return std::make_unique<Mutant>(io); };
  }
  template <typename Mutant>
  void break_tftp() {
    run.server.seams.wrap_tftp = [](std::unique_ptr<engine::Engine> engine) {
      return std::make_unique<Mutant>(std::move(engine));
    };
  }
  // Which invariants were violated, each once.
  std::set<Invariant> violated() {
    const VirtualOutcome outcome = run_virtual_checked(run);
    std::set<Invariant> found;
    for (const Violation& violation : outcome.violations) found.insert(violation.invariant);
    first = outcome.violations.empty() ? "" : violation_line(run.plan.seed, outcome.violations.front());
    done = 0;
    for (const MachineRecord& machine : outcome.record.machines) done += machine.stage == Stage::kDone ? 1U : 0U;
    return found;
  }

  VirtualRun run;
  std::string first;
  std::size_t done = 0;
};

TEST_F(Mutation, NoneOfASoundServer) {
  EXPECT_THAT(violated(), IsEmpty()) << first;
  EXPECT_EQ(done, 20U);
}

TEST_F(Mutation, AnAddressGivenTwice) {
  plan("boot_storm", "http-grub");  // two at one address would confuse TFTP's ports as well
  break_io<testing::OneAddressTwice>();
  EXPECT_THAT(violated(), ElementsAre(Invariant::kLease));
  EXPECT_THAT(first, HasSubstr("seed 5, machine "));
  EXPECT_THAT(first, HasSubstr("one machine per address: 10."));
}

TEST_F(Mutation, AFlippedBit) {
  break_io<testing::FlippedBit>();
  EXPECT_THAT(violated(), ElementsAre(Invariant::kFile));
}

TEST_F(Mutation, TwoGenerationsInOneFile) {
  LabTreeSizes sizes;
  sizes.initrd = 3'000'000;
  run.tree = std::make_shared<TreeContent>(lab_tree(sizes, net::Ipv4Address(10, 0, 0, 1), InstallBy::kHttp, 1));
  run.server.resident_bytes_max = 1'000'000;
  run.replacements.push_back({Instant(std::chrono::milliseconds(900)), "initrd.img",
                              random_content(sizes.initrd + testing::MixedGenerations::kGrowth, 9)});
  EXPECT_THAT(violated(), IsEmpty()) << first;
  run.server.seams.wrap_router = [](WorkRouter& router) { return std::make_unique<testing::MixedGenerations>(router); };
  EXPECT_THAT(violated(), ElementsAre(Invariant::kFile));
}

TEST_F(Mutation, TimersThatNeverFire) {
  run.plan.time_max = std::chrono::milliseconds(300);  // everybody is in the middle of something
  EXPECT_THAT(violated(), IsEmpty()) << first;
  break_tftp<testing::NoDeadlines>();
  EXPECT_THAT(violated(), ElementsAre(Invariant::kEnd));
}

TEST_F(Mutation, PinsThatDoNotComeBack) {
  break_io<testing::SwallowedPins>();
  EXPECT_THAT(violated(), ElementsAre(Invariant::kLeak));
  EXPECT_THAT(first, HasSubstr("image pins"));
}

TEST_F(Mutation, ABufferThatIsNotGivenBack) {
  break_io<testing::KeptBuffer>();
  EXPECT_THAT(violated(), ElementsAre(Invariant::kLeak));
  EXPECT_THAT(first, HasSubstr("frames"));
}

TEST_F(Mutation, EverythingSentTwice) {
  break_io<testing::DoubledSlots>();
  EXPECT_THAT(violated(), ElementsAre(Invariant::kBytes));
}

TEST_F(Mutation, MoreTransfersAtOnceThanASourceMayHave) {
  plan("boot_storm", "plain");
  run.checks.per_source = 1;
  EXPECT_THAT(violated(), IsEmpty()) << first;
  break_io<testing::TwoTransfersAtOnce>();
  EXPECT_THAT(violated(), ElementsAre(Invariant::kSource));
}

TEST_F(Mutation, AnswersWithheldFromOneMachine) {
  run.plan.machines[3].exempt_from_fairness = true;
  break_io<testing::WithheldAnswers>();
  EXPECT_THAT(violated(), ElementsAre(Invariant::kWithheld));
}

TEST_F(Mutation, AnAnswerThatIsLostAfterTheProbe) {
  run.plan.machines[3].exempt_from_fairness = true;
  run.server.dhcp.conflict_probe = ConflictProbe::kArp;
  EXPECT_THAT(violated(), IsEmpty()) << first;
  run.server.seams.wrap_router = [](WorkRouter& router) { return std::make_unique<testing::LostProbeAnswer>(router); };
  EXPECT_THAT(violated(), ElementsAre(Invariant::kWithheld));
}

TEST_F(Mutation, LostAnswersThatAreNotRepeated) {
  plan("lossy_rack", "bios-pxelinux");
  EXPECT_THAT(violated(), IsEmpty()) << first;
  break_io<testing::NothingTwice>();
  EXPECT_THAT(violated(), ElementsAre(Invariant::kWithheld));
}

// Beyond the loss at which firmware gives up, no checker says who must be answered when: the sweep's own rule does.
TEST_F(Mutation, LostAnswersThatAreNotRepeatedWhereMuchIsLost) {
  const SweepTrees trees;
  SweepOptions options;
  options.scenario = "lossy_rack";
  options.clients = 20;
  for (std::uint64_t seed = 1; run.plan.weather.loss < 0.15; ++seed) run = *run_of_seed(seed, options, trees);
  const auto judged = [&] {
    SeedOutcome outcome{.seed = run.plan.seed};
    const VirtualOutcome result = run_virtual_checked(run);
    judge_machines(run.plan, result.record, outcome);
    return outcome;
  };
  EXPECT_THAT(judged().failures, IsEmpty());
  break_io<testing::NothingTwice>();
  const SeedOutcome broken = judged();
  EXPECT_LT(broken.done, 5U);
  ASSERT_FALSE(broken.failures.empty());
  EXPECT_THAT(broken.failures.back(), HasSubstr(" of 20 machines are done"));
}

TEST_F(Mutation, OneMachineServedSlowly) {
  break_tftp<testing::OneServedSlowly>();
  EXPECT_THAT(violated(), ElementsAre(Invariant::kFairness));
}

}  // namespace
}  // namespace rackcast::sim
