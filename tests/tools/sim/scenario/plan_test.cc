#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "tools/sim/scenario/scenario.h"

namespace rackcast::sim {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

RunPlan plan_of(const ScenarioRequest& request) {
  PlanResult result = make_plan(request);
  EXPECT_EQ(result.error, "");
  return result.plan;
}

template <typename Predicate>
auto count_of(const RunPlan& plan, Predicate predicate) {
  return std::count_if(plan.machines.begin(), plan.machines.end(), predicate);
}

Instant last_power_on(const RunPlan& plan) {
  Instant last{};
  for (const MachinePlan& machine : plan.machines) last = std::max(last, machine.power_on);
  return last;
}

// What both engines do with a plan, as one text: equal plans, equal texts.
std::string text_of(const RunPlan& plan) {
  std::string text = plan.scenario + " " + std::to_string(plan.time_max.count());
  for (const MachinePlan& m : plan.machines)
    text += "\n" + std::to_string(m.power_on.time_since_epoch().count()) + " " +
            std::to_string(m.restart_at.time_since_epoch().count()) + " " +
            std::to_string(m.cut_until.time_since_epoch().count()) + " " + std::string(m.profile->name) + " " +
            std::to_string(m.pace.bytes_per_second) + " " + std::to_string(m.rack);
  return text;
}

TEST(Scenarios, AreTheTenThatWerePromised) {
  std::vector<std::string_view> names;
  for (const ScenarioInfo& scenario : all_scenarios()) names.push_back(scenario.name);
  EXPECT_THAT(names, testing::UnorderedElementsAre("steady", "boot_storm", "waves", "lossy_rack", "slow_readers",
                                                   "reboot_midway", "late_joiners", "stp_delay", "hostile", "soak"));
}

TEST(Scenarios, EveryDefaultLiesWithinItsBoundsAndSetsAField) {
  for (const ScenarioInfo& scenario : all_scenarios())
    for (const ScenarioParameter& parameter : scenario.parameters) {
      EXPECT_LE(parameter.min, parameter.value) << scenario.name << " " << parameter.name;
      EXPECT_GE(parameter.max, parameter.value) << scenario.name << " " << parameter.name;
      EXPECT_NE(parameter.sets, nullptr);
      EXPECT_FALSE(parameter.description.empty());
    }
}

TEST(Scenarios, HelpNamesEveryScenarioAndParameter) {
  const std::string help = scenario_help();
  for (const ScenarioInfo& scenario : all_scenarios()) {
    EXPECT_THAT(help, HasSubstr(std::string(scenario.name)));
    EXPECT_THAT(help, HasSubstr(std::string(scenario.description)));
    for (const ScenarioParameter& parameter : scenario.parameters)
      EXPECT_THAT(help, HasSubstr(std::string(parameter.name) + "="));
  }
}

// All scenarios, sizes and seeds: the promises every plan keeps.
TEST(Plan, IsDeterministicBoundedAndWhole) {
  for (const ScenarioInfo& scenario : all_scenarios())
    for (const std::uint32_t clients : {1U, 2U, 39U, 1000U})
      for (const std::uint64_t seed : {0ULL, 1ULL, ~0ULL}) {
        SCOPED_TRACE(std::string(scenario.name) + " clients " + std::to_string(clients) + " seed " +
                     std::to_string(seed));
        const ScenarioRequest request{.name = std::string(scenario.name), .clients = clients, .seed = seed};
        const RunPlan plan = plan_of(request);
        EXPECT_EQ(plan.machines.size(), clients);
        EXPECT_EQ(text_of(plan), text_of(plan_of(request)));
        EXPECT_LE(plan.time_max, kRunTimeMax);
        for (const MachinePlan& machine : plan.machines) {
          EXPECT_GE(machine.power_on, Instant{});
          EXPECT_LT(machine.power_on.time_since_epoch(), plan.time_max);
          EXPECT_EQ(machine.profile, &all_profiles().front());
          if (machine.restart_at != kNever) {
            EXPECT_GT(machine.restart_at, machine.power_on);
            EXPECT_TRUE(machine.exempt_from_fairness);
          }
        }
      }
}

TEST(Plan, AnotherSeedIsAnotherStorm) {
  EXPECT_NE(text_of(plan_of({.name = "boot_storm", .seed = 1})), text_of(plan_of({.name = "boot_storm", .seed = 2})));
}

TEST(Plan, AParameterChangesNothingButWhatItIsAbout) {
  const RunPlan few = plan_of({.name = "reboot_midway", .parameters = {{"share", "10"}}});
  const RunPlan many = plan_of({.name = "reboot_midway", .parameters = {{"share", "90"}}});
  for (std::size_t i = 0; i < few.machines.size(); ++i) {
    EXPECT_EQ(few.machines[i].power_on, many.machines[i].power_on);
    EXPECT_TRUE(few.machines[i].restart_at == kNever || many.machines[i].restart_at != kNever) << i;
  }
}

TEST(Plan, SteadyKeepsItsRateInEveryWindow) {
  const RunPlan plan = plan_of({.name = "steady", .clients = 1000, .parameters = {{"rate", "50/s"}}});
  for (int window = 0; window < 20; ++window) {
    const auto in_window =
        count_of(plan, [&](const MachinePlan& m) { return m.power_on.time_since_epoch() / 1s == window; });
    EXPECT_EQ(in_window, 50) << window;
  }
}

TEST(Plan, BootStormIsInsideASecond) {
  const RunPlan plan = plan_of({.name = "boot_storm", .clients = 5000});
  EXPECT_LT(last_power_on(plan), Instant{1s});
  EXPECT_GT(last_power_on(plan), Instant{900ms});
  EXPECT_EQ(count_of(plan, [](const MachinePlan& m) { return m.exempt_from_fairness; }), 0);
}

TEST(Plan, WavesComeRackByRack) {
  const RunPlan plan =
      plan_of({.name = "waves", .clients = 95, .parameters = {{"rack_size", "20"}, {"gap", "10s"}, {"spread", "2"}}});
  std::map<std::uint32_t, int> racks;
  for (const MachinePlan& machine : plan.machines) {
    ++racks[machine.rack];
    const Instant begin{std::chrono::seconds(10 * machine.rack)};
    EXPECT_GE(machine.power_on, begin);
    EXPECT_LT(machine.power_on, begin + 2s);
  }
  EXPECT_EQ(racks, (std::map<std::uint32_t, int>{{0, 20}, {1, 20}, {2, 20}, {3, 20}, {4, 15}}));
}

TEST(Plan, PercentBecomesShares) {
  const RunPlan plan =
      plan_of({.name = "lossy_rack", .parameters = {{"loss", "5"}, {"duplicate", "0.5%"}, {"reorder", "100"}}});
  EXPECT_DOUBLE_EQ(plan.weather.loss, 0.05);
  EXPECT_DOUBLE_EQ(plan.weather.duplicate, 0.005);
  EXPECT_DOUBLE_EQ(plan.weather.reorder, 1);
}

TEST(Plan, TheLossOptionOverridesAnyScenario) {
  EXPECT_DOUBLE_EQ(plan_of({.name = "boot_storm", .loss = 3}).weather.loss, 0.03);
  EXPECT_DOUBLE_EQ(plan_of({.name = "lossy_rack", .loss = 0}).weather.loss, 0);
  EXPECT_DOUBLE_EQ(plan_of({.name = "lossy_rack"}).weather.loss, 0.02);
}

TEST(Plan, SharesAreExact) {
  const auto slow = plan_of({.name = "slow_readers", .clients = 200, .parameters = {{"share", "25"}, {"pace", "100"}}});
  EXPECT_EQ(count_of(slow, [](const MachinePlan& m) { return m.pace.bytes_per_second == 100'000; }), 50);
  EXPECT_EQ(count_of(slow, [](const MachinePlan& m) { return m.exempt_from_fairness; }), 50);
  const auto late = plan_of({.name = "late_joiners", .clients = 10, .parameters = {{"share", "30"}, {"when", "60"}}});
  EXPECT_EQ(count_of(late, [](const MachinePlan& m) { return m.power_on >= Instant{60s}; }), 3);
  const auto reset = plan_of({.name = "reboot_midway", .clients = 50, .parameters = {{"share", "100"}}});
  EXPECT_EQ(count_of(reset,
                     [](const MachinePlan& m) {
                       const Span after = m.restart_at - m.power_on;
                       return after >= 1500ms && after <= 4500ms;
                     }),
            50);
}

TEST(Plan, SpanningTreeCutsFromPowerOn) {
  const RunPlan plan = plan_of({.name = "stp_delay"});
  for (const MachinePlan& machine : plan.machines) EXPECT_EQ(machine.cut_until, machine.power_on + 30s);
}

TEST(Plan, HostileHasDisturbersBesideHonestMachines) {
  const RunPlan plan = plan_of({.name = "hostile", .parameters = {{"garbage", "7"}, {"silent", "3"}}});
  EXPECT_EQ(plan.hostile.garbage_per_second, 7U);
  EXPECT_EQ(plan.hostile.silent_readers, 3U);
  EXPECT_GT(plan.hostile.spoofed_per_second, 0U);
  EXPECT_GT(plan.hostile.scans_per_second, 0U);
  EXPECT_GT(plan.hostile.bad_dhcp_per_second, 0U);
  const RunPlan peaceful = plan_of({.name = "boot_storm"});
  EXPECT_EQ(peaceful.hostile.garbage_per_second + peaceful.hostile.spoofed_per_second +
                peaceful.hostile.silent_readers + peaceful.hostile.scans_per_second +
                peaceful.hostile.bad_dhcp_per_second,
            0U);
}

TEST(Plan, SoakRestartsEveryoneUntilItsHoursAreOver) {
  const RunPlan plan = plan_of({.name = "soak", .clients = 60, .parameters = {{"hours", "2"}, {"every", "300"}}});
  EXPECT_EQ(plan.restarts_end, Instant{2h});
  EXPECT_GT(plan.time_max, 2h);
  EXPECT_EQ(count_of(plan, [](const MachinePlan& m) { return m.restart_every == 300s && m.restart_at < Instant{2h}; }),
            60);
  // Spread over the period: the load is the same all the time.
  EXPECT_NEAR(static_cast<double>(count_of(plan, [](const MachinePlan& m) { return m.power_on < Instant{150s}; })), 30,
              12);
}

TEST(Plan, ProfilesAreApportionedAndMixed) {
  const Profile* const first = &all_profiles()[0];
  const Profile* const second = &all_profiles()[1];
  const RunPlan plan = plan_of({.name = "boot_storm", .clients = 100, .profiles = {{first, 3}, {second, 1}}});
  EXPECT_EQ(count_of(plan, [&](const MachinePlan& m) { return m.profile == first; }), 75);
  EXPECT_EQ(count_of(plan, [&](const MachinePlan& m) { return m.profile == second; }), 25);
  // Mixed, not one block after the other.
  EXPECT_NE(std::count_if(plan.machines.begin(), plan.machines.begin() + 75,
                          [&](const MachinePlan& m) { return m.profile == second; }),
            0);
}

TEST(Plan, RefusesWithASentence) {
  const auto error = [](const ScenarioRequest& request) { return make_plan(request).error; };
  EXPECT_EQ(error({.name = "bootstorm"}), "there is no scenario \"bootstorm\"; did you mean \"boot_storm\"?");
  EXPECT_THAT(error({.name = "zzzzzzzz"}), HasSubstr("there are steady boot_storm"));
  EXPECT_THAT(error({.name = std::string("a\x1b[2J\n")}), HasSubstr("a\\x1b[2J\\x0a"));
  EXPECT_THAT(error({.name = "steady", .clients = 0}), HasSubstr("from 1 to 100000"));
  EXPECT_THAT(error({.name = "steady", .clients = kMachinesMax + 1}), HasSubstr("from 1 to 100000"));
  EXPECT_THAT(error({.name = "steady", .clients = kMachinesMax, .parameters = {{"rate", "0.001"}}}),
              HasSubstr("more than 24 hours"));
  EXPECT_THAT(error({.name = "waves", .clients = kMachinesMax, .parameters = {{"gap", "86400"}, {"rack_size", "1"}}}),
              HasSubstr("more than 24 hours"));
  EXPECT_THAT(error({.name = "steady", .loss = 101}), HasSubstr("from 0 to 100 percent"));
}

TEST(Plan, TimeMaxCanBeGiven) {
  EXPECT_EQ(plan_of({.name = "boot_storm", .parameters = {{"time_max", "90s"}}}).time_max, 90s);
}

}  // namespace
}  // namespace rackcast::sim
