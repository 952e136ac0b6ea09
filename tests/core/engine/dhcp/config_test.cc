// Reservations, host entries, and configuration swapped under a running engine.
#include <set>

#include "tests/core/engine/dhcp/rack.h"

namespace rackcast::engine::dhcp_test {
namespace {

HostConfig host(unsigned machine, std::optional<net::Ipv4Address> address) {
  HostConfig config;
  config.name = "ns";
  config.mac = mac(machine);
  config.address = address;
  return config;
}

Config with_hosts(std::vector<HostConfig> hosts) {
  Config config = rack_config();
  config.dhcp->hosts = std::move(hosts);
  return config;
}

ClientMessage pxe(ClientMessage message) {
  return message.with(OptionCode::kVendorClass, "PXEClient:Arch:00000:UNDI:002001");
}

TEST(DhcpHosts, AReservationIsGivenToItsMachineAndToNobodyElse) {
  Rack rack(with_hosts({host(9, ip(2))}));
  EXPECT_EQ(rack.ask(discover(1).with(OptionCode::kRequestedAddress, ip(2)))->yiaddr(), ip(3));
  EXPECT_EQ(rack.lease(9), ip(2));
  EXPECT_EQ(rack.ask(init_reboot(9, ip(2)))->type(), MessageType::kAck);
  EXPECT_EQ(rack.ask(init_reboot(1, ip(2)))->type(), MessageType::kNak);
}

TEST(DhcpHosts, WhatSomebodyHasAlreadyIsNeverLeased) {
  Config config = rack_config();
  SubnetConfig& subnet = config.dhcp->subnets.front();
  subnet.ranges = {{ip(108), ip(114)}};  // .110 is the server
  subnet.routers = {ip(108)};
  subnet.dns = {ip(112), {222, 88, 88, 88}};
  subnet.next_server = ip(114);
  Rack rack(config);
  const auto asked = rack.ask(discover(1).with(OptionCode::kRequestedAddress, kServer));
  ASSERT_NE(asked, nullptr);
  EXPECT_EQ(asked->yiaddr(), ip(109));
  EXPECT_EQ(rack.lease(2), ip(111));
  EXPECT_EQ(rack.lease(3), ip(113));
  EXPECT_EQ(rack.ask(discover(4)), nullptr) << "nothing else is free";
  EXPECT_EQ(rack.ask(init_reboot(5, kServer)), nullptr);
}

TEST(DhcpConfig, AReloadTakesTheInterfacesPresentAddresses) {
  Rack rack;
  EXPECT_EQ(rack.lease(1), ip(2));
  const net::Ipv4Address moved = ip(3);
  rack.complete(ConfigSwapped{std::make_shared<Config>(rack_config()),
                              std::make_shared<std::vector<InterfaceAddresses>>(std::vector<InterfaceAddresses>{
                                  {"eth0", {{moved, *net::Ipv4Prefix::parse("192.168.1.0/24")}}}})});
  const auto offer = rack.ask(discover(2));
  ASSERT_NE(offer, nullptr);
  EXPECT_EQ(offer->yiaddr(), ip(4)) << "3 is ours now";
  EXPECT_EQ(offer->options.server_identifier(), moved);
  EXPECT_EQ(rack.ask(discover(3), {.socket = 1})->options.server_identifier(), kServer2) << "not told of: as it was";
}

TEST(DhcpHosts, AReservedMachineNeedsNoHistoryToReboot) {
  Rack rack(with_hosts({host(9, ip(200))}));
  EXPECT_EQ(rack.ask(init_reboot(9, ip(200)))->type(), MessageType::kAck);
  const auto nak = rack.ask(init_reboot(9, ip(77)));
  ASSERT_NE(nak, nullptr);
  EXPECT_EQ(nak->text(OptionCode::kMessageText), "requested address is incorrect");
}

TEST(DhcpHosts, AFixedAddressOutsideEverySubnetIsNeverOffered) {
  Rack rack(with_hosts({host(9, net::Ipv4Address(207, 175, 42, 254))}));
  EXPECT_EQ(rack.lease(9), ip(2));
}

TEST(DhcpHosts, AReservationForAnotherNetworkDoesNotApplyHere) {
  HostConfig elsewhere = host(9, net::Ipv4Address(10, 0, 0, 50));
  elsewhere.filename = "other.0";
  Rack rack(with_hosts({elsewhere}));
  const auto here = rack.ask(pxe(discover(9)));
  EXPECT_EQ(here->yiaddr(), ip(2));
  EXPECT_EQ(here->message.file_text(), "pxelinux.0");
  const auto there = rack.ask(pxe(discover(9)), {.socket = 1});
  EXPECT_EQ(there->yiaddr(), net::Ipv4Address(10, 0, 0, 50));
  EXPECT_EQ(there->message.file_text(), "other.0");
}

TEST(DhcpHosts, OneMachineMayHaveAnAddressInEachNetwork) {
  Rack rack(with_hosts({host(9, ip(200)), host(9, net::Ipv4Address(10, 0, 0, 50))}));
  EXPECT_EQ(rack.ask(discover(9))->yiaddr(), ip(200));
  EXPECT_EQ(rack.ask(discover(9), {.socket = 1})->yiaddr(), net::Ipv4Address(10, 0, 0, 50));
}

TEST(DhcpHosts, TheHostsOwnBootFileServerAndNameAreUsed) {
  HostConfig own = host(9, std::nullopt);
  own.filename = "special.0";
  own.next_server = ip(111);
  own.hostname = "ns.a.com";
  Rack rack(with_hosts({own}));
  const auto offer = rack.ask(pxe(discover(9)));
  EXPECT_EQ(offer->yiaddr(), ip(2));  // known, but not reserved
  EXPECT_EQ(offer->message.header.siaddr, ip(111));
  EXPECT_EQ(offer->text(OptionCode::kTftpServerName), "192.168.1.111");
  EXPECT_EQ(offer->message.file_text(), "special.0");
  EXPECT_EQ(offer->options.host_name(), "ns.a.com");
  EXPECT_EQ(offer->options.server_identifier(), kServer);
}

TEST(DhcpHosts, TheSubnetsNextServerIsUsedButNotForTheUrl) {
  Config config = rack_config();
  config.dhcp->subnets[0].next_server = ip(120);
  config.dhcp->boot.by_architecture["bios"] = "http://{{server}}/x";
  Rack rack(config);
  const auto offer = rack.ask(pxe(discover(1)));
  EXPECT_EQ(offer->message.header.siaddr, ip(120));
  EXPECT_EQ(offer->message.file_text(), "http://192.168.1.110/x");  // {{server}} is the address that was asked
}

TEST(DhcpSwap, NewReservationsAndSubnetsApplyToTheNextMessage) {
  Rack rack;
  EXPECT_EQ(rack.lease(1), ip(2));
  Config next = with_hosts({host(1, ip(200))});
  next.dhcp->subnets[0].lease_seconds.preset = 600;
  rack.swap(next);
  EXPECT_EQ(rack.state(ip(2)), LeaseState::kActive);  // existing leases are kept
  const auto offer = rack.ask(discover(1));
  EXPECT_EQ(offer->yiaddr(), ip(200));
  EXPECT_EQ(offer->options.u32(OptionCode::kLeaseTime), 600U);
  EXPECT_EQ(rack.ask(selecting(1, ip(200)))->type(), MessageType::kAck);
  EXPECT_EQ(rack.state(ip(2)), LeaseState::kReleased);  // one machine, one address
}

TEST(DhcpSwap, AReservationOfALeasedAddressWaitsUntilTheLeaseEnds) {
  Rack rack;
  EXPECT_EQ(rack.lease(1), ip(2));
  rack.swap(with_hosts({host(9, ip(2))}));
  EXPECT_EQ(rack.ask(discover(9))->yiaddr(), ip(3));
  rack.pass(hours(7));
  EXPECT_EQ(rack.ask(discover(9))->yiaddr(), ip(2));
}

TEST(DhcpSwap, OffersAndHeldAcksSurviveIt) {
  Rack rack;
  (void)rack.ask(discover(1));
  rack.deliver(discover(2));
  (void)rack.take();
  rack.deliver(selecting(2, ip(3)));
  rack.swap(rack_config());
  rack.commit();
  const auto ack = rack.take();
  ASSERT_NE(ack, nullptr);
  EXPECT_EQ(ack->type(), MessageType::kAck);
  EXPECT_EQ(ack->yiaddr(), ip(3));
  EXPECT_EQ(rack.state(ip(2)), LeaseState::kOffered);
  EXPECT_EQ(rack.ask(discover(9))->yiaddr(), ip(4));
}

TEST(DhcpSwap, TheServiceCanBeTurnedOffAndOnWithoutForgetting) {
  Rack rack;
  EXPECT_EQ(rack.lease(1), ip(2));
  rack.swap(Config{});
  EXPECT_EQ(rack.ask(discover(1)), nullptr);
  EXPECT_EQ(rack.drops(DhcpDrop::kServiceOff), 1U);
  rack.swap(rack_config());
  EXPECT_EQ(rack.ask(init_reboot(1, ip(2)))->type(), MessageType::kAck);
}

TEST(DhcpSwap, TurningTheServiceOffForgetsNeitherEndedNorRestingLeases) {
  Rack rack;
  EXPECT_EQ(rack.lease(1), ip(2));
  EXPECT_EQ(rack.lease(2), ip(3));
  EXPECT_EQ(rack.ask(from_address(MessageType::kRelease, 1, ip(2)), by_unicast(ip(2))), nullptr);
  EXPECT_EQ(rack.ask(ClientMessage(MessageType::kDecline, 2).with(OptionCode::kRequestedAddress, ip(3))), nullptr);
  rack.swap(Config{});
  rack.pass(hours(1));
  rack.swap(rack_config());
  EXPECT_EQ(rack.state(ip(2)), LeaseState::kReleased);
  EXPECT_EQ(rack.state(ip(3)), LeaseState::kAbandoned);
  EXPECT_EQ(rack.ask(discover(1))->yiaddr(), ip(2));
}

TEST(DhcpSwap, TheLeaseTableFollowsWhatTheConfigurationSaysOfAddresses) {
  Rack rack(with_hosts({host(9, ip(200))}));
  EXPECT_EQ(rack.lease(1), ip(2));
  Config next = with_hosts({host(9, ip(200)), host(8, std::nullopt)});  // a host without an address is no reservation
  next.dhcp->subnets[0].lease_seconds.preset = 600;
  rack.swap(next);
  EXPECT_EQ(rack.ask(discover(3))->options.u32(OptionCode::kLeaseTime), 600U);
  EXPECT_EQ(rack.ask(discover(9))->yiaddr(), ip(200));

  const auto layout = [&] { return rack.engine.leases().layout(); };
  next.dhcp->hosts[0].address = ip(201);
  rack.swap(next);
  EXPECT_EQ(layout().reservations[0].address, ip(201));
  next.dhcp->hosts[0].mac = mac(10);
  rack.swap(next);
  EXPECT_EQ(layout().reservations[0].key, MachineKey::of_mac(mac(10)));
  next.dhcp->subnets[0].ranges[0].last = ip(100);
  next.dhcp->subnets[0].ranges.push_back({ip(110), ip(120)});
  rack.swap(next);
  EXPECT_EQ(layout().pools[0].ranges.back().last, ip(120));
  next.dhcp->subnets.pop_back();
  rack.swap(next);
  EXPECT_EQ(layout().pools.size(), next.dhcp->subnets.size());
  EXPECT_EQ(rack.state(ip(2)), LeaseState::kActive);
}

TEST(DhcpSwap, TheLeaseTablesCountersGoOn) {
  Rack rack;
  (void)rack.ask(discover(1));
  rack.pass(seconds(120));
  EXPECT_EQ(rack.engine.leases().stats().offers_expired, 1U);
  for (unsigned n = 1; n <= 2; ++n) {
    rack.swap(with_hosts({host(9, ip(200 + n))}));
    EXPECT_EQ(rack.engine.leases().stats().offers_expired, 1U);
  }
}

template <typename Stats, std::size_t kRows>
void expect_each_row_its_own_counter(const std::array<CounterRow<Stats>, kRows>& rows) {
  Stats stats;
  std::set<std::string_view> names;
  for (const CounterRow<Stats>& row : rows) {
    EXPECT_EQ(stats.*row.value, 0U) << row.name << " names a counter that another row names";
    ++(stats.*row.value);
    EXPECT_TRUE(names.insert(row.name).second) << row.name;
    EXPECT_FALSE(row.help.empty()) << row.name;
  }
}

TEST(DhcpCounters, EachRowNamesItsOwnCounter) {
  expect_each_row_its_own_counter(kDhcpRows);
  expect_each_row_its_own_counter(kLeaseTableRows);
}

TEST(DhcpSwap, ALeaseOutsideTheNewRangeIsRenewedAndNotReissued) {
  Rack rack;
  EXPECT_EQ(rack.lease(1), ip(2));
  Config next = rack_config();
  next.dhcp->subnets[0].ranges = {{ip(100), ip(110)}};
  rack.swap(next);
  rack.pass(hours(3));
  EXPECT_EQ(rack.ask(from_address(MessageType::kRequest, 1, ip(2)), by_unicast(ip(2)))->type(), MessageType::kAck);
  rack.pass(hours(7));
  EXPECT_EQ(rack.ask(discover(1))->yiaddr(), ip(100));
}

}  // namespace
}  // namespace rackcast::engine::dhcp_test
