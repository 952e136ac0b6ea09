// Every entry of the server's quirk table is exercised by some profile: the machines' habits and the server's table are
// written apart, so an entry that no machine needs, or a machine that needs more than there is, shows here.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/quirks/quirk.h"
#include "tests/tools/sim/deterministic/without_quirks.h"
#include "tools/sim/deterministic/lab_tree.h"
#include "tools/sim/deterministic/virtual_run.h"
#include "tools/sim/machines/profile.h"

namespace rackcast::sim {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

struct Rehearsal {
  QuirkCounts quirks;
  std::vector<std::string> failures;
  Instant done_at{};
  std::uint64_t refused_by_peer = 0;  // transfers that the server reports as failed: its options were not taken
};

// One machine of the profile boots, beside another DHCP server's answers or with ours, from a server that lacks some
// quirks.
Rehearsal rehearse(const Profile& profile, bool with_dhcp, std::initializer_list<Quirk> without = {}) {
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
  run.tree = std::make_shared<TreeContent>(lab_tree({}, net::Ipv4Address(10, 0, 0, 1), InstallBy::kHttp, 1));
  QuirkSet lacking;
  for (const Quirk quirk : without) lacking.add(quirk);
  if (without.size() > 0)
    run.server.seams.wrap_io = [&](PacketIo& io) {
      return std::make_unique<testing::WithoutQuirks>(io, lacking, *run.tree);
    };
  Rehearsal rehearsal;
  run.on_end = [&](const World& world) {
    rehearsal.quirks.add(world.server().dhcp()->quirks());
    rehearsal.done_at = world.now();
    for (std::size_t lane = 0; lane < world.server().lanes(); ++lane) {
      rehearsal.quirks.add(world.server().tftp_quirks(lane));
      rehearsal.refused_by_peer += world.server().tftp(lane)[engine::tftpd::Counter::kOptionsRefusedByPeer];
    }
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

Rehearsal rehearse(std::string_view profile, bool with_dhcp, std::initializer_list<Quirk> without = {}) {
  return rehearse(*find_profile(profile), with_dhcp, without);
}

// ---- Each is needed: without it some profile fails, or takes longer.

TEST(Quirks, HttpBootFirmwareDropsAnOfferWithoutItsClass) {
  EXPECT_THAT(rehearse("http-grub", true, {Quirk::kHttpClassEchoed}).failures,
              ElementsAre(HasSubstr("not the client's class in option 60")));
}

TEST(Quirks, TheRaspberryPiDropsAnOfferWithoutItsText) {
  EXPECT_THAT(rehearse("raspberry-pi", true, {Quirk::kRaspberryPiText}).failures,
              ElementsAre(HasSubstr("no vendor text in option 43")));
}

TEST(Quirks, IpxeWaitsTwoSecondsForAProxy) {
  const Rehearsal with = rehearse("ipxe", true);
  const Rehearsal without = rehearse("ipxe", true, {Quirk::kProxyWaitLeftOut});
  EXPECT_THAT(without.failures, IsEmpty());
  EXPECT_GE(without.done_at - with.done_at, std::chrono::seconds(2));
}

// Of these two either is enough.
TEST(Quirks, AnOldRomNeedsTheNulOrTheNameCut) {
  EXPECT_EQ(rehearse("old-rom", true).quirks[Quirk::kEndByteInName], 0U);
  const Rehearsal cut = rehearse("old-rom", true, {Quirk::kBootFileTerminated});
  EXPECT_THAT(cut.failures, IsEmpty());
  EXPECT_GT(cut.quirks[Quirk::kEndByteInName], 0U);
  EXPECT_THAT(rehearse("old-rom", true, {Quirk::kEndByteInName}).failures, IsEmpty());
  EXPECT_THAT(rehearse("old-rom", true, {Quirk::kBootFileTerminated, Quirk::kEndByteInName}).failures, SizeIs(1));
}

TEST(Quirks, AnOldRomBesideAnotherDhcpServerNeedsTheNameCut) {
  EXPECT_THAT(rehearse("old-rom", false, {Quirk::kEndByteInName}).failures, SizeIs(1));
}

TEST(Quirks, ShimNeedsItsSecondStageLookedForBesideItself) {
  EXPECT_THAT(rehearse("shim-bare", true, {Quirk::kBareSecondStage}).failures, SizeIs(1));
}

TEST(Quirks, ShimWithGarbledLoadOptionsNeedsTheUsualName) {
  EXPECT_THAT(rehearse("shim-garbled", true, {Quirk::kGarbledSecondStage}).failures, SizeIs(1));
}

TEST(Quirks, WindowsNeedsItsNamesInAnyCase) {
  EXPECT_THAT(rehearse("windows", true, {Quirk::kNameInAnyCase}).failures, SizeIs(1));
}

// The machine boots all the same: it is the operator who would be told of a failed transfer.
TEST(Quirks, AnEdk2SizeProbeWouldBeAFailedTransfer) {
  EXPECT_EQ(rehearse("edk2", true).refused_by_peer, 0U);
  EXPECT_GT(rehearse("edk2", true, {Quirk::kSizeProbe}).refused_by_peer, 0U);
}

}  // namespace
}  // namespace rackcast::sim
