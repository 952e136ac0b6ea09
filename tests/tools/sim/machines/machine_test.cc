// How boots fail and what is left out: one machine against a server that lacks or spoils something.
#include <gtest/gtest.h>

#include <optional>
#include <set>

#include "tests/tools/sim/machines/boot_world.h"

namespace rackcast::sim {
namespace {

using std::chrono::minutes;
using test::BootWorld;

struct Boot {
  explicit Boot(std::string_view profile, RunFacts facts = {}) : world({find_profile(profile)}, std::move(facts)) {
    test::fill_demo_tree(world);
  }
  const BootWorld::Seen& run() {
    world.power_on_all();
    world.run(minutes(20));
    return world.seen();
  }
  [[nodiscard]] Stage stage() { return world.rack().stage(MachineId(0)); }

  BootWorld world;
};

TEST(MachineFailure, NoBootFile) {
  Boot boot("bios-pxelinux");
  boot.world.boot_files.clear();
  EXPECT_EQ(boot.run().failure, Failure::kNoBootFile);
  EXPECT_EQ(boot.stage(), Stage::kNbp);
}

TEST(MachineFailure, NbpNotFound) {
  Boot boot("bios-pxelinux");
  boot.world.boot_files[0] = "gone.0";
  EXPECT_EQ(boot.run().failure, Failure::kNotFound);
  EXPECT_EQ(boot.world.seen().detail, "tftp://10.99.0.1/gone.0: ERROR 1: File not found");
}

TEST(MachineFailure, EveryLookupAnsweredAndNoneFound) {
  Boot boot("bios-pxelinux");
  boot.world.tftp_files.erase("pxelinux.cfg/default");
  EXPECT_EQ(boot.run().failure, Failure::kNoConfiguration);
  EXPECT_EQ(boot.world.seen().detail,
            "none of the loader's names was found, the last was tftp://10.99.0.1/pxelinux.cfg/default");
  EXPECT_EQ(boot.world.seen().incidents[static_cast<std::size_t>(Incident::kNotFound)], 11);
}

TEST(MachineFailure, ConfigurationWithoutAKernel) {
  Boot boot("bios-pxelinux");
  boot.world.tftp_files["pxelinux.cfg/default"] = "default local\nlabel local\nlocalboot 1\n";
  EXPECT_EQ(boot.run().failure, Failure::kBadConfiguration);
  EXPECT_EQ(boot.world.seen().detail, "tftp://10.99.0.1/pxelinux.cfg/default: the default entry boots the local disk");
}

TEST(MachineFailure, HostNobodyKnows) {
  Boot boot("bios-pxelinux");
  boot.world.tftp_files["pxelinux.cfg/default"] = "default vmlinuz initrd=initrd.img ks=http://install.lab/ks.cfg";
  EXPECT_EQ(boot.run().failure, Failure::kBadConfiguration);
  RunFacts facts;
  facts.hosts = {{"install.lab", test::kServer}};
  Boot known("bios-pxelinux", facts);
  known.world.tftp_files = boot.world.tftp_files;
  EXPECT_EQ(known.run().failure, Failure::kNone) << known.world.seen().detail;
}

TEST(MachineFailure, KickstartMissingOverHttp) {
  Boot boot("edk2");
  boot.world.web_files.erase("ks.cfg");
  EXPECT_EQ(boot.run().failure, Failure::kNotFound);
  EXPECT_EQ(boot.world.seen().detail, "http://10.99.0.1/ks.cfg: not found, status 404");
}

TEST(MachineFailure, OneMissingPackageOfMany) {
  RunFacts facts;
  facts.packages = {"packages/hello.deb", "packages/gone.deb", "packages/busybox-static.deb"};
  Boot boot("edk2", facts);
  EXPECT_EQ(boot.run().failure, Failure::kNotFound);
  EXPECT_EQ(boot.world.seen().detail, "http://10.99.0.1/packages/gone.deb: not found, status 404");
  EXPECT_EQ(boot.stage(), Stage::kPackages);
}

TEST(MachineFailure, ScriptsThatChainForEver) {
  Boot boot("edk2");
  boot.world.web_files["boot.ipxe"] = "#!ipxe\nchain boot.ipxe\n";
  EXPECT_EQ(boot.run().failure, Failure::kBadConfiguration);
  EXPECT_EQ(boot.world.seen().fetched.size(), 1 + kChainsMax);
}

TEST(MachineWalk, ScriptMayChainToAnother) {
  Boot boot("edk2");
  boot.world.web_files["next/real.ipxe"] = boot.world.web_files["boot.ipxe"];
  boot.world.web_files["boot.ipxe"] = "#!ipxe\nchain next/real.ipxe ||\n";
  EXPECT_EQ(boot.run().failure, Failure::kNone) << boot.world.seen().detail;
  EXPECT_EQ(boot.world.seen().fetched[1], "http://10.99.0.1/next/real.ipxe");
}

TEST(MachineWalk, WithoutPackagesAndKickstartTheStagesAreNotEntered) {
  Boot boot("bios-pxelinux");
  boot.world.tftp_files["pxelinux.cfg/default"] = "default vmlinuz initrd=initrd.img";
  EXPECT_EQ(boot.run().failure, Failure::kNone);
  EXPECT_TRUE(boot.world.seen().fetched.empty());
  EXPECT_EQ(std::count(boot.world.seen().stages.begin(), boot.world.seen().stages.end(), Stage::kPackages), 0);
}

TEST(MachineWalk, SkippedStagesAreNotAskedFor) {
  RunFacts facts;
  facts.packages = {"packages/hello.deb"};
  facts.skipped_stages =
      (1U << static_cast<unsigned>(Stage::kKickstart)) | (1U << static_cast<unsigned>(Stage::kPackages));
  Boot boot("bios-pxelinux", facts);
  EXPECT_EQ(boot.run().failure, Failure::kNone);
  EXPECT_TRUE(boot.world.seen().fetched.empty());
  EXPECT_EQ(boot.world.seen().leases.size(), 1U);
  EXPECT_EQ(boot.world.seen().stages.back(), Stage::kDone);
}

// EDK2's HTTP driver gives up after five seconds, its loaders later.
TEST(MachineWalk, EveryStepHasItsOwnPatience) {
  Boot boot("http-boot");
  EXPECT_EQ(boot.run().failure, Failure::kNone) << boot.world.seen().detail;
  const std::vector<Span>& patience = boot.world.seen().patience;
  ASSERT_GE(patience.size(), 4U);
  EXPECT_EQ(patience.front(), std::chrono::seconds(5));
  for (std::size_t i = 1; i < patience.size(); ++i) EXPECT_EQ(patience[i], kFetchPatience) << i;
}

TEST(MachineWalk, RunsFactsOverrideKickstartAndPackagesBase) {
  RunFacts facts;
  facts.packages = {"hello.deb"};
  facts.kickstart = "http://10.99.0.1/other.cfg";
  facts.packages_base = "ftp://10.99.0.1/packages";
  Boot boot("bios-pxelinux", facts);
  boot.world.web_files["other.cfg"] = "url --url=http://10.99.0.1/nowhere/\n";
  EXPECT_EQ(boot.run().failure, Failure::kNone) << boot.world.seen().detail;
  EXPECT_EQ(boot.world.seen().fetched,
            (std::vector<std::string>{"http://10.99.0.1/other.cfg", "ftp://10.99.0.1/packages/hello.deb"}));
}

TEST(MachineWalk, PackagesStandBesideAKickstartThatNamesNoTree) {
  RunFacts facts;
  facts.packages = {"packages/hello.deb"};
  Boot boot("edk2", facts);
  boot.world.web_files["ks.cfg"] = "text\n";
  EXPECT_EQ(boot.run().failure, Failure::kNone) << boot.world.seen().detail;
  EXPECT_EQ(boot.world.seen().fetched.back(), "http://10.99.0.1/packages/hello.deb");
}

// ---- with a carrier fed by hand

class FetchingMachine : public ::testing::Test {
 protected:
  void SetUp() override {
    facts_.server = test::kServer;
    facts_.skipped_stages = 1U << static_cast<unsigned>(Stage::kDhcp);
    facts_.boot_file = "http://10.99.0.1/ipxe.efi";
    const RackMachine machine{.identity = identity_of(MachineId(0)),
                              .profile = find_profile("http-boot"),
                              .address = net::Ipv4Address(10, 99, 0, 100),
                              .seed = 1};
    rack_.emplace(std::span(&machine, 1), facts_, carrier_, observer_);
    rack_->power_on(now_, MachineId(0));
  }
  void answer(const FetchEvent& event) { rack_->on_fetch(now_, MachineId(0), event); }

  RunFacts facts_;
  test::RecordingCarrier carrier_;
  test::RecordingObserver observer_;
  std::optional<Rack> rack_;
  Instant now_{std::chrono::seconds(1)};
};

TEST_F(FetchingMachine, HttpBootAsksForHeadFirst) {
  ASSERT_EQ(carrier_.fetches.size(), 1U);
  EXPECT_TRUE(carrier_.fetches[0].head_first);
  EXPECT_EQ(carrier_.fetches[0].path, "/ipxe.efi");
  EXPECT_EQ(carrier_.fetches[0].user_agent, "UefiHttpBoot/1.0");
  EXPECT_EQ(carrier_.addresses, std::vector<net::Ipv4Address>{net::Ipv4Address(10, 99, 0, 100)});
  answer({.id = carrier_.fetches[0].id, .done = true, .status = 200, .bytes = 10});
  ASSERT_EQ(carrier_.fetches.size(), 2U);
  EXPECT_FALSE(carrier_.fetches[1].head_first);
  EXPECT_TRUE(carrier_.fetches[1].keep_text);
  EXPECT_NE(carrier_.fetches[0].id, carrier_.fetches[1].id);
}

TEST_F(FetchingMachine, ProgressCountsOnceAndTheEndTheRest) {
  const FetchId id = carrier_.fetches[0].id;
  answer({.id = id, .bytes = 4});
  answer({.id = id, .bytes = 4});
  answer({.id = id, .bytes = 9});
  EXPECT_EQ(observer_.bytes, 9U);
  answer({.id = id, .done = true, .status = 200, .bytes = 10, .digest = 77});
  EXPECT_EQ(observer_.bytes, 10U);
  ASSERT_EQ(observer_.files.size(), 1U);
  EXPECT_EQ(observer_.files[0].digest, 77U);
  answer({.id = id, .done = true, .status = 200, .bytes = 99});  // it has ended already
  EXPECT_EQ(observer_.files.size(), 1U);
}

TEST_F(FetchingMachine, EventsOfABootBeforeTheResetAreForeign) {
  const FetchId old = carrier_.fetches[0].id;
  rack_->power_on(now_, MachineId(0));
  EXPECT_EQ(carrier_.cancels, 1);
  ASSERT_EQ(carrier_.fetches.size(), 2U);
  EXPECT_NE(carrier_.fetches[1].id, old);
  answer({.id = old, .done = true, .failure = Failure::kConnectionLost});
  EXPECT_EQ(rack_->running(), 1U);
}

TEST_F(FetchingMachine, CarrierThatForgetsAFetchIsGivenUp) {
  EXPECT_EQ(rack_->next_deadline(), now_ + kFetchGuard);
  now_ += kFetchGuard;
  rack_->on_deadline(now_);
  EXPECT_EQ(observer_.failures, std::vector<Failure>{Failure::kTimeout});
  EXPECT_EQ(rack_->running(), 0U);
  EXPECT_GT(rack_->next_deadline(), now_);
}

TEST_F(FetchingMachine, FailuresOfTheCarrierAreTheMachines) {
  answer({.id = carrier_.fetches[0].id, .done = true, .failure = Failure::kConnectionLost, .bytes = 3});
  EXPECT_EQ(observer_.failures, std::vector<Failure>{Failure::kConnectionLost});
  EXPECT_EQ(observer_.detail, "http://10.99.0.1/ipxe.efi: connection lost");
}

// ---- profiles as data

TEST(Profiles, AreSoundAndTheDefaultIsFirst) {
  EXPECT_EQ(all_profiles().front().name, "bios-pxelinux");
  EXPECT_EQ(find_profile("no such"), nullptr);
  for (const Profile& profile : all_profiles()) {
    EXPECT_EQ(find_profile(profile.name), &profile) << "two of one name";
    EXPECT_FALSE(profile.description.empty());
    EXPECT_LT(profile.steps.size(), 32U);
    Stage stage = Stage::kOff;
    for (const Step& step : profile.steps) {
      EXPECT_GE(step.stage, stage) << profile.name;
      stage = step.stage;
      EXPECT_EQ(step.dhcp != nullptr, step.kind == StepKind::kDhcp) << profile.name;
      EXPECT_EQ(step.tftp == nullptr, step.kind == StepKind::kDhcp) << profile.name;
      EXPECT_TRUE(step.dhcp == nullptr || (!step.dhcp->discover_waits.empty() && !step.dhcp->request_waits.empty()));
      EXPECT_TRUE(step.tftp == nullptr || !step.tftp->waits.empty()) << profile.name;
      EXPECT_GE(step.connections, 1) << profile.name;
      EXPECT_LE(step.connections, kFetchesMax) << profile.name;
    }
  }
}

TEST(Names, OfStagesAndFailuresAreDistinct) {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < kStageCount; ++i) names.insert(stage_name(Stage(i)));
  for (std::size_t i = 0; i < kFailureCount; ++i) names.insert(failure_name(Failure(i)));
  EXPECT_EQ(names.size(), kStageCount + kFailureCount);
  EXPECT_EQ(stage_name(Stage(99)), "?");
  EXPECT_EQ(failure_name(Failure(99)), "?");
}

}  // namespace
}  // namespace rackcast::sim
