// Hosts that dhcpd was given at run time, and wrote into dhcpd.leases.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/oldfiles/dhcpd_import.h"
#include "core/oldfiles/import_files.h"
#include "tests/core/oldfiles/fake_host.h"

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
  std::vector<std::string> others;

  [[nodiscard]] std::vector<std::string> hosts() const {
    std::vector<std::string> told;
    for (const HostConfig& host : config->dhcp->hosts)
      told.push_back(host.name + " " + (host.address ? std::string(host.address->text().view()) : "-"));
    return told;
  }
};

constexpr const char* kConf =
    "subnet 192.168.1.0 netmask 255.255.255.0 { range 192.168.1.10 192.168.1.99; }\n"
    "group \"linux\" { filename \"linux.0\"; }\n"
    "host fixed { hardware ethernet 02:00:00:00:00:01; fixed-address 192.168.1.5; }\n";

Imported import_leases(const std::string& leases, const std::string& conf = kConf, testing::FakeHost host = {}) {
  host.files["f"] = conf;
  host.files["/l"] = leases;
  ImportReport report;
  Imported imported;
  imported.config = import_dhcpd_file("f", host, report, "/l");
  EXPECT_EQ(imported.config.has_value(), !report.has_errors());
  for (const ImportNote& note : report.notes())
    (note.kind == ImportKind::kHonoured ? imported.honoured : imported.others).push_back(import_line(note));
  return imported;
}

// As Foreman's smart proxy has dhcpd write it.
constexpr std::string_view kForeman = R"(authoring-byte-order little-endian;

lease 192.168.1.50 {
  starts 4 2026/11/19 10:00:00;
  ends 4 2026/11/19 16:00:00;
  binding state active;
  hardware ethernet 52:54:00:12:34:56;
  on expiry or release { set x = "host y { }"; }
}
host node1.example.com {
  dynamic;
  hardware ethernet 52:54:00:00:00:01;
  fixed-address 192.168.1.20;
        supersede server.filename = "pxelinux.0";
        supersede server.next-server = c0:a8:01:0a;
        supersede host-name = "node1.example.com";
}
host node2.example.com {
  dynamic;
  hardware ethernet 52:54:00:00:00:02;
  fixed-address 192.168.1.21;
}
host node2.example.com {
  dynamic;
  deleted;
}
)";

TEST(DhcpdDynamicHosts, AreReservationsLikeThoseOfTheFile) {
  const Imported imported = import_leases(std::string(kForeman));
  ASSERT_TRUE(imported.config);
  EXPECT_THAT(imported.hosts(), ElementsAre("fixed 192.168.1.5", "node1.example.com 192.168.1.20"));
  const HostConfig& node = imported.config->dhcp->hosts[1];
  EXPECT_EQ(node.mac.text().view(), "52:54:00:00:00:01");
  EXPECT_EQ(node.rules.text(*imported.config->dhcp->catalog),
            "filename \"pxelinux.0\";\nnext-server 192.168.1.10;\noption host-name \"node1.example.com\";\n");
  EXPECT_EQ(imported.config->dhcp->import_leases, "/l");
  EXPECT_THAT(imported.honoured, Contains(HasSubstr("/l:10:1: honoured: host: [[dhcp.host]] node1.example.com")));
  EXPECT_THAT(imported.others, IsEmpty());
}

TEST(DhcpdDynamicHosts, TheLastOfANameCounts) {
  const Imported imported = import_leases(
      "host a { dynamic; hardware ethernet 52:54:00:00:00:01; fixed-address 192.168.1.20; }\n"
      "host b { dynamic; hardware ethernet 52:54:00:00:00:02; fixed-address 192.168.1.21; }\n"
      "host a { dynamic; deleted; }\n"
      "host b { dynamic; hardware ethernet 52:54:00:00:00:02; fixed-address 192.168.1.22; }\n"
      "host a { dynamic; hardware ethernet 52:54:00:00:00:03; fixed-address 192.168.1.23; }\n"
      "host gone { dynamic; deleted; }\n");
  EXPECT_THAT(imported.hosts(), ElementsAre("fixed 192.168.1.5", "a 192.168.1.23", "b 192.168.1.22"));
  EXPECT_THAT(imported.others, IsEmpty());
}

TEST(DhcpdDynamicHosts, OneThatIsDeletedTakesThatOfTheFileAway) {
  const Imported imported = import_leases("host fixed { deleted; }\n");
  EXPECT_THAT(imported.hosts(), IsEmpty());
  EXPECT_THAT(imported.others,
              ElementsAre(HasSubstr("/l:1:1: remark: fixed: was deleted at run time: the host on line 3 "
                                    "of f is left out")));
}

TEST(DhcpdDynamicHosts, TheFilesOwnHostOfThatNameStays) {
  const Imported imported =
      import_leases("host fixed { dynamic; hardware ethernet 52:54:00:00:00:01; fixed-address 192.168.1.20; }\n");
  EXPECT_THAT(imported.hosts(), ElementsAre("fixed 192.168.1.5"));
  EXPECT_THAT(imported.others, ElementsAre(HasSubstr("/l:1:1: not honoured: fixed: is already the name of the host")));
}

TEST(DhcpdDynamicHosts, AreInNamedGroups) {
  const Imported imported = import_leases(
      "group made { dynamic; filename \"made.0\"; }\n"
      "host a { dynamic; hardware ethernet 52:54:00:00:00:01; group \"linux\"; }\n"
      "host b { dynamic; hardware ethernet 52:54:00:00:00:02; group \"made\"; filename \"own.0\"; }\n"
      "host c { dynamic; hardware ethernet 52:54:00:00:00:03; group \"none\"; }\n");
  ASSERT_EQ(imported.config->dhcp->hosts.size(), 4U);
  const OptionCatalog& catalog = *imported.config->dhcp->catalog;
  EXPECT_EQ(imported.config->dhcp->hosts[1].rules.text(catalog), "filename \"linux.0\";\n");
  EXPECT_EQ(imported.config->dhcp->hosts[2].rules.text(catalog), "filename \"made.0\";\nfilename \"own.0\";\n");
  EXPECT_EQ(imported.config->dhcp->hosts[3].rules.text(catalog), "");
  EXPECT_THAT(imported.others, ElementsAre(HasSubstr("not honoured: group: there is no group of this name")));
}

TEST(DhcpdDynamicHosts, WhatIsDamagedIsToldAndSpoilsNothing) {
  const Imported imported = import_leases(
      "lease 192.168.1.50 {\n  starts 4 2026/11/19 10:0"
      "\nlease 192.168.1.51 { binding state active; }\n"
      "host bad { dynamic; hardware ethernet zz; fixed-address 192.168.1.24; }\n"
      "host a { dynamic; hardware ethernet 52:54:00:00:00:01; fixed-address 192.168.1.20; }\n"
      "host cut { dynamic; hardware ethernet 52:54:");
  ASSERT_TRUE(imported.config);
  EXPECT_THAT(imported.hosts(), Contains("a 192.168.1.20"));
  EXPECT_THAT(imported.others, Contains(HasSubstr("/l:4:39: not honoured: zz")));
  for (const std::string& line : imported.others) EXPECT_THAT(line, Not(HasSubstr(" error: ")));
}

TEST(DhcpdDynamicHosts, AReservedLeaseIsAReservation) {
  const Imported imported = import_leases(
      "lease 192.168.1.50 { binding state active; hardware ethernet 52:54:00:00:00:01; uid \"id\"; reserved; }\n"
      "lease 192.168.1.51 { binding state free; hardware ethernet 52:54:00:00:00:02; reserved; }\n"
      "lease 192.168.1.52 { binding state active; hardware ethernet 52:54:00:00:00:03; reserved; }\n"
      "lease 192.168.1.52 { binding state active; hardware ethernet 52:54:00:00:00:03; }\n");
  EXPECT_THAT(imported.hosts(), ElementsAre("fixed 192.168.1.5", "reserved-192.168.1.50 192.168.1.50",
                                            "reserved-192.168.1.51 192.168.1.51"));
  const auto& hosts = imported.config->dhcp->hosts;
  EXPECT_EQ(hosts[1].identity.client_identifier.size(), 2U);
  EXPECT_TRUE(hosts[1].mac.is_zero());
  EXPECT_EQ(hosts[2].mac.text().view(), "52:54:00:00:00:02");
  EXPECT_THAT(imported.others, Contains(HasSubstr("remark: reserved-192.168.1.51: the lease is reserved")));
}

TEST(DhcpdDynamicHosts, AFileThatMayNotBeReadIsAnErrorAndOneThatIsNotThereIsNot) {
  testing::FakeHost host;
  host.files["f"] = kConf;
  ImportReport fine;
  EXPECT_TRUE(import_dhcpd_file("f", host, fine, "/none"));
  host.closed.insert("/none");
  ImportReport closed;
  EXPECT_FALSE(import_dhcpd_file("f", host, closed, "/none"));
  EXPECT_THAT(import_line(closed.notes().front()), HasSubstr("hosts in it would be lost"));
}

TEST(DhcpdDynamicHosts, TheCopyIsReadWhereDhcpdWasWritingAnew) {
  testing::FakeHost host;
  host.files["d"] = kConf;
  host.files["/l~"] = "host a { dynamic; hardware ethernet 52:54:00:00:00:01; }\n";
  ImportReport report;
  const auto config = import_files({.dhcpd_conf = "d", .leases = "/l"}, host, report);
  ASSERT_TRUE(config);
  EXPECT_EQ(config->dhcp->hosts.size(), 2U);
}

// Every prefix: hosts or a note, and no error.
TEST(DhcpdDynamicHosts, EveryPrefixHasAnAnswer) {
  for (std::size_t size = 0; size <= kForeman.size(); ++size) {
    const Imported imported = import_leases(std::string(kForeman.substr(0, size)));
    ASSERT_TRUE(imported.config) << size;
    ASSERT_LE(imported.config->dhcp->hosts.size(), 3U) << size;
  }
}

}  // namespace
}  // namespace rackcast
