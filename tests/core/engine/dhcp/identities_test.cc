// One machine that goes by several identities: ROM, loader and system each send what they like.
#include "tests/core/engine/dhcp/rack.h"

namespace rackcast::engine::dhcp_test {
namespace {

constexpr MachineKeyKind kKinds[] = {MachineKeyKind::kMac, MachineKeyKind::kUuid, MachineKeyKind::kClientIdentifier};

const std::string kGuid("\0ABCDEFGHIJKLMNOP", 17);

ClientMessage as_rom(ClientMessage message) {
  return message.with(OptionCode::kClientIdentifier, kGuid).with(OptionCode::kMachineId, kGuid);
}
ClientMessage as_system(ClientMessage message) {
  return message.with(OptionCode::kClientIdentifier, "\xFF\x12\x34some-duid");
}

HostConfig reserved(unsigned machine, net::Ipv4Address address) {
  HostConfig host;
  host.name = "ns";
  host.mac = mac(machine);
  host.address = address;
  return host;
}

Config with_key(MachineKeyKind kind, std::vector<HostConfig> hosts = {}) {
  Config config = rack_config();
  config.dhcp->machine_key = kind;
  config.dhcp->hosts = std::move(hosts);
  return config;
}

TEST(DhcpIdentities, AReservedAddressIsTheMachinesInEveryStage) {
  for (const MachineKeyKind kind : kKinds) {
    SCOPED_TRACE(static_cast<int>(kind));
    Rack rack(with_key(kind, {reserved(1, ip(200))}));
    EXPECT_EQ(rack.ask(as_rom(discover(1)))->yiaddr(), ip(200));
    EXPECT_EQ(rack.ask(as_rom(selecting(1, ip(200))))->type(), MessageType::kAck);
    EXPECT_EQ(rack.ask(as_system(discover(1)))->yiaddr(), ip(200));
    EXPECT_EQ(rack.ask(as_system(selecting(1, ip(200))))->type(), MessageType::kAck);
    EXPECT_EQ(rack.rows.back().client_identifier.view(), "\xFF\x12\x34some-duid");
    EXPECT_EQ(rack.ask(as_rom(init_reboot(1, ip(200))))->type(), MessageType::kAck);
    EXPECT_EQ(rack.ask(discover(2))->yiaddr(), ip(2));
    EXPECT_EQ(rack.ask(init_reboot(2, ip(200)))->type(), MessageType::kNak);
    EXPECT_EQ(rack.ask(as_system(from_address(MessageType::kRelease, 2, ip(200))), by_unicast(ip(200))), nullptr);
    EXPECT_EQ(rack.state(ip(200)), LeaseState::kActive) << "another's RELEASE";
    EXPECT_EQ(rack.ask(as_system(from_address(MessageType::kRelease, 1, ip(200))), by_unicast(ip(200))), nullptr);
    EXPECT_EQ(rack.state(ip(200)), LeaseState::kReleased) << "whichever stage says so";
  }
}

// The rule holds through a restart and a reload; what was another's before it was reserved stays so until it ends.
TEST(DhcpIdentities, AReservationIsTheHostsAfterARestartAndAReload) {
  const auto two_hosts = [](MachineKeyKind kind) {
    return with_key(kind, {reserved(3, ip(201)), reserved(1, ip(200))});
  };
  for (const MachineKeyKind kind : kKinds) {
    SCOPED_TRACE(static_cast<int>(kind));
    Rack first(with_key(kind, {reserved(1, ip(200))}));
    EXPECT_EQ(first.ask(as_rom(discover(1)))->yiaddr(), ip(200));
    EXPECT_EQ(first.ask(as_rom(selecting(1, ip(200))))->type(), MessageType::kAck);
    Rack second(two_hosts(kind), {}, {first.rows.back()});
    EXPECT_EQ(second.ask(as_system(init_reboot(1, ip(200))))->type(), MessageType::kAck);
    first.complete(ConfigSwapped{std::make_shared<Config>(two_hosts(kind)), {}});
    EXPECT_EQ(first.ask(as_system(init_reboot(1, ip(200))))->type(), MessageType::kAck) << "its number is another now";
    first.complete(ConfigSwapped{std::make_shared<Config>(with_key(kind, {reserved(9, ip(200))})), {}});
    EXPECT_NE(first.ask(discover(9))->yiaddr(), ip(200)) << "in use";
    Rack third(with_key(kind, {reserved(9, ip(200))}), {}, {first.rows.back()});
    EXPECT_NE(third.ask(discover(9))->yiaddr(), ip(200)) << "in use";
  }
}

TEST(DhcpIdentities, AnAckThatWaitsForAnEarlierStageIsNotSent) {
  Rack rack(with_key(MachineKeyKind::kClientIdentifier, {reserved(1, ip(200))}));
  (void)rack.ask(as_rom(discover(1)));
  rack.deliver(as_rom(selecting(1, ip(200))));
  rack.deliver(as_system(discover(1)));
  EXPECT_EQ(rack.take()->type(), MessageType::kOffer);
  rack.commit();
  EXPECT_EQ(rack.take(), nullptr);
  EXPECT_EQ(rack.drops(DhcpDrop::kAddressLost), 1U);
  EXPECT_EQ(rack.ask(as_system(selecting(1, ip(200))))->type(), MessageType::kAck);
}

// As dhcpd sees it: a lease without a uid is anybody's with its hardware address; one with a uid is nobody else's.
TEST(DhcpIdentities, AStageWithoutAnIdentifierSharesItsAddressWithOneThatHasOne) {
  Rack rack(with_key(MachineKeyKind::kClientIdentifier));
  EXPECT_EQ(rack.lease(1), ip(2));
  EXPECT_EQ(rack.ask(as_system(discover(1)))->yiaddr(), ip(2));
  EXPECT_EQ(rack.ask(as_system(selecting(1, ip(2))))->type(), MessageType::kAck);
  EXPECT_EQ(rack.ask(as_rom(discover(1)))->yiaddr(), ip(3));
}

TEST(DhcpIdentities, ARunningMachineRenewsUnderAnotherKeyKindAfterARestart) {
  for (const MachineKeyKind before : kKinds) {
    Rack first(with_key(before));
    EXPECT_EQ(first.ask(as_rom(discover(1)))->yiaddr(), ip(2));
    EXPECT_EQ(first.ask(as_rom(selecting(1, ip(2))))->type(), MessageType::kAck);
    for (const MachineKeyKind after : kKinds) {
      SCOPED_TRACE(::testing::Message() << static_cast<int>(before) << " to " << static_cast<int>(after));
      Rack second(with_key(after), {}, {first.rows.back()});
      const auto ack = second.ask(as_rom(from_address(MessageType::kRequest, 1, ip(2))), by_unicast(ip(2)));
      ASSERT_NE(ack, nullptr);
      EXPECT_EQ(ack->type(), MessageType::kAck);
      EXPECT_EQ(second.ask(as_rom(discover(1)))->yiaddr(), ip(2));
      EXPECT_EQ(second.ask(discover(2))->yiaddr(), ip(3));
    }
  }
}

TEST(DhcpIdentities, AHostWithSeveralIsTheMachineThatHasAnyOfThem) {
  HostConfig host = reserved(1, ip(200));
  const auto id = std::as_bytes(std::span(std::string_view("\0foo", 4)));
  host.identity.client_identifier.assign(id.begin(), id.end());
  for (const MachineKeyKind kind : kKinds) {
    SCOPED_TRACE(static_cast<int>(kind));
    Rack rack(with_key(kind, {host}));
    EXPECT_EQ(rack.ask(discover(1))->yiaddr(), ip(200));
    const std::string foo("\0foo", 4);
    EXPECT_EQ(rack.ask(discover(7).with(OptionCode::kClientIdentifier, foo))->yiaddr(), ip(200)) << "another card";
    EXPECT_EQ(rack.ask(discover(8))->yiaddr(), ip(2));
  }
}

TEST(DhcpIdentities, AnAddressThatWasPutToRestAndThenReservedIsTheHosts) {
  Rack rack;
  EXPECT_EQ(rack.lease(1), ip(2));
  EXPECT_EQ(rack.ask(ClientMessage(MessageType::kDecline, 1).with(OptionCode::kRequestedAddress, ip(2))), nullptr);
  EXPECT_EQ(rack.state(ip(2)), LeaseState::kAbandoned);
  rack.complete(ConfigSwapped{std::make_shared<Config>(with_key(MachineKeyKind::kMac, {reserved(9, ip(2))})), {}});
  EXPECT_EQ(rack.ask(discover(9))->yiaddr(), ip(2));
}

}  // namespace
}  // namespace rackcast::engine::dhcp_test
