// Whole runs in virtual time: repeatable to the last datagram, whatever runs beside them; relayed racks; bounded
// memory.
#include "tools/sim/deterministic/world.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <malloc.h>

#include "tools/sim/deterministic/sweep.h"
#include "tools/sim/deterministic/virtual_run.h"

namespace rackcast::sim {
namespace {

using namespace std::chrono_literals;
using ::testing::IsEmpty;

VirtualRun run_of(const std::string& scenario, std::uint32_t clients, std::uint64_t seed,
                  std::vector<std::pair<std::string, std::string>> parameters = {}) {
  ScenarioRequest request;
  request.name = scenario;
  request.clients = clients;
  request.seed = seed;
  request.parameters = std::move(parameters);
  PlanResult planned = make_plan(request);
  EXPECT_EQ(planned.error, "");
  VirtualRun run;
  run.plan = std::move(planned.plan);
  return run;
}

std::size_t done_of(const RunRecord& record) {
  return static_cast<std::size_t>(std::count_if(record.machines.begin(), record.machines.end(),
                                                [](const MachineRecord& m) { return m.stage == Stage::kDone; }));
}

TEST(World, TheSameSeedIsTheSameRun) {
  const std::uint64_t first = run_virtual_checked(run_of("lossy_rack", 20, 4)).trace_hash;
  EXPECT_EQ(run_virtual_checked(run_of("lossy_rack", 20, 4)).trace_hash, first);
  EXPECT_NE(run_virtual_checked(run_of("lossy_rack", 20, 5)).trace_hash, first);
}

TEST(World, ASweepsResultDoesNotDependOnItsThreads) {
  SweepOptions options{.first = 1, .last = 10, .scenario = {}, .clients = 8, .threads = 1};
  const auto alone = sweep(options, {});
  options.threads = 3;
  const auto together = sweep(options, {});
  ASSERT_EQ(alone.size(), 10U);
  std::set<std::string> scenarios;
  for (std::size_t i = 0; i < alone.size(); ++i) {
    EXPECT_EQ(alone[i].trace_hash, together[i].trace_hash) << "seed " << alone[i].seed;
    EXPECT_THAT(alone[i].failures, IsEmpty());
    scenarios.insert(alone[i].scenario);
  }
  EXPECT_EQ(scenarios.size(), all_scenarios().size());
}

TEST(World, ASweepNamesAnUnknownScenario) {
  const auto outcomes = sweep({.first = 1, .last = 1, .scenario = "strom", .clients = 5, .threads = 1}, {});
  ASSERT_EQ(outcomes.front().failures.size(), 1U);
  EXPECT_THAT(outcomes.front().failures.front(), ::testing::HasSubstr("strom"));
}

TEST(World, RacksBehindRelaysBootAsTheServersOwn) {
  VirtualRun run = run_of("boot_storm", 60, 1, {{"rack_size", "20"}});
  const RackLayout layout = lay_out(run.plan);
  ASSERT_EQ(layout.segments.size(), 3U);
  std::size_t in_their_segment = 0;
  run.on_end = [&](const World& world) {
    for (std::uint32_t i = 0; i < 60; ++i)
      in_their_segment +=
          layout.segments[layout.segment_of[i]].prefix.contains(world.address_of(MachineId{i})) ? 1U : 0U;
  };
  const VirtualOutcome outcome = run_virtual_checked(run);
  EXPECT_EQ(outcome.violation_count, 0U);
  EXPECT_EQ(done_of(outcome.record), 60U);
  EXPECT_EQ(in_their_segment, 60U);
}

TEST(World, ABigRackIsCutIntoSegments) {
  const RackLayout layout = lay_out(run_of("boot_storm", 1'200, 1, {{"rack_size", "1200"}}).plan);
  EXPECT_EQ(layout.segments.size(), 3U);
  EXPECT_EQ(layout.segment_of[499], 0U);
  EXPECT_EQ(layout.segment_of[500], 1U);
  for (std::size_t i = 1; i < layout.segments.size(); ++i)
    EXPECT_GT(layout.segments[i].first, layout.segments[i - 1].last);
}

TEST(World, TimeRunsOutAndSaysSo) {
  VirtualRun run = run_of("boot_storm", 5, 1);
  run.plan.time_max = 50ms;
  for (MachinePlan& machine : run.plan.machines) machine.power_on = Instant{};
  const VirtualOutcome outcome = run_virtual_checked(run);
  EXPECT_EQ(outcome.record.took, 50ms);
  EXPECT_EQ(outcome.violation_count, 0U);
  for (const MachineRecord& machine : outcome.record.machines) EXPECT_EQ(machine.failure, Failure::kRunEnded);
}

TEST(World, WhoLooksMayStopIt) {
  VirtualRun run = run_of("steady", 50, 1);
  int looks = 0;
  run.on_progress = [&looks](const ProgressSnapshot&) { return ++looks < 3; };
  const VirtualOutcome outcome = run_virtual_checked(run);
  EXPECT_EQ(looks, 3);
  EXPECT_LT(done_of(outcome.record), 50U);
  EXPECT_EQ(outcome.violation_count, 0U);
}

TEST(World, AFileReplacedMidwayIsOneOrTheOther) {
  VirtualRun run = run_of("boot_storm", 30, 2);
  run.replacements.push_back({Instant(500ms), "vmlinuz", random_content(123'456, 77)});
  const VirtualOutcome outcome = run_virtual_checked(run);
  EXPECT_EQ(outcome.violation_count, 0U);
  EXPECT_EQ(done_of(outcome.record), 30U);
  EXPECT_EQ(outcome.record.files_unchecked, 1U) << "the replaced file only";
  EXPECT_EQ(outcome.record.files_checked, outcome.record.files - 1);
}

TEST(World, ASlowDiskIsAViolation) {
  VirtualRun run = run_of("boot_storm", 5, 1);
  EXPECT_TRUE(run_virtual_checked(run).violations.empty());
  run.server.stores.commit_time = 20s;  // keeps clients waiting
  const VirtualOutcome outcome = run_virtual_checked(run);
  ASSERT_FALSE(outcome.violations.empty());
  EXPECT_THAT(violation_line(1, outcome.violations.front()), ::testing::HasSubstr("seed 1, machine "));
}

// Transfers as they leave the server; refusals come from the listener always.
class PortWatch final : public io::SimTap {
 public:
  void on_sent(const io::SimFrame& frame) override {
    const std::uint16_t port = frame.source.port.value();
    if (frame.source.address != net::IpAddress(net::Ipv4Address(10, 0, 0, 1)) || port == 67) return;
    const tftp::Packet packet = tftp::parse(frame.payload);
    if (std::holds_alternative<tftp::ErrorReport>(packet)) return;
    ++(port == 69 ? from_listener : from_tids);
    if (const auto* const oack = std::get_if<tftp::OptionAck>(&packet))
      largest_window = std::max(largest_window, oack->options.windowsize.value_or(0));
  }
  void on_arrived(const io::SimFrame&) override {}
  void on_fault(const io::SimFrame&, io::SimFault) override {}

  std::uint64_t from_listener = 0;
  std::uint64_t from_tids = 0;
  std::uint64_t largest_window = 0;
};

PortWatch watched(const TftpChoices& choices) {
  const VirtualRun run = [] {
    VirtualRun made = run_of("boot_storm", 10, 1);
    for (MachinePlan& machine : made.plan.machines) machine.profile = find_profile("uboot");
    return made;
  }();
  const TreeContent tree = lab_tree({}, net::Ipv4Address(10, 0, 0, 1), InstallBy::kHttp, 1);
  NoObserver nobody;
  PortWatch watch;
  WorldOptions options;
  options.plan = &run.plan;
  options.tree = &tree;
  options.server.tftp = choices;
  World world(std::move(options), nobody, &watch);
  world.run();
  return watch;
}

TEST(World, TheServerRunsAsItWasToldTo) {
  const PortWatch usual = watched({});
  EXPECT_EQ(usual.from_listener, 0U);
  EXPECT_GT(usual.from_tids, 0U);
  EXPECT_EQ(usual.largest_window, 8U);
  const PortWatch single = watched({.single_port = true, .max_windowsize = 4});
  EXPECT_GT(single.from_listener, 0U);
  EXPECT_EQ(single.from_tids, 0U);
  EXPECT_EQ(single.largest_window, 4U);
}

TEST(World, SinglePortUnderLossBreaksNoInvariant) {
  VirtualRun run = run_of("lossy_rack", 20, 3);
  run.server.tftp.single_port = true;
  EXPECT_THAT(run_virtual_checked(run).violations, IsEmpty());
}

// The whole run, and its peak at the packages, is bench/sim's; this is ten thousand that have just begun.
TEST(World, TenThousandMachinesBelowFourKibibytesEach) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "the sanitizer's heap says nothing of ours";
#endif
  constexpr std::size_t kMachines = 10'000;
  const VirtualRun run = run_of("boot_storm", kMachines, 1);
  const TreeContent tree = lab_tree({}, net::Ipv4Address(10, 0, 0, 1), InstallBy::kHttp, 1);
  const auto heap = [] {
    const struct mallinfo2 facts = mallinfo2();
    return facts.uordblks + facts.hblkhd;
  };
  const std::size_t before = heap();
  NoObserver nobody;
  WorldOptions options;
  options.plan = &run.plan;
  options.tree = &tree;
  World world(std::move(options), nobody);
  while (world.now() < Instant(1'100ms) && world.step()) continue;
  EXPECT_EQ(world.rack().running(), kMachines);
  EXPECT_LT((heap() - before) / kMachines, 4'096U);
}

}  // namespace
}  // namespace rackcast::sim
