// What both engines make of a plan: who is switched on when, the machines, and what troublemakers say.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "proto/dhcp/message.h"
#include "proto/dhcp/options.h"
#include "proto/tftp/packet.h"
#include "tools/sim/machines/mac_plan.h"
#include "tools/sim/scenario/hostile_messages.h"
#include "tools/sim/scenario/power_plan.h"
#include "tools/sim/scenario/rack_machines.h"

namespace rackcast::sim {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::Pair;

std::vector<std::pair<Span, std::uint32_t>> agenda_of(const RunPlan& plan) {
  std::vector<std::pair<Span, std::uint32_t>> all;
  for (PowerPlan power(plan); power.next() != kNever;) {
    const Span at = power.next().time_since_epoch();
    all.emplace_back(at, power.take().value());
  }
  return all;
}

TEST(PowerPlan, IsInOrderOfTimeAndThenOfMachines) {
  RunPlan plan;
  plan.machines.resize(3);
  plan.machines[0].power_on = Instant(2s);
  plan.machines[1].power_on = Instant(1s);
  plan.machines[2].power_on = Instant(1s);
  plan.machines[1].restart_at = Instant(2s);
  EXPECT_THAT(agenda_of(plan), ElementsAre(Pair(1s, 1), Pair(1s, 2), Pair(2s, 0), Pair(2s, 1)));
}

TEST(PowerPlan, RestartsAgainUntilTheEnd) {
  RunPlan plan;
  plan.machines.resize(1);
  plan.machines[0].restart_at = Instant(10s);
  plan.machines[0].restart_every = 4s;
  plan.restarts_end = Instant(18s);
  EXPECT_THAT(agenda_of(plan), ElementsAre(Pair(0s, 0), Pair(10s, 0), Pair(14s, 0)));
  plan.restarts_end = Instant(10s);
  EXPECT_THAT(agenda_of(plan), ElementsAre(Pair(0s, 0)));
}

TEST(RackMachines, AreThePlansWithASeedEach) {
  RunPlan plan;
  plan.seed = 7;
  plan.machines.resize(200);
  plan.machines[5].pace.ack_delay = 3ms;
  plan.machines[5].profile = &all_profiles().back();
  const auto machines = rack_machines(plan);
  ASSERT_EQ(machines.size(), 200U);
  EXPECT_EQ(machines[5].pace.ack_delay, 3ms);
  EXPECT_EQ(machines[5].profile, &all_profiles().back());
  EXPECT_EQ(machines[5].identity.mac, identity_of(MachineId{5}).mac);
  std::set<std::uint64_t> seeds;
  for (const RackMachine& machine : machines) seeds.insert(machine.seed);
  plan.seed = 8;
  for (const RackMachine& machine : rack_machines(plan)) seeds.insert(machine.seed);
  EXPECT_EQ(seeds.size(), 400U);
}

TEST(HostileMessages, ABrokenDiscoverIsAMessageWithoutAnEnd) {
  std::array<std::byte, kHostileBytesMax> room{};
  Random random(1);
  int discovers = 0;
  for (int i = 0; i < 200; ++i) {
    const BrokenDiscover broken = broken_discover(room, random);
    const auto message = dhcp4::parse_message(broken.message);
    ASSERT_TRUE(message.has_value());
    EXPECT_EQ(message->header.mac(), broken.mac);
    EXPECT_FALSE(machine_of(broken.mac)) << "it would speak in a machine's name";
    std::array<std::byte, kHostileBytesMax> scratch{};
    const dhcp4::Options options(*message, std::span(scratch).first(broken.message.size()));
    if (options.message_type() == dhcp4::MessageType::kDiscover) ++discovers;
  }
  EXPECT_GT(discovers, 50);
  EXPECT_LT(discovers, 150);
}

TEST(HostileMessages, NoiseIsBoundedAndARequestIsOne) {
  std::array<std::byte, kHostileBytesMax> room{};
  Random random(2);
  for (int i = 0; i < 1'000; ++i) {
    const std::size_t size = hostile_noise(room, random).size();
    EXPECT_GE(size, 1U);
    EXPECT_LE(size, kHostileBytesMax);
  }
  const tftp::Packet packet = tftp::parse(hostile_request(room, "big.iso"));
  ASSERT_TRUE(std::holds_alternative<tftp::Request>(packet));
  EXPECT_EQ(std::get<tftp::Request>(packet).filename, "big.iso");
}

}  // namespace
}  // namespace rackcast::sim
