// Rules about leases themselves: how many a machine has, what it is known by, how long they last and addresses rest.
#include "tests/core/engine/dhcp/rack.h"
#include "tests/core/engine/dhcp/rules.h"

namespace rackcast::engine::dhcp_test {
namespace {

const Arrival kOnEth1{.socket = 1};

// What one rule for everybody gives.
Rack rack_with(std::string_view rules, MachineKeyKind key = MachineKeyKind::kMac) {
  Config config = rack_config();
  RuleText text(*config.dhcp);
  config.dhcp->rules = text.rules(rules);
  config.dhcp->machine_key = key;
  return Rack(std::move(config));
}

net::Ipv4Address lease_on_eth1(Rack& rack, unsigned machine) {
  const auto offer = rack.ask(discover(machine), kOnEth1);
  if (offer == nullptr) return {};
  const auto ack = rack.ask(selecting(machine, offer->yiaddr(), kServer2), kOnEth1);
  return ack != nullptr && ack->type() == MessageType::kAck ? ack->yiaddr() : net::Ipv4Address{};
}

TEST(DhcpOneLease, AMachineThatMovedHasItsOldAddressNoLonger) {
  Rack rack = rack_with("one-lease-per-client on;");
  ASSERT_EQ(rack.lease(1), ip(2));
  const net::Ipv4Address moved = lease_on_eth1(rack, 1);
  ASSERT_EQ(moved, net::Ipv4Address(10, 0, 0, 10));
  EXPECT_EQ(rack.state(ip(2)), LeaseState::kReleased);
  EXPECT_EQ(rack.state(moved), LeaseState::kActive);
  EXPECT_EQ(rack.engine.stats().others_released, 1U);
  rack.commit();
  EXPECT_EQ(rack.rows.back().address, ip(2)) << "a restart knows it, too";
  EXPECT_EQ(rack.rows.back().state, LeaseState::kReleased);
}

TEST(DhcpOneLease, OnlyWhatIsOnTheDiskEndsAnother) {
  Rack rack = rack_with("one-lease-per-client on;");
  ASSERT_EQ(rack.lease(1), ip(2));
  const auto offer = rack.ask(discover(1), kOnEth1);
  ASSERT_NE(offer, nullptr);
  EXPECT_EQ(rack.state(ip(2)), LeaseState::kActive);
  rack.deliver(selecting(1, offer->yiaddr(), kServer2), kOnEth1);
  rack.commit(false);
  EXPECT_EQ(rack.state(ip(2)), LeaseState::kActive);
}

TEST(DhcpOneLease, WithoutTheRuleAMachineHasOneOnEachNetwork) {
  Rack rack;
  ASSERT_EQ(rack.lease(1), ip(2));
  ASSERT_NE(lease_on_eth1(rack, 1), net::Ipv4Address());
  EXPECT_EQ(rack.state(ip(2)), LeaseState::kActive);
}

ClientMessage named(ClientMessage message, const char* identifier) {
  return std::move(message.with(OptionCode::kClientIdentifier, identifier));
}

TEST(DhcpClientUids, WithoutTheRuleEachIdentifierIsAMachine) {
  Rack rack = rack_with("ignore-client-uids off;", MachineKeyKind::kClientIdentifier);
  EXPECT_EQ(rack.ask(named(discover(1), "rom"))->yiaddr(), ip(2));
  EXPECT_EQ(rack.ask(named(discover(1), "system"))->yiaddr(), ip(3));
}

TEST(DhcpClientUids, IgnoredTheyAreOne) {
  Rack rack = rack_with("ignore-client-uids on;", MachineKeyKind::kClientIdentifier);
  EXPECT_EQ(rack.ask(named(discover(1), "rom"))->yiaddr(), ip(2));
  EXPECT_EQ(rack.ask(named(selecting(1, ip(2)), "rom"))->type(), MessageType::kAck);
  EXPECT_EQ(rack.ask(named(discover(1), "system"))->yiaddr(), ip(2));
  EXPECT_EQ(rack.ask(named(selecting(1, ip(2)), "system"))->type(), MessageType::kAck);
  EXPECT_EQ(rack.rows.back().key, MachineKey::of_mac(mac(1)));
  EXPECT_EQ(rack.ask(named(discover(2), "rom"))->yiaddr(), ip(3)) << "another machine with the identifier";
  EXPECT_EQ(rack.ask(named(from_address(MessageType::kRelease, 1, ip(2)), "rom"), by_unicast(ip(2))), nullptr);
  EXPECT_EQ(rack.state(ip(2)), LeaseState::kReleased);
}

TEST(DhcpClientUids, TheRuleOfOneNetworkHoldsThere) {
  Config config = rack_config();
  RuleText text(*config.dhcp);
  config.dhcp->subnets[1].rules = text.rules("ignore-client-uids on;");
  config.dhcp->machine_key = MachineKeyKind::kClientIdentifier;
  Rack rack(config);
  EXPECT_EQ(rack.ask(named(discover(1), "rom"))->yiaddr(), ip(2));
  EXPECT_EQ(rack.ask(named(discover(1), "system"))->yiaddr(), ip(3));
  EXPECT_EQ(rack.ask(named(discover(1), "rom"), kOnEth1)->yiaddr(), net::Ipv4Address(10, 0, 0, 10));
  EXPECT_EQ(rack.ask(named(discover(1), "system"), kOnEth1)->yiaddr(), net::Ipv4Address(10, 0, 0, 10));
}

TEST(DhcpAbandon, AnAddressRestsAsLongAsTheRuleSays) {
  Rack rack = rack_with("abandon-lease-time 600;");
  ASSERT_EQ(rack.lease(1), ip(2));
  rack.deliver(ClientMessage(MessageType::kDecline, 1).with(OptionCode::kRequestedAddress, ip(2)));
  EXPECT_EQ(rack.state(ip(2)), LeaseState::kAbandoned);
  EXPECT_EQ(rack.engine.leases().find(ip(2))->ends, rack.now.wall + seconds(600));
  rack.pass(seconds(600));
  EXPECT_EQ(rack.state(ip(2)), LeaseState::kFree);
}

TEST(DhcpAbandon, SoDoesOneThatAnsweredAProbe) {
  Config config = rack_config();
  RuleText text(*config.dhcp);
  config.dhcp->rules = text.rules("abandon-lease-time 600;");
  config.dhcp->conflict_probe = ConflictProbe::kArp;
  Rack rack(config);
  rack.deliver(discover(1));
  ASSERT_EQ(rack.harness.router.submitted.size(), 1U);
  const Ticket ticket = std::get<ProbeAddress>(rack.harness.router.submitted.front()).ticket;
  rack.complete(AddressProbed{ticket, true});
  EXPECT_EQ(rack.engine.leases().find(ip(2))->ends, rack.now.wall + seconds(600));
}

TEST(DhcpLeaseTime, AnInfiniteLeaseNeverEnds) {
  Config config = rack_config();
  RuleText text(*config.dhcp);
  config.dhcp->rules = text.rules("default-lease-time infinite; max-lease-time infinite;");
  config.dhcp->subnets[0].lease_seconds = {};
  Rack rack(config);
  EXPECT_EQ(rack.ask(discover(1))->options.u32(OptionCode::kLeaseTime), 0xFFFF'FFFFU);
  const auto ack = rack.ask(selecting(1, ip(2)));
  ASSERT_NE(ack, nullptr);
  EXPECT_EQ(ack->options.u32(OptionCode::kLeaseTime), 0xFFFF'FFFFU);
  EXPECT_EQ(rack.rows.back().ends, WallTime::max());
  rack.pass(hours(24 * 365));
  EXPECT_EQ(rack.state(ip(2)), LeaseState::kActive);
  const auto again = rack.ask(selecting(1, ip(2)));
  ASSERT_NE(again, nullptr);
  EXPECT_EQ(again->options.u32(OptionCode::kLeaseTime), 0xFFFF'FFFFU);
  EXPECT_EQ(rack.engine.stats().acks_unwritten, 1U);
}

TEST(DhcpMinSecs, KeepsOffersWaitingAndNobodyWhoHasOne) {
  Rack rack = rack_with("min-secs 3;");
  EXPECT_EQ(rack.ask(discover(1)), nullptr);
  EXPECT_EQ(rack.drops(DhcpDrop::kTooSoon), 1U);
  ClientMessage patient = discover(1);
  patient.header.secs = 3;
  ASSERT_NE(rack.ask(patient), nullptr);
  ASSERT_NE(rack.ask(selecting(1, ip(2))), nullptr) << "secs 0 in its REQUEST";
  EXPECT_NE(rack.ask(from_address(MessageType::kRequest, 1, ip(2)), by_unicast(ip(2))), nullptr) << "nor renewing";
}

}  // namespace
}  // namespace rackcast::engine::dhcp_test
