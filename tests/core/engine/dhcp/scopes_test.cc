// Options and parameters by scope, class and host, and what they make of a reply.
#include <gmock/gmock.h>

#include "tests/core/engine/dhcp/rack.h"
#include "tests/core/engine/dhcp/rules.h"

namespace rackcast::engine::dhcp_test {
namespace {

using ::testing::ElementsAre;

constexpr const char* kPxe64 = "PXEClient:Arch:00007:UNDI:003016";

// One subnet and nothing of the file's own keys but its range, so that rules alone speak.
Config bare_config() {
  Config config;
  config.dhcp.emplace();
  config.dhcp->subnets = {make_subnet("192.168.1.0/24", "192.168.1.2", "192.168.1.253")};
  return config;
}

HostConfig known_host(unsigned machine) {
  HostConfig host;
  host.name = "node" + std::to_string(machine);
  host.mac = mac(machine);
  return host;
}

TEST(DhcpScopes, TheMoreSpecificScopeCountsOptionByOption) {
  Config config = bare_config();
  DhcpConfig& dhcp = *config.dhcp;
  RuleText text(dhcp);
  dhcp.rules = text.rules(
      "option domain-name \"global\"; option ntp-servers 10.0.0.1; option root-path \"global\"; "
      "option time-servers 10.0.0.1; option log-servers 10.0.0.1; option swap-server 10.0.0.1;");
  dhcp.networks.push_back({"lab", text.rules("option domain-name \"network\"; option ntp-servers 10.0.0.2;")});
  dhcp.subnets[0].network = 0;
  dhcp.subnets[0].rules = text.rules("option domain-name \"subnet\"; option root-path \"subnet\";");
  PoolConfig pool;
  pool.ranges = std::exchange(dhcp.subnets[0].ranges, {});
  pool.rules = text.rules("option domain-name \"pool\"; option time-servers 10.0.0.4;");
  dhcp.subnets[0].pools = {pool};
  text.add_class("any", "exists dhcp-message-type or not exists dhcp-message-type",
                 "option domain-name \"class\"; option log-servers 10.0.0.5;");
  HostConfig host = known_host(1);
  host.rules = text.rules("option domain-name \"host\";");
  dhcp.hosts = {host};
  Rack rack(config);
  const std::string all("\x0f\x2a\x11\x04\x07\x10", 6);
  const auto known = rack.ask(discover(1).with(OptionCode::kParameterRequestList, all));
  ASSERT_NE(known, nullptr);
  EXPECT_EQ(known->text(OptionCode::kDomainName), "host");
  EXPECT_EQ(known->options.address(OptionCode::kNtpServers), net::Ipv4Address(10, 0, 0, 2));
  EXPECT_EQ(known->text(OptionCode::kRootPath), "subnet");
  EXPECT_EQ(known->options.address(OptionCode::kTimeServers), net::Ipv4Address(10, 0, 0, 4));
  EXPECT_EQ(known->options.address(OptionCode::kLogServers), net::Ipv4Address(10, 0, 0, 5));
  EXPECT_EQ(known->options.address(OptionCode{16}), net::Ipv4Address(10, 0, 0, 1));
  const auto unknown = rack.ask(discover(2).with(OptionCode::kParameterRequestList, all));
  EXPECT_EQ(unknown->text(OptionCode::kDomainName), "class");
}

TEST(DhcpScopes, TheFilesKeysAreThereBeforeItsRules) {
  Config config = rack_config();
  RuleText text(*config.dhcp);
  config.dhcp->rules = text.rules("option domain-name \"global\"; next-server 10.9.9.9;");
  config.dhcp->subnets[0].rules = text.rules("option routers 192.168.1.1;");
  config.dhcp->subnets[1].rules = text.rules("option domain-name \"b.com\";");
  Rack rack(config);
  const auto first = rack.ask(discover(1).with(OptionCode::kVendorClass, kPxe64));
  EXPECT_EQ(first->text(OptionCode::kDomainName), "a.com") << "the subnet's key is more specific than a global rule";
  EXPECT_EQ(first->options.address(OptionCode::kRouters), ip(1)) << "the subnet's rules come after its keys";
  EXPECT_EQ(first->options.address(OptionCode::kDomainNameServers), net::Ipv4Address(222, 88, 88, 88));
  EXPECT_EQ(first->message.header.siaddr, net::Ipv4Address(10, 9, 9, 9));
  EXPECT_EQ(first->message.file_text(), "ipxe.efi");
  EXPECT_EQ(rack.ask(discover(2), {.socket = 1})->text(OptionCode::kDomainName), "b.com");
}

TEST(DhcpScopes, OfSeveralClassesTheFirstDeclaredCounts) {
  Config config = bare_config();
  RuleText text(*config.dhcp);
  text.add_class("first", "substring (option vendor-class-identifier, 0, 9) = \"PXEClient\"", "filename \"first.0\";");
  text.add_class("second", "exists vendor-class-identifier",
                 "filename \"second.0\"; next-server 192.168.1.9; option domain-name \"second\";");
  Rack rack(config);
  const auto both = rack.ask(discover(1).with(OptionCode::kVendorClass, kPxe64));
  EXPECT_EQ(both->message.file_text(), "first.0");
  EXPECT_EQ(both->message.header.siaddr, ip(9)) << "what the first does not say";
  EXPECT_EQ(rack.ask(discover(2).with(OptionCode::kVendorClass, "udhcp"))->message.file_text(), "second.0");
  EXPECT_EQ(rack.ask(discover(3))->message.file_text(), "");
}

TEST(DhcpScopes, SubclassesAreFoundByTheirValueAndAddedClassesCount) {
  Config config = bare_config();
  RuleText text(*config.dhcp);
  ClassConfig& machines = text.add_class("machines", "", "option domain-name \"machines\";");
  machines.match = text.data("hardware");
  std::vector<std::byte> value{std::byte{1}};
  for (const std::uint8_t octet : mac(7).octets) value.push_back(static_cast<std::byte>(octet));
  machines.subclasses = {{value, text.rules("option root-path \"/seven\";")}};
  text.add_class("added", "", "option root-path \"/added\";");
  config.dhcp->rules = text.rules("if exists host-name { add \"added\"; }");
  Rack rack(config);
  const auto seven = rack.ask(discover(7));
  EXPECT_EQ(seven->text(OptionCode::kDomainName), "machines");
  EXPECT_EQ(seven->text(OptionCode::kRootPath), "/seven");
  const auto other = rack.ask(discover(8));
  EXPECT_EQ(other->text(OptionCode::kDomainName), "(absent)");
  EXPECT_EQ(other->text(OptionCode::kRootPath), "(absent)");
  EXPECT_EQ(rack.ask(discover(9).with(OptionCode::kHostName, "n"))->text(OptionCode::kRootPath), "/added");
}

TEST(DhcpScopes, ARulesFileBeatsTheHostsKeyBeatsTheTable) {
  Config config = rack_config();
  RuleText text(*config.dhcp);
  HostConfig host = known_host(1);
  host.filename = "key.0";
  config.dhcp->hosts = {host};
  const auto pxe = [](unsigned n) { return discover(n).with(OptionCode::kVendorClass, kPxe64); };
  {
    Rack rack(config);
    EXPECT_EQ(rack.ask(pxe(1))->message.file_text(), "key.0");
    EXPECT_EQ(rack.ask(pxe(2))->message.file_text(), "ipxe.efi");
  }
  config.dhcp->rules = text.rules("filename \"rule.0\";");
  Rack rack(config);
  EXPECT_EQ(rack.ask(pxe(1))->message.file_text(), "rule.0");
  EXPECT_EQ(rack.ask(pxe(2))->options.text(OptionCode::kBootFileName), "rule.0");
}

TEST(DhcpScopes, TheListOrdersAndTheConfiguredListReplacesIt) {
  Config config = bare_config();
  RuleText text(*config.dhcp);
  config.dhcp->rules = text.rules(
      "option domain-name \"a\"; option ntp-servers 10.0.0.1; option routers 192.168.1.1; "
      "option dhcp-renewal-time 60; option dhcp-rebinding-time 90;");
  {
    Rack rack(config);
    EXPECT_THAT(rack.ask(discover(1).with(OptionCode::kParameterRequestList, "\x2a\x03\x0f"))->order(),
                ElementsAre(53, 54, 51, 58, 59, 42, 1, 3, 15));
    EXPECT_THAT(rack.ask(discover(2).with(OptionCode::kParameterRequestList, "\x0f"))->order(),
                ElementsAre(53, 54, 51, 58, 59, 15, 1))
        << "nothing configured that is not asked for";
    EXPECT_THAT(rack.ask(discover(3))->order(), ElementsAre(53, 54, 51, 58, 59, 1, 3, 15, 42));
  }
  config.dhcp->subnets[0].rules = text.rules("option dhcp-parameter-request-list 15, 42;");
  Rack rack(config);
  EXPECT_THAT(rack.ask(discover(1).with(OptionCode::kParameterRequestList, "\x03"))->order(),
              ElementsAre(53, 54, 51, 58, 59, 15, 42, 1));
}

TEST(DhcpScopes, SpacesAreEncapsulated) {
  Config config = bare_config();
  RuleText text(*config.dhcp);
  config.dhcp->rules = text.rules(
      "option space ipxe; option ipxe-encap-opts code 175 = encapsulate ipxe; "
      "option ipxe.no-pxedhcp code 176 = unsigned integer 8; option ipxe.no-pxedhcp 1; "
      "option space PXE; option PXE.discovery-control code 6 = unsigned integer 8; option PXE.discovery-control 8; "
      "vendor-option-space PXE;");
  Rack rack(config);
  const auto offer = rack.ask(discover(1).with(OptionCode::kParameterRequestList, std::string("\xaf\x2b", 2)));
  EXPECT_EQ(offer->text(OptionCode::kIpxe), std::string("\xb0\x01\x01", 3));
  EXPECT_EQ(offer->text(OptionCode::kVendorOptions), std::string("\x06\x01\x08", 3));
}

TEST(DhcpScopes, TheLeasesTimeIsDhcpdsArithmetic) {
  const std::string hour("\x00\x00\x0e\x10", 4);
  struct Row {
    const char* rules;
    std::optional<std::string> asked;
    std::uint32_t given;
  };
  for (const Row& row : std::vector<Row>{
           {"", std::nullopt, 43'200},
           {"", "\xff\xff\xff\xff", 86'400},
           {"default-lease-time 600;", std::nullopt, 600},
           {"default-lease-time 120;", std::nullopt, 300},
           {"default-lease-time 120; max-lease-time 120;", std::nullopt, 120},
           {"default-lease-time 120; min-lease-time 60;", std::nullopt, 120},
           {"default-lease-time 120; max-lease-time 120; min-lease-time 300;", std::nullopt, 120},
           {"max-lease-time 1800;", hour, 1'800},
           {"min-lease-time 7200;", hour, 7'200},
       }) {
    SCOPED_TRACE(row.rules);
    Config config = bare_config();
    RuleText text(*config.dhcp);
    config.dhcp->rules = text.rules(row.rules);
    Rack rack(config);
    ClientMessage message = discover(1);
    if (row.asked) message.with(OptionCode::kLeaseTime, *row.asked);
    EXPECT_EQ(rack.ask(message)->options.u32(OptionCode::kLeaseTime), row.given);
  }
}

TEST(DhcpParameters, WhoIsDeniedMeetsSilenceAndHoldsNoAddress) {
  struct Row {
    const char* rules;
    DhcpDrop drop;
    const char* tail;
  };
  for (const Row& row : std::vector<Row>{{"deny unknown-clients;", DhcpDrop::kUnknownClient, "unknown client"},
                                         {"ignore booting;", DhcpDrop::kBootingDisallowed, "booting disallowed"},
                                         {"min-secs 3;", DhcpDrop::kTooSoon, "min-secs not reached"}}) {
    SCOPED_TRACE(row.rules);
    Config config = bare_config();
    RuleText text(*config.dhcp);
    config.dhcp->rules = text.rules(row.rules);
    HostConfig host = known_host(1);
    host.rules = text.rules("allow booting; min-secs 0;");
    config.dhcp->hosts = {host};
    Rack rack(config);
    EXPECT_EQ(rack.ask(discover(2)), nullptr);
    EXPECT_EQ(rack.drops(row.drop), 1U);
    EXPECT_EQ(rack.take_events().back().detail.view(), row.tail);
    EXPECT_EQ(rack.engine.leases().offers(), 0U);
    EXPECT_NE(rack.lease(1), net::Ipv4Address());
    ClientMessage patient = discover(3);
    patient.header.secs = 4;
    EXPECT_EQ(rack.ask(patient) != nullptr, row.drop == DhcpDrop::kTooSoon);
  }
}

TEST(DhcpParameters, TheReplySaysWhatTheyAsk) {
  Config config = bare_config();
  RuleText text(*config.dhcp);
  config.dhcp->rules = text.rules(
      "server-name \"boot.a.com\"; always-broadcast on; echo-client-id off; "
      "use-host-decl-names on; use-lease-addr-for-default-route on; "
      "server-identifier 192.168.1.110;");
  config.dhcp->hosts = {known_host(1)};
  Rack rack(config);
  const auto offer = rack.ask(discover(1).with(OptionCode::kClientIdentifier, "\x01zzzzzz"));
  ASSERT_NE(offer, nullptr);
  EXPECT_EQ(offer->message.sname_text(), "boot.a.com");
  EXPECT_TRUE(offer->message.header.broadcast);
  EXPECT_EQ(offer->to.peer.address, net::IpAddress(net::Ipv4Address::broadcast()));
  EXPECT_EQ(offer->text(OptionCode::kClientIdentifier), "(absent)");
  EXPECT_EQ(offer->options.host_name(), "node1");
  EXPECT_EQ(offer->options.address(OptionCode::kRouters), offer->yiaddr());
}

TEST(DhcpParameters, AServerIdentifierOfARuleIsOurs) {
  Config config = bare_config();
  RuleText text(*config.dhcp);
  config.dhcp->rules = text.rules("server-identifier 203.0.113.9;");
  Rack rack(config);
  EXPECT_EQ(rack.ask(discover(1))->options.server_identifier(), net::Ipv4Address(203, 0, 113, 9));
  const auto ack = rack.ask(selecting(1, ip(2), {203, 0, 113, 9}));
  ASSERT_NE(ack, nullptr);
  EXPECT_EQ(ack->type(), MessageType::kAck);
  EXPECT_EQ(rack.ask(selecting(2, ip(3), kElsewhere)), nullptr);
}

TEST(DhcpParameters, WithoutANextServerNobodyIsNamed) {
  Config config = rack_config();
  RuleText text(*config.dhcp);
  config.dhcp->rules = text.rules("next-server 0.0.0.0;");  // what dhcpd does where the file names none
  HostConfig host = known_host(9);
  host.address = ip(200);
  config.dhcp->hosts = {host};
  Rack rack(config);
  const auto offer = rack.ask(discover(1).with(OptionCode::kVendorClass, kPxe64));
  EXPECT_TRUE(offer->message.header.siaddr.is_any());
  EXPECT_EQ(offer->text(OptionCode::kTftpServerName), "(absent)");
  EXPECT_TRUE(rack.ask(ClientMessage(std::nullopt, 1))->message.header.siaddr.is_any());
  EXPECT_EQ(rack.ask(ClientMessage(std::nullopt, 9))->message.header.siaddr, kServer) << "as dhcpd's static BOOTP";
}

TEST(DhcpParameters, NotAuthoritativeJudgesNoOtherNetwork) {
  Config config = bare_config();
  RuleText text(*config.dhcp);
  config.dhcp->rules = text.rules("not authoritative;");
  Rack rack(config);
  EXPECT_EQ(rack.ask(init_reboot(1, {10, 9, 9, 9})), nullptr);
  EXPECT_EQ(rack.drops(DhcpDrop::kNotAuthoritative), 1U);
  EXPECT_EQ(rack.take_events().back().detail.view(), "ignored (not authoritative).");
  EXPECT_EQ(rack.lease(1), ip(2));
  EXPECT_EQ(rack.ask(init_reboot(2, ip(2)))->type(), MessageType::kNak) << "as dhcpd: it is leased to another";
  EXPECT_EQ(rack.ask(from_address(MessageType::kInform, 1, ip(2)), by_unicast(ip(2))), nullptr);
  EXPECT_EQ(rack.drops(DhcpDrop::kNotAuthoritative), 2U);
}

TEST(DhcpParameters, DeclinesMayBeIgnored) {
  Config config = bare_config();
  RuleText text(*config.dhcp);
  config.dhcp->rules = text.rules("ignore declines;");
  Rack rack(config);
  EXPECT_EQ(rack.lease(1), ip(2));
  (void)rack.ask(ClientMessage(MessageType::kDecline, 1).with(OptionCode::kRequestedAddress, ip(2)));
  EXPECT_EQ(rack.drops(DhcpDrop::kDeclineIgnored), 1U);
  EXPECT_EQ(rack.state(ip(2)), LeaseState::kActive);
}

TEST(DhcpParameters, BootpLeasesMayEnd) {
  Config config = bare_config();
  RuleText text(*config.dhcp);
  config.dhcp->subnets[0].bootp = true;
  config.dhcp->rules =
      text.rules("dynamic-bootp-lease-length 600; always-reply-rfc1048 on; option routers 192.168.1.1;");
  Rack rack(config);
  dhcp4::Octets octets = ClientMessage(std::nullopt, 1).octets();
  std::fill(octets.begin() + 236, octets.end(), std::byte{0});  // no cookie
  const auto reply = rack.ask(octets);
  ASSERT_NE(reply, nullptr);
  EXPECT_EQ(reply->options.address(OptionCode::kRouters), ip(1));
  EXPECT_EQ(rack.rows.at(0).ends - rack.rows.at(0).starts, seconds(600));
  rack.pass(seconds(601));
  EXPECT_EQ(rack.state(ip(2)), LeaseState::kExpired);

  config.dhcp->rules = text.rules("dynamic-bootp-lease-length infinite;");
  rack.swap(config);
  (void)rack.ask(ClientMessage(std::nullopt, 2));
  EXPECT_EQ(rack.rows.back().ends, WallTime::max());
}

TEST(DhcpParameters, TheCacheThresholdDecidesWhatIsWritten) {
  Config config = bare_config();
  RuleText text(*config.dhcp);
  config.dhcp->rules = text.rules("default-lease-time 1000; dhcp-cache-threshold 50;");
  Rack rack(config);
  EXPECT_EQ(rack.lease(1), ip(2));
  rack.pass(seconds(400));
  EXPECT_EQ(rack.ask(init_reboot(1, ip(2)))->options.u32(OptionCode::kLeaseTime), 600U);
  EXPECT_EQ(rack.rows.size(), 1U);
  rack.pass(seconds(200));
  EXPECT_EQ(rack.ask(init_reboot(1, ip(2)))->options.u32(OptionCode::kLeaseTime), 1'000U);
  EXPECT_EQ(rack.rows.size(), 2U);
}

TEST(DhcpDelay, AClassMayBeAnsweredLater) {
  Config config = bare_config();
  RuleText text(*config.dhcp);
  text.add_class("pi", "exists vendor-class-identifier", "reply-delay-ms 1000;");
  DhcpLimits limits;
  limits.delayed_max = 1;
  Rack rack(config, limits);
  EXPECT_NE(rack.ask(discover(1)), nullptr);
  const auto late = [](unsigned n) { return discover(n).with(OptionCode::kVendorClass, kPxe64); };
  EXPECT_EQ(rack.ask(late(2)), nullptr);
  EXPECT_EQ(rack.engine.stats().delayed, 1U);
  EXPECT_NE(rack.ask(late(3)), nullptr) << "no room: at once";
  EXPECT_EQ(rack.engine.stats().delays_full, 1U);
  EXPECT_EQ(rack.engine.next_deadline(), rack.now.monotonic + seconds(1));
  rack.pass(std::chrono::milliseconds(999));
  EXPECT_EQ(rack.take(), nullptr);
  rack.pass(std::chrono::milliseconds(1));
  const auto offer = rack.take();
  ASSERT_NE(offer, nullptr);
  EXPECT_EQ(offer->message.header.mac(), mac(2));
  EXPECT_EQ(rack.engine.in_flight(), 0U);
}

TEST(DhcpDelay, TheDiskCountsTowardsIt) {
  Config config = bare_config();
  RuleText text(*config.dhcp);
  config.dhcp->rules = text.rules("reply-delay-ms 50;");
  Rack rack(config);
  rack.deliver(selecting(1, ip(2)));
  rack.pass(std::chrono::milliseconds(30));
  rack.commit();
  EXPECT_EQ(rack.take(), nullptr);
  rack.pass(std::chrono::milliseconds(20));
  EXPECT_EQ(rack.take()->type(), MessageType::kAck);
}

// RFC 2563.
TEST(DhcpAutoConfig, WhoGetsNoAddressIsToldToMakeUpNoneWhereThatIsConfigured) {
  Config config = rack_config();
  RuleText text(*config.dhcp);
  config.dhcp->subnets[0] = make_subnet("192.168.1.0/24", "192.168.1.2", "192.168.1.2");
  config.dhcp->subnets[0].rules = text.rules("option unknown-116 00;");
  Rack rack(config);
  const auto asks = [](unsigned machine) {
    return discover(machine)
        .with(OptionCode::kAutoConfig, "\x01")
        .with(OptionCode::kClientIdentifier, "\x01zzzzzz")
        .with(OptionCode::kVendorClass, "PXEClient:Arch:00000:UNDI:002001");
  };
  auto offer = rack.ask(asks(1));
  ASSERT_NE(offer, nullptr);
  EXPECT_EQ(offer->yiaddr(), ip(2));
  offer = rack.ask(asks(2));
  ASSERT_NE(offer, nullptr);
  EXPECT_EQ(offer->type(), MessageType::kOffer);
  EXPECT_TRUE(offer->yiaddr().is_any());
  EXPECT_TRUE(offer->message.header.siaddr.is_any());
  EXPECT_EQ(offer->message.file_text(), "");
  EXPECT_EQ(offer->text(OptionCode::kAutoConfig), std::string(1, '\0'));
  EXPECT_EQ(offer->order(), (std::vector<unsigned>{53, 54, 116, 61}));
  EXPECT_EQ(offer->to.peer.address, net::IpAddress(net::Ipv4Address::broadcast()));
  EXPECT_EQ(rack.engine.stats().auto_config_forbidden, 1U);
  EXPECT_EQ(rack.engine.stats().offers, 1U);
  EXPECT_EQ(rack.drops(DhcpDrop::kPoolExhausted), 1U);
  EXPECT_EQ(rack.ask(discover(3)), nullptr) << "it does not ask";
  // Nor where nothing, or 1, is configured; nor for what passes by itself.
  EXPECT_EQ(rack.ask(asks(4), {1, net::Ipv4Address::broadcast(), {net::Ipv4Address{}, dhcp4::kClientPort}})->yiaddr(),
            net::Ipv4Address(10, 0, 0, 10));
  config.dhcp->subnets[0].rules = text.rules("option unknown-116 01;");
  rack.swap(config);
  EXPECT_EQ(rack.ask(asks(2)), nullptr);
  config.dhcp->subnets[0].ranges = {{ip(2), ip(9)}};
  config.dhcp->subnets[0].rules = text.rules("option unknown-116 00; deny unknown-clients;");
  rack.swap(config);
  offer = rack.ask(asks(5));
  ASSERT_NE(offer, nullptr);
  EXPECT_EQ(offer->text(OptionCode::kAutoConfig), std::string(1, '\0'));
  EXPECT_EQ(rack.drops(DhcpDrop::kUnknownClient), 1U);
}

}  // namespace
}  // namespace rackcast::engine::dhcp_test
