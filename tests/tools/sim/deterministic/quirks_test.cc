// Every entry of the server's quirk table is exercised by some profile: the machines' habits and the server's table are
// written apart, so an entry that no machine needs, or a machine that needs more than there is, shows here.
#include <gtest/gtest.h>

#include "core/quirks/quirk.h"
#include "tools/sim/deterministic/lab_tree.h"
#include "tools/sim/deterministic/virtual_run.h"
#include "tools/sim/machines/profile.h"

namespace rackcast::sim {
namespace {

struct Rehearsal {
  QuirkCounts quirks;
  std::vector<std::string> failures;
};

// One machine of the profile boots.
Rehearsal rehearse(const Profile& profile, bool with_dhcp) {
  ScenarioRequest request;
  request.name = "boot_storm";
  request.clients = 1;
  request.seed = 7;
  request.profiles = {{&profile, 1.0}};
  PlanResult planned = make_plan(request);
  EXPECT_EQ(planned.error, "");
  VirtualRun run;
  run.plan = std::move(planned.plan);
  if (!with_dhcp) run.facts.skipped_stages = 1U << static_cast<unsigned>(Stage::kDhcp);
  Rehearsal rehearsal;
  run.on_end = [&](const World& world) {
    rehearsal.quirks.add(world.server().dhcp()->quirks());
    for (std::size_t lane = 0; lane < world.server().lanes(); ++lane)
      rehearsal.quirks.add(world.server().tftp_quirks(lane));
  };
  const VirtualOutcome outcome = run_virtual_checked(run);
  for (const Violation& violation : outcome.violations) ADD_FAILURE() << violation_line(7, violation);
  for (const MachineRecord& machine : outcome.record.machines)
    if (!is_done(machine)) rehearsal.failures.push_back(std::string(profile.name) + ": " + machine.detail);
  return rehearsal;
}

TEST(Quirks, EachIsExercisedBySomeProfileAndEveryProfileBoots) {
  QuirkCounts all;
  for (const Profile& profile : all_profiles()) {
    const Rehearsal rehearsal = rehearse(profile, true);
    EXPECT_TRUE(rehearsal.failures.empty()) << rehearsal.failures.front();
    all.add(rehearsal.quirks);
    all.add(rehearse(profile, false).quirks);  // as beside another DHCP server
  }
  for (const QuirkInfo& info : quirk_table()) EXPECT_GT(all[info.quirk], 0U) << info.name << ": " << info.does;
}

}  // namespace
}  // namespace rackcast::sim
