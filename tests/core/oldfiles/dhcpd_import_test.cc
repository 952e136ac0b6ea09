#include "core/oldfiles/dhcpd_import.h"

#include <gmock/gmock.h>

#include "core/oldfiles/import_files.h"
#include "tests/core/oldfiles/dhcpd_corpus.h"

namespace rackcast {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

struct Imported {
  std::optional<Config> config;
  std::vector<std::string> honoured;
  std::vector<std::string> others;  // remarks, not honoured, errors
  [[nodiscard]] const DhcpConfig& dhcp() const { return *config->dhcp; }
};

Imported import_text(const std::string& text, testing::FakeHost host = {}) {
  host.files["f"] = text;
  ImportReport report;
  Imported imported;
  imported.config = import_dhcpd_file("f", host, report);
  EXPECT_EQ(imported.config.has_value(), !report.has_errors());
  for (const ImportNote& note : report.notes())
    (note.kind == ImportKind::kHonoured ? imported.honoured : imported.others).push_back(import_line(note));
  return imported;
}

// In a subnet that the host's interface is in.
Imported in_subnet(const std::string& text) {
  return import_text("subnet 192.168.1.0 netmask 255.255.255.0 {\n" + text + "\n}\n");
}

std::string rules_text(const DhcpConfig& dhcp, const Rules& rules) {
  return rules.text(*dhcp.catalog);
}

std::vector<std::string> range_texts(const std::vector<AddressRange>& ranges) {
  std::vector<std::string> texts;
  for (const AddressRange& range : ranges)
    texts.push_back(std::string(range.first.text().view()) + "-" + std::string(range.last.text().view()));
  return texts;
}

TEST(DhcpdImport, TheClassicFile) {
  testing::FakeHost host = testing::corpus_host();
  const Imported imported = import_text(host.files.at("classic.conf"));
  ASSERT_TRUE(imported.config);
  ASSERT_EQ(imported.dhcp().subnets.size(), 1U);
  const SubnetConfig& subnet = imported.dhcp().subnets[0];
  EXPECT_EQ(subnet.subnet.text().view(), "192.168.1.0/24");
  EXPECT_TRUE(subnet.bootp);
  EXPECT_THAT(range_texts(subnet.ranges), ElementsAre("192.168.1.2-192.168.1.253"));
  EXPECT_EQ(rules_text(imported.dhcp(), subnet.rules),
            "option routers 192.168.1.254;\noption subnet-mask 255.255.255.0;\n"
            "option domain-name-servers 222.88.88.88;\ndefault-lease-time 21600;\nmax-lease-time 43200;\n");
  ASSERT_EQ(imported.dhcp().hosts.size(), 1U);
  EXPECT_EQ(imported.dhcp().hosts[0].mac.text().view(), "12:34:56:78:ab:cd");
  EXPECT_EQ(imported.dhcp().hosts[0].address, net::Ipv4Address(207, 175, 42, 254));
  EXPECT_THAT(imported.config->server.interfaces, ElementsAre("eth0"));
  EXPECT_THAT(imported.others,
              ElementsAre("f:2:1: not honoured: ddns-update-style: the server updates no DNS",
                          "f:3:8: not honoured: client-updates: the server updates no DNS",
                          HasSubstr("f:18:2: remark: ns: 207.175.42.254 is outside every subnet: it is never offered"),
                          HasSubstr("f:19:15: not honoured: marvin: no address is known for the host name")));
}

TEST(DhcpdImport, SaysWhatDhcpdDoesWithoutBeingTold) {
  const Imported imported = in_subnet("");
  ASSERT_TRUE(imported.config);
  const std::string rules = rules_text(imported.dhcp(), imported.dhcp().rules);
  for (const char* rule :
       {"not authoritative;", "default-lease-time 43200;", "max-lease-time 86400;", "min-lease-time 300;",
        "ping-check true;", "dhcp-cache-threshold 25;", "echo-client-id false;"})
    EXPECT_THAT(rules, HasSubstr(rule));
  EXPECT_EQ(imported.dhcp().machine_key, MachineKeyKind::kClientIdentifier);
  EXPECT_EQ(imported.dhcp().conflict_probe, ConflictProbe::kIcmp);
  // The file's own word comes after it.
  const Imported own = import_text("authoritative;\nsubnet 192.168.1.0 netmask 255.255.255.0 { }\n");
  const std::string both = rules_text(own.dhcp(), own.dhcp().rules);
  EXPECT_LT(both.find("not authoritative;"), both.rfind("authoritative;"));
  EXPECT_EQ(both.substr(both.size() - 15), "authoritative;\n");
}

TEST(DhcpdImport, RangesOfBothKinds) {
  const Imported imported = in_subnet(
      "range dynamic-bootp 192.168.1.10 192.168.1.19;\nrange 192.168.1.29 192.168.1.20;\nrange 192.168.1.30;\n"
      "range 192.168.1.200 192.168.1.255;");
  ASSERT_TRUE(imported.config);
  const SubnetConfig& subnet = imported.dhcp().subnets[0];
  EXPECT_TRUE(subnet.bootp);
  EXPECT_THAT(range_texts(subnet.ranges), ElementsAre("192.168.1.10-192.168.1.19"));
  ASSERT_EQ(subnet.pools.size(), 1U);
  EXPECT_FALSE(subnet.pools[0].bootp);
  EXPECT_THAT(range_texts(subnet.pools[0].ranges),
              ElementsAre("192.168.1.20-192.168.1.29", "192.168.1.30-192.168.1.30", "192.168.1.200-192.168.1.254"));
  EXPECT_THAT(imported.others, ElementsAre(HasSubstr("f:5:1: remark: range: the network's own address")));
}

TEST(DhcpdImport, PermitsInAPoolAndSwitchesOutside) {
  const Imported imported = import_text(
      "class \"phones\" { match if known; }\nsubnet 192.168.1.0 netmask 255.255.255.0 {\n"
      "deny unknown-clients;\nignore booting;\n"
      "pool { range 192.168.1.10; allow known clients; allow members of \"phones\"; allow dynamic bootp clients;\n"
      "deny unknown-clients; deny all clients; deny unauthenticated clients; ignore bootp; deny after 4 2026/01/01 "
      "00:00:00; }\n"
      "pool { range 192.168.1.20; allow authenticated clients; } }\n");
  ASSERT_TRUE(imported.config) << ::testing::PrintToString(imported.others);
  const SubnetConfig& subnet = imported.dhcp().subnets[0];
  EXPECT_EQ(rules_text(imported.dhcp(), subnet.rules), "deny unknown-clients;\ndeny booting;\n");
  const PoolConfig& pool = subnet.pools[0];
  ASSERT_EQ(pool.allow.size(), 3U);
  EXPECT_EQ(pool.allow[0].kind, PermitKind::kKnownClients);
  EXPECT_EQ(pool.allow[1].kind, PermitKind::kMembersOf);
  EXPECT_EQ(pool.allow[1].class_number, 0);
  EXPECT_EQ(pool.allow[2].kind, PermitKind::kDynamicBootp);
  ASSERT_EQ(pool.deny.size(), 3U);
  EXPECT_EQ(pool.deny[0].kind, PermitKind::kUnknownClients);
  EXPECT_EQ(pool.deny[2].kind, PermitKind::kAllClients);
  EXPECT_EQ(rules_text(imported.dhcp(), pool.rules), "deny bootp;\n");
  ASSERT_EQ(subnet.pools[1].deny.size(), 1U);  // only the authenticated, whom there are none of
  EXPECT_THAT(imported.others, Contains(HasSubstr("not honoured: deny: nothing depends on the time of day")));
}

TEST(DhcpdImport, APoolOfASharedNetworkIsOneInEachSubnet) {
  testing::FakeHost host = testing::corpus_host();
  const Imported imported = import_text(host.files.at("shared_network.conf"));
  ASSERT_TRUE(imported.config);
  const DhcpConfig& dhcp = imported.dhcp();
  ASSERT_EQ(dhcp.networks.size(), 1U);
  EXPECT_EQ(dhcp.networks[0].name, "building-7");
  ASSERT_EQ(dhcp.subnets.size(), 2U);
  EXPECT_EQ(dhcp.subnets[0].network, 0);
  EXPECT_EQ(dhcp.subnets[1].network, 0);
  EXPECT_THAT(range_texts(dhcp.subnets[0].pools.back().ranges), ElementsAre("10.20.0.200-10.20.0.220"));
  EXPECT_THAT(range_texts(dhcp.subnets[1].pools.back().ranges), ElementsAre("10.20.1.200-10.20.1.220"));
  EXPECT_TRUE(dhcp.subnets[0].pools.back().rules == dhcp.subnets[1].pools.back().rules);
  EXPECT_EQ(dhcp.subnets[1].pools.back().allow[0].class_number, 1);
}

TEST(DhcpdImport, GroupsSayItOfEachThingTheyHold) {
  testing::FakeHost host = testing::corpus_host();
  const Imported imported = import_text(host.files.at("groups.conf"));
  ASSERT_TRUE(imported.config);
  const DhcpConfig& dhcp = imported.dhcp();
  const auto rules_of = [&](const std::string& name) {
    for (const HostConfig& one : dhcp.hosts)
      if (one.name == name) return rules_text(dhcp, one.rules);
    return std::string("no such host");
  };
  const std::string outer = "option domain-name \"outer.example\";\nfilename \"outer.0\";\nnext-server 10.100.0.2;\n";
  const std::string inner = outer + "filename \"inner.0\";\nuse-host-decl-names true;\n";
  EXPECT_EQ(rules_of("g1"), inner);
  EXPECT_EQ(rules_of("g2"), inner + "filename \"own.0\";\n");
  EXPECT_EQ(rules_of("g3"),
            inner + "option root-path \"10.100.0.2:/srv/diskless,ro\";\noption host-name \"other-name\";\n");
  EXPECT_EQ(rules_of("g4"), outer);
  EXPECT_EQ(rules_of("g5"), outer + "option domain-name \"fifth.example\";\n");
  EXPECT_EQ(rules_of("g6"), "");
  EXPECT_EQ(rules_text(dhcp, dhcp.subnets[0].rules), outer + "option routers 10.100.0.1;\n");
  EXPECT_EQ(rules_text(dhcp, dhcp.subnets[1].rules), "");
}

TEST(DhcpdImport, HostsByEveryIdentity) {
  const Imported imported = in_subnet(
      "host a { hardware ethernet 2:0:0:0:0:A; fixed-address 192.168.1.5, bad.example; }\n"
      "host b { option dhcp-client-identifier \"b\"; }\nhost c { uid 01:02; }\nhost \"d\" { dhcp-client-identifier "
      "1:2:3; }\n"
      "host e { host-identifier option agent.circuit-id \"port 7\"; }\n"
      "host f { host-identifier option agent.remote-id 00:06; }\n"
      "host g { host-identifier option host-name \"g\"; dynamic; }\n"
      "host h { hardware ethernet 02:00:00:00:00:0b; deleted; }\nhost i { fixed-address 192.168.1.9; }\n"
      "host j { hardware token-ring 02:00:00:00:00:0c; }\n"
      "host k { hardware ethernet 02:00:00:00:00:0d; fixed-address no.such.example; }");
  ASSERT_TRUE(imported.config) << ::testing::PrintToString(imported.others);
  const std::vector<HostConfig>& hosts = imported.dhcp().hosts;
  ASSERT_EQ(hosts.size(), 8U);
  EXPECT_EQ(hosts[0].mac.text().view(), "02:00:00:00:00:0a");
  EXPECT_EQ(hosts[0].address, net::Ipv4Address(192, 168, 1, 5));
  EXPECT_THAT(hosts[0].more_addresses, ElementsAre(net::Ipv4Address(192, 168, 1, 66)));
  EXPECT_THAT(hosts[1].identity.client_identifier, ElementsAre(std::byte{'b'}));
  EXPECT_THAT(hosts[2].identity.client_identifier, ElementsAre(std::byte{1}, std::byte{2}));
  EXPECT_EQ(hosts[3].identity.client_identifier.size(), 3U);
  EXPECT_EQ(hosts[4].identity.circuit_id.size(), 6U);
  EXPECT_THAT(hosts[5].identity.remote_id, ElementsAre(std::byte{0}, std::byte{6}));
  EXPECT_EQ(hosts[6].identity.option, (OptionKey{kDhcpSpace, 12}));
  EXPECT_FALSE(hosts[7].address);
  EXPECT_THAT(imported.others, Contains(HasSubstr("remark: h: is deleted in the file itself")));
  EXPECT_THAT(imported.others, Contains(HasSubstr("not honoured: i: says neither hardware ethernet")));
  EXPECT_THAT(imported.others, Contains(HasSubstr("not honoured: hardware: only Ethernet is served, not token-ring")));
  EXPECT_THAT(imported.others, Contains(HasSubstr("no address is known for the host name \"no.such.example\"")));
}

TEST(DhcpdImport, AnAddressIsOneMachines) {
  const Imported imported = in_subnet(
      "host a { hardware ethernet 02:00:00:00:00:01; fixed-address 192.168.1.5; }\n"
      "host b { hardware ethernet 02:00:00:00:00:02; fixed-address 192.168.1.5; }\n"
      "host c { hardware ethernet 02:00:00:00:00:03; fixed-address 192.168.1.255; }");
  ASSERT_TRUE(imported.config);
  EXPECT_TRUE(imported.dhcp().hosts[0].address);
  EXPECT_FALSE(imported.dhcp().hosts[1].address);
  EXPECT_FALSE(imported.dhcp().hosts[2].address);
  EXPECT_THAT(imported.others,
              ElementsAre(HasSubstr("f:3:1: not honoured: b: 192.168.1.5 is already that of the host a"),
                          HasSubstr("f:4:1: not honoured: c: 192.168.1.255 is the network's own")));
}

TEST(DhcpdImport, ClassesAndTheirMembers) {
  const Imported imported = import_text(
      "class \"a\" { match if option user-class = \"x\"; filename \"a.0\"; }\n"
      "class \"b\" { match hardware; lease limit 4; }\nclass \"c\" { spawn with option agent.circuit-id; }\n"
      "subclass \"b\" 1:2:0:0:0:0:1;\nsubclass \"b\" \"text\" { filename \"t.0\"; lease limit 9; }\n"
      "class \"a\" { next-server 10.0.0.1; }\nsubnet 192.168.1.0 netmask 255.255.255.0 { }\n");
  ASSERT_TRUE(imported.config) << ::testing::PrintToString(imported.others);
  const std::vector<ClassConfig>& classes = imported.dhcp().classes;
  ASSERT_EQ(classes.size(), 3U);
  EXPECT_EQ(classes[0].match_if.text(*imported.dhcp().catalog), "option user-class = \"x\"");
  EXPECT_EQ(rules_text(imported.dhcp(), classes[0].rules), "filename \"a.0\";\nnext-server 10.0.0.1;\n");
  EXPECT_EQ(classes[1].match.text(*imported.dhcp().catalog), "hardware");
  EXPECT_EQ(classes[1].lease_limit, 4U);
  ASSERT_EQ(classes[1].subclasses.size(), 2U);
  EXPECT_EQ(classes[1].subclasses[0].value.size(), 7U);
  EXPECT_EQ(classes[1].subclasses[0].lease_limit, std::nullopt);
  EXPECT_EQ(classes[1].subclasses[1].lease_limit, 9U);
  EXPECT_EQ(rules_text(imported.dhcp(), classes[1].subclasses[1].rules), "filename \"t.0\";\n");
  EXPECT_EQ(classes[2].spawn.text(*imported.dhcp().catalog), "option agent.circuit-id");
}

TEST(DhcpdImport, IncludesAreReadInTheirPlace) {
  testing::FakeHost host = testing::corpus_host();
  const Imported imported = import_text(host.files.at("include.conf"), host);
  ASSERT_TRUE(imported.config);
  EXPECT_THAT(range_texts(imported.dhcp().subnets[0].ranges), ElementsAre("192.168.44.10-192.168.44.30"));
  EXPECT_EQ(rules_text(imported.dhcp(), imported.dhcp().subnets[0].rules),
            "next-server 192.168.44.9;\nfilename \"boot.0\";\noption routers 192.168.44.1;\n");
  EXPECT_EQ(imported.dhcp().hosts.size(), 2U);
  host.files["a"] = "include \"f\";\n";
  const Imported circle = import_text("include \"a\";\n", host);
  EXPECT_THAT(circle.others, Contains(HasSubstr("include one another too deeply")));
  host.files["open"] = "}\nsubnet 10.0.0.0 netmask 255.0.0.0 {\n";
  const Imported crossed = import_text("subnet 192.168.1.0 netmask 255.255.255.0 { include \"open\"; }\n", host);
  EXPECT_THAT(crossed.others, Contains(HasSubstr("open:1:1: error: }: closes a block that another file opened")));
}

TEST(DhcpdImport, LeasesAreWhereTheFileOrCustomHasThem) {
  EXPECT_EQ(in_subnet("").dhcp().import_leases, "");
  EXPECT_EQ(
      import_text("lease-file-name \"/srv/l\";\nsubnet 192.168.1.0 netmask 255.255.255.0 { }\n").dhcp().import_leases,
      "/srv/l");
  testing::FakeHost host;
  host.folders["/var/lib/dhcpd"] = {"dhcpd.leases", "dhcpd.leases~"};
  EXPECT_EQ(import_text("subnet 192.168.1.0 netmask 255.255.255.0 { }\n", host).dhcp().import_leases,
            "/var/lib/dhcpd/dhcpd.leases");
}

TEST(DhcpdImport, EveryErrorAtOnceInTheOrderOfTheFile) {
  const Imported imported = import_text(
      "frobnicate;\nsubnet 10.0.0.5 netmask 255.0.0.0 { }\nhost a { hardware ethernet zz; }\n"
      "subnet 192.168.1.0 netmask 255.255.255.0 {\n  range 192.168.2.1;\n  option routers 1;\n  filename;\n}\n}\n");
  EXPECT_FALSE(imported.config);
  std::vector<std::string> places;
  for (const std::string& line : imported.others)
    if (line.find(" error: ") != std::string::npos) places.push_back(line.substr(0, line.find(" error")));
  EXPECT_THAT(places, ElementsAre("f:1:1:", "f:2:1:", "f:3:28:", "f:5:3:", "f:6:18:", "f:7:11:", "f:9:1:"));
}

TEST(DhcpdImport, EveryLineIsTold) {
  const Imported imported = import_text(
      "default-lease-time 600;\nsubnet 192.168.1.0 netmask 255.255.255.0 {\n  range 192.168.1.5;\n  option routers "
      "192.168.1.1;\n}\nhost a { hardware ethernet 02:00:00:00:00:01; }\nomapi-port 7911;\n");
  EXPECT_THAT(imported.honoured,
              ElementsAre(HasSubstr("f:1:1: honoured: default-lease-time"), HasSubstr("f:2:1: honoured: subnet"),
                          HasSubstr("f:3:3: honoured: range"), HasSubstr("f:4:3: honoured: option"),
                          HasSubstr("f:6:1: honoured: host"), HasSubstr("f:6:10: honoured: hardware")));
  EXPECT_THAT(imported.others, ElementsAre(HasSubstr("f:7:1: not honoured: omapi-port")));
}

TEST(DhcpdImport, InterfacesAreThoseOfItsSubnets) {
  EXPECT_THAT(in_subnet("").config->server.interfaces, ElementsAre("eth0"));
  const Imported elsewhere = import_text("subnet 10.0.0.0 netmask 255.0.0.0 { }\n");
  EXPECT_THAT(elsewhere.config->server.interfaces, ElementsAre("eth0"));
  EXPECT_THAT(elsewhere.others, ElementsAre(HasSubstr("no interface has an address in a subnet")));
  testing::FakeHost host;
  host.up.clear();
  EXPECT_FALSE(import_text("subnet 10.0.0.0 netmask 255.0.0.0 { }\n", host).config);
  EXPECT_FALSE(import_text("default-lease-time 60;\n").config);
}

TEST(DhcpdImport, TogetherWithXinetd) {
  testing::FakeHost host;
  host.files["d"] = "subnet 192.168.1.0 netmask 255.255.255.0 { }\n";
  host.files["x"] = "service tftp\n{\nserver = in.tftpd\nserver_args = -s /t\n}\n";
  ImportReport report;
  const auto config = import_files({.dhcpd_conf = "d", .leases = "/l", .xinetd = "x"}, host, report);
  ASSERT_TRUE(config);
  EXPECT_EQ(config->tftp->root, "/t");
  EXPECT_EQ(config->dhcp->import_leases, "/l");
  EXPECT_THAT(config->server.interfaces, ElementsAre("lo", "eth0"));
  host.files["x"] = "service tftp\n{\n";
  ImportReport broken;
  EXPECT_FALSE(import_files({.dhcpd_conf = "d", .xinetd = "x"}, host, broken));
  EXPECT_TRUE(broken.has_errors());
}

// Every prefix of every file: a configuration or an error with its place, and never neither.
TEST(DhcpdImport, EveryPrefixOfTheCorpusHasAnAnswer) {
  testing::FakeHost host = testing::corpus_host();
  for (const char* folder : {"", "broken", "refused"}) {
    for (const std::string& name : testing::corpus_files(folder)) {
      const std::string whole = host.files.at(name);
      for (std::size_t size = 0; size < whole.size(); ++size) {
        host.files["cut"] = whole.substr(0, size);
        ImportReport report;
        const auto config = import_dhcpd_file("cut", host, report);
        ASSERT_EQ(config.has_value(), !report.has_errors()) << name << " cut at " << size;
        for (const ImportNote& note : report.notes()) {
          if (note.kind != ImportKind::kError || note.at.line > 0) continue;
          ASSERT_THAT(note.message, HasSubstr("there is no subnet in it")) << name << " cut at " << size;
        }
      }
    }
  }
}

TEST(DhcpdImport, HasBounds) {
  std::string nested;
  for (int i = 0; i < 100'000; ++i) nested += "group {";
  EXPECT_THAT(import_text(nested).others, Contains(HasSubstr("nested more than 32 deep")));
  std::string classes;
  for (int i = 0; i < 300; ++i) classes += "class \"" + std::to_string(i) + "\" { match if known; }\n";
  EXPECT_THAT(import_text(classes).others, Contains(HasSubstr("more than 256 classes")));
  std::string subnets;
  for (int i = 0; i < 1'025; ++i)
    subnets +=
        "subnet 10." + std::to_string(i / 256) + "." + std::to_string(i % 256) + ".0 netmask 255.255.255.0 { }\n";
  EXPECT_THAT(import_text(subnets).others, Contains(HasSubstr("more than 1024 subnets")));
}

}  // namespace
}  // namespace rackcast
