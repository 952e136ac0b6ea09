// Several subnets on a wire, several pools in a subnet, who may have their addresses, and who a host entry is.
#include <gmock/gmock.h>

#include "tests/core/engine/dhcp/rack.h"
#include "tests/core/engine/dhcp/rules.h"

namespace rackcast::engine::dhcp_test {
namespace {

const Arrival kByRelay{0, kServer, {kRelay, dhcp4::kServerPort}};

Config bare_config() {
  Config config;
  config.dhcp.emplace();
  config.dhcp->subnets = {make_subnet("192.168.1.0/24", "", "")};
  return config;
}

PoolConfig pool(unsigned first, unsigned last) {
  PoolConfig config;
  config.ranges = {{ip(first), ip(last)}};
  return config;
}

HostConfig known_host(unsigned machine, std::optional<net::Ipv4Address> address = std::nullopt) {
  HostConfig host;
  host.name = "node";
  host.mac = mac(machine);
  host.address = address;
  return host;
}

std::vector<std::byte> octets(std::string_view text) {
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

ClientMessage relayed(ClientMessage message, std::string_view relay_info = {}) {
  message.header.giaddr = kRelay;
  if (!relay_info.empty()) message.with(OptionCode::kRelayAgentInfo, std::string(relay_info));
  return message;
}

ClientMessage pxe(ClientMessage message) {
  return message.with(OptionCode::kVendorClass, "PXEClient");
}

// By circuit identifier.
ClientMessage at_port(unsigned machine, char port) {
  return relayed(discover(machine), std::string("\x01\x01", 2) + port);
}

TEST(DhcpPools, PermitsSayWhoMayHaveWhich) {
  Config config = bare_config();
  DhcpConfig& dhcp = *config.dhcp;
  RuleText text(dhcp);
  text.add_class("pxe", "substring (option vendor-class-identifier, 0, 9) = \"PXEClient\"");
  PoolConfig for_class = pool(10, 19);
  for_class.allow = {{PermitKind::kMembersOf, 0}};
  PoolConfig for_known = pool(20, 29);
  for_known.allow = {{PermitKind::kKnownClients}};
  for_known.deny = {{PermitKind::kMembersOf, 0}};
  PoolConfig for_strangers = pool(30, 39);
  for_strangers.deny = {{PermitKind::kKnownClients}, {PermitKind::kMembersOf, 0}};
  PoolConfig for_bootp = pool(40, 49);
  for_bootp.bootp = true;
  for_bootp.allow = {{PermitKind::kDynamicBootp}};
  dhcp.subnets[0].pools = {for_class, for_known, for_strangers, for_bootp};
  dhcp.hosts = {known_host(2)};
  Rack rack(config);
  EXPECT_EQ(rack.ask(discover(1).with(OptionCode::kVendorClass, "PXEClient"))->yiaddr(), ip(10));
  EXPECT_EQ(rack.ask(discover(2))->yiaddr(), ip(20));
  EXPECT_EQ(rack.ask(discover(3))->yiaddr(), ip(30));
  EXPECT_EQ(rack.ask(ClientMessage(std::nullopt, 4))->yiaddr(), ip(40));
}

TEST(DhcpPools, WhoIsInNoPoolAnyMoreLosesItsAddress) {
  Config config = bare_config();
  RuleText text(*config.dhcp);
  text.add_class("pxe", "substring (option vendor-class-identifier, 0, 9) = \"PXEClient\"");
  PoolConfig for_class = pool(10, 19);
  for_class.allow = {{PermitKind::kMembersOf, 0}};
  config.dhcp->subnets[0].pools = {for_class, pool(30, 39)};
  config.dhcp->subnets[0].pools[1].deny = {{PermitKind::kMembersOf, 0}};
  Rack rack(config);
  EXPECT_EQ(rack.ask(discover(1).with(OptionCode::kVendorClass, "PXEClient"))->yiaddr(), ip(10));
  EXPECT_EQ(rack.ask(selecting(1, ip(10)).with(OptionCode::kVendorClass, "PXEClient"))->type(), MessageType::kAck);
  EXPECT_EQ(rack.ask(init_reboot(1, ip(10)))->type(), MessageType::kNak) << "its system is no PXE client";
  EXPECT_EQ(rack.ask(discover(1))->yiaddr(), ip(30));
}

// The last event's text.
std::string last_detail(Rack& rack) {
  const auto events = rack.take_events();
  return events.empty() ? "(no event)" : std::string(events.back().detail.view());
}

// To dhcpd both are "no free leases". What an operator does about it is not the same.
TEST(DhcpPools, WhomEveryPoolKeepsOutIsToldFromWhomNoPoolIsFor) {
  Config config = bare_config();
  config.dhcp->subnets[0].pools = {pool(10, 19), pool(20, 29)};
  config.dhcp->subnets[0].pools[0].allow = {{PermitKind::kKnownClients}};
  config.dhcp->subnets[0].pools[1].deny = {{PermitKind::kUnknownClients}};
  config.dhcp->subnets[0].pools[1].bootp = true;
  Rack rack(config);
  EXPECT_EQ(rack.ask(discover(1)), nullptr);
  EXPECT_EQ(rack.drops(DhcpDrop::kNoPermit), 1U);
  EXPECT_EQ(last_detail(rack), "network 192.168.1.0/24: no free leases");
  EXPECT_EQ(rack.ask(ClientMessage(std::nullopt, 1)), nullptr);
  EXPECT_EQ(rack.drops(DhcpDrop::kNoPermit), 2U);
  EXPECT_EQ(last_detail(rack), "BOOTP from dynamic client and no dynamic leases");

  Rack bare(bare_config());
  EXPECT_EQ(bare.ask(discover(1)), nullptr);
  EXPECT_EQ(bare.drops(DhcpDrop::kNoRange), 1U);
  EXPECT_EQ(bare.drops(DhcpDrop::kNoPermit), 0U);

  config.dhcp->subnets[0].pools[1].bootp = false;
  config.dhcp->hosts = {known_host(2)};
  Rack known(config);
  EXPECT_EQ(known.ask(ClientMessage(std::nullopt, 2)), nullptr) << "it might use either pool, but for BOOTP";
  EXPECT_EQ(known.drops(DhcpDrop::kBootpRefused), 1U);
}

TEST(DhcpSharedNetwork, TheSecondSubnetIsUsedWhenTheFirstIsFull) {
  Config config;
  config.dhcp.emplace();
  config.dhcp->networks.push_back({"wire", {}});
  config.dhcp->subnets = {make_subnet("192.168.1.0/24", "192.168.1.2", "192.168.1.2"),
                          make_subnet("192.168.2.0/24", "192.168.2.2", "192.168.2.3")};
  config.dhcp->subnets[1].routers = {{192, 168, 2, 254}};
  for (SubnetConfig& subnet : config.dhcp->subnets) subnet.network = 0;
  Rack rack(config);
  EXPECT_EQ(rack.lease(1), ip(2));
  const auto offer = rack.ask(discover(2));
  EXPECT_EQ(offer->yiaddr(), net::Ipv4Address(192, 168, 2, 2));
  EXPECT_EQ(offer->options.address(OptionCode::kRouters), net::Ipv4Address(192, 168, 2, 254));
  EXPECT_EQ(rack.lease(2), net::Ipv4Address(192, 168, 2, 2));
  // Either subnet's address is right on this wire; another's is not.
  EXPECT_EQ(rack.ask(init_reboot(2, {192, 168, 2, 2}))->type(), MessageType::kAck);
  EXPECT_EQ(rack.ask(init_reboot(3, {192, 168, 3, 2}))->type(), MessageType::kNak);
  EXPECT_EQ(rack.ask(discover(1))->yiaddr(), ip(2)) << "one address on the link";
  EXPECT_EQ(rack.lease(3), net::Ipv4Address(192, 168, 2, 3));
  (void)rack.take_events();
  EXPECT_EQ(rack.ask(discover(4)), nullptr);
  EXPECT_EQ(last_detail(rack), "network wire: no free leases");
}

TEST(DhcpHosts, AreKnownByWhateverTheyAreKnownBy) {
  const std::string uuid("\0ABCDEFGHIJKLMNOP", 17);
  std::array<std::uint8_t, 16> uuid_octets{};
  std::copy(uuid.begin() + 1, uuid.end(), uuid_octets.begin());
  std::vector<HostIdentity> identities(5);
  identities[0].client_identifier = octets("\x01zzzzzz");
  identities[1].uuid = uuid_octets;
  identities[2].circuit_id = octets("e/1");
  identities[3].remote_id = octets("switch");
  identities[4].option = OptionKey{kDhcpSpace, 12};
  identities[4].option_value = octets("builder");
  Config config;
  config.dhcp.emplace();
  config.dhcp->subnets = {make_subnet("172.16.5.0/24", "172.16.5.100", "172.16.5.199")};
  for (std::size_t i = 0; i < identities.size(); ++i) {
    HostConfig host;
    host.name = "host";
    host.identity = identities[i];
    host.address = net::Ipv4Address(172, 16, 5, static_cast<std::uint8_t>(10 + i));
    config.dhcp->hosts.push_back(host);
  }
  const std::vector<ClientMessage> messages{
      relayed(discover(1).with(OptionCode::kClientIdentifier, "\x01zzzzzz")),
      relayed(discover(2).with(OptionCode::kMachineId, uuid)),
      relayed(discover(3),
              "\x01\x03"
              "e/1\x02\x02zz"),
      relayed(discover(4),
              "\x01\x03"
              "e/9\x02\x06switch"),
      relayed(discover(5).with(OptionCode::kHostName, "builder")),
  };
  for (const MachineKeyKind kind : {MachineKeyKind::kMac, MachineKeyKind::kUuid, MachineKeyKind::kClientIdentifier}) {
    config.dhcp->machine_key = kind;
    Rack rack(config);
    for (std::size_t i = 0; i < messages.size(); ++i) {
      SCOPED_TRACE(i);
      const net::Ipv4Address fixed(172, 16, 5, static_cast<std::uint8_t>(10 + i));
      EXPECT_EQ(rack.ask(messages[i], kByRelay)->yiaddr(), fixed);
      ClientMessage request = messages[i];
      request.type = MessageType::kRequest;
      EXPECT_EQ(rack.ask(request.with(OptionCode::kRequestedAddress, fixed), kByRelay)->type(), MessageType::kAck);
    }
    EXPECT_EQ(rack.ask(relayed(discover(9)), kByRelay)->yiaddr(), net::Ipv4Address(172, 16, 5, 100));
    EXPECT_EQ(rack.ask(relayed(init_reboot(9, {172, 16, 5, 10})), kByRelay)->type(), MessageType::kNak);
  }
}

TEST(DhcpHosts, OfSeveralAddressesTheNetworksOwnIsGiven) {
  Config config = rack_config();
  HostConfig host = known_host(1, net::Ipv4Address(10, 0, 0, 50));
  host.more_addresses = {ip(200), ip(201)};
  config.dhcp->hosts = {host};
  Rack rack(config);
  EXPECT_EQ(rack.lease(1), ip(200));
  EXPECT_EQ(rack.ask(discover(1), {.socket = 1})->yiaddr(), net::Ipv4Address(10, 0, 0, 50));
  const auto nak = rack.ask(init_reboot(1, ip(201)));
  EXPECT_EQ(nak->text(OptionCode::kMessageText), "requested address is incorrect") << "one address on the link";
}

TEST(DhcpClassLimits, AClassHasSoManyLeasesAndNoMore) {
  Config config = rack_config();
  RuleText text(*config.dhcp);
  text.add_class("pxe", "substring (option vendor-class-identifier, 0, 9) = \"PXEClient\"").lease_limit = 2;
  Rack rack(config);
  EXPECT_EQ(rack.ask(pxe(discover(1)))->yiaddr(), ip(2));
  EXPECT_EQ(rack.ask(pxe(selecting(1, ip(2))))->type(), MessageType::kAck);
  EXPECT_NE(rack.ask(pxe(discover(2))), nullptr);
  EXPECT_EQ(rack.ask(pxe(discover(3))), nullptr);
  EXPECT_EQ(rack.drops(DhcpDrop::kClassLimit), 1U);
  EXPECT_NE(rack.ask(discover(4)), nullptr) << "not of the class";
  EXPECT_NE(rack.ask(pxe(discover(2))), nullptr) << "who is billed stays so";
  rack.pass(seconds(120));  // the second's offer is over
  EXPECT_NE(rack.ask(pxe(discover(3))), nullptr);
  EXPECT_EQ(rack.ask(pxe(discover(2))), nullptr);
  EXPECT_EQ(rack.ask(from_address(MessageType::kRelease, 1, ip(2)), by_unicast(ip(2))), nullptr);
  EXPECT_NE(rack.ask(pxe(discover(2))), nullptr);
}

TEST(DhcpClassLimits, EachSpawnedClassHasItsOwn) {
  Config config = rack_config();
  RuleText text(*config.dhcp);
  ClassConfig& ports = text.add_class("ports", "");
  ports.spawn = text.data("option agent.circuit-id");
  ports.lease_limit = 1;
  Rack rack(config);
  EXPECT_NE(rack.ask(at_port(1, 'a'), kByRelay), nullptr);
  EXPECT_EQ(rack.ask(at_port(2, 'a'), kByRelay), nullptr);
  EXPECT_NE(rack.ask(at_port(2, 'b'), kByRelay), nullptr);
}

TEST(DhcpClassLimits, ASubclassMayHaveAnotherThanItsClass) {
  Config config = rack_config();
  RuleText text(*config.dhcp);
  ClassConfig& ports = text.add_class("ports", "");
  ports.spawn = text.data("option agent.circuit-id");
  ports.lease_limit = 1;
  ports.subclasses = {{octets("u"), {}, 2}};
  Rack rack(config);
  EXPECT_NE(rack.ask(at_port(1, 'u'), kByRelay), nullptr);
  EXPECT_NE(rack.ask(at_port(2, 'u'), kByRelay), nullptr);
  EXPECT_EQ(rack.ask(at_port(3, 'u'), kByRelay), nullptr);
  EXPECT_NE(rack.ask(at_port(4, 'a'), kByRelay), nullptr);
  EXPECT_EQ(rack.ask(at_port(5, 'a'), kByRelay), nullptr);
}

TEST(DhcpClassLimits, CountWhatWasLeasedBeforeARestart) {
  Config config = rack_config();
  RuleText text(*config.dhcp);
  text.add_class("pxe", "substring (option vendor-class-identifier, 0, 9) = \"PXEClient\"").lease_limit = 1;
  ClassConfig& ports = text.add_class("ports", "");
  ports.spawn = text.data("option agent.circuit-id");
  ports.lease_limit = 1;
  Rack before(config);
  ASSERT_EQ(before.ask(pxe(selecting(1, before.ask(pxe(discover(1)))->yiaddr())))->type(), MessageType::kAck);
  const std::string port("\x01\x01p", 3);
  const auto offer = before.ask(relayed(discover(5), port), kByRelay);
  ASSERT_NE(offer, nullptr);
  ASSERT_EQ(before.ask(relayed(selecting(5, offer->yiaddr()), port), kByRelay)->type(), MessageType::kAck);

  Rack rack(config, {}, before.rows);
  EXPECT_EQ(rack.ask(pxe(discover(2))), nullptr);
  EXPECT_EQ(rack.ask(relayed(discover(6), port), kByRelay), nullptr);
  EXPECT_EQ(rack.drops(DhcpDrop::kClassLimit), 2U);
  EXPECT_NE(rack.ask(pxe(discover(1))), nullptr) << "who is billed stays so";
  EXPECT_NE(rack.ask(relayed(discover(6), std::string("\x01\x01q", 3)), kByRelay), nullptr);
  EXPECT_EQ(rack.ask(from_address(MessageType::kRelease, 1, ip(2)), by_unicast(ip(2))), nullptr);
  EXPECT_NE(rack.ask(pxe(discover(2))), nullptr);
}

TEST(DhcpRelayStash, ARenewalIsJudgedByTheRelayItsLeaseCameThrough) {
  Config config = rack_config();
  RuleText text(*config.dhcp);
  text.add_class("port", "option agent.circuit-id = \"e/1\"", "option domain-name \"port\";");
  HostConfig host;
  host.identity.circuit_id = octets("e/1");
  host.address = net::Ipv4Address(172, 16, 5, 10);
  config.dhcp->hosts = {host};
  Rack rack(config);
  const std::string info(
      "\x01\x03"
      "e/1",
      5);
  EXPECT_EQ(rack.ask(relayed(discover(1), info), kByRelay)->yiaddr(), *host.address);
  EXPECT_EQ(rack.ask(relayed(selecting(1, *host.address), info), kByRelay)->type(), MessageType::kAck);
  rack.pass(hours(3));
  const auto ack = rack.ask(from_address(MessageType::kRequest, 1, *host.address), by_unicast(*host.address));
  ASSERT_NE(ack, nullptr);
  EXPECT_EQ(ack->type(), MessageType::kAck);
  EXPECT_EQ(ack->text(OptionCode::kDomainName), "port");
  EXPECT_EQ(ack->text(OptionCode::kRelayAgentInfo), "(absent)") << "it was not sent";
  EXPECT_EQ(rack.rows.back().relay_info.view(), info);
}

TEST(DhcpMachineKey, AMachineKeepsItsAddressByWhatItIsKeyedBy) {
  const std::string uuid("\0ABCDEFGHIJKLMNOP", 17);
  const auto by_uuid = [&](unsigned n) { return discover(n).with(OptionCode::kMachineId, uuid); };
  Config config = rack_config();
  config.dhcp->machine_key = MachineKeyKind::kUuid;
  Rack rack(config);
  EXPECT_EQ(rack.ask(by_uuid(1))->yiaddr(), ip(2));
  EXPECT_EQ(rack.ask(by_uuid(2))->yiaddr(), ip(2)) << "its other port";
  EXPECT_EQ(rack.ask(discover(2))->yiaddr(), ip(3)) << "without the UUID nobody knows";
}

TEST(DhcpRelayCaps, OnePortGetsItsShareAndNoMore) {
  Config config = rack_config();
  config.dhcp->leases_per_port = 2;
  Rack rack(config);
  const std::string port(
      "\x01\x03"
      "e/1",
      5);
  for (unsigned n = 1; n <= 2; ++n) EXPECT_NE(rack.ask(relayed(discover(n), port), kByRelay), nullptr);
  EXPECT_EQ(rack.ask(relayed(discover(3), port), kByRelay), nullptr);
  EXPECT_EQ(rack.drops(DhcpDrop::kPortCap), 1U);
  EXPECT_NE(rack.ask(relayed(discover(4), std::string("\x01\x03"
                                                      "e/2",
                                                      5)),
                     kByRelay),
            nullptr);
}

}  // namespace
}  // namespace rackcast::engine::dhcp_test
