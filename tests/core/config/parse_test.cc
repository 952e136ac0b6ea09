#include "core/config/parse.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>

#include "tests/core/config/samples.h"
#include "tests/support/temporary_tree.h"

namespace rackcast {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string lines(const ConfigOutcome& outcome) {
  std::string text;
  for (const Problem& problem : outcome.problems) text += problem_line("f", problem) + "\n";
  return text;
}

std::vector<Problem> of(const ConfigOutcome& outcome, Severity severity) {
  std::vector<Problem> list;
  for (const Problem& problem : outcome.problems)
    if (problem.severity == severity) list.push_back(problem);
  return list;
}

TEST(ConfigParse, ReadsEveryKeyIntoTheSnapshot) {
  const ConfigOutcome outcome = parse_config(samples::kFull, "full.toml");
  ASSERT_NE(outcome.config, nullptr) << lines(outcome);
  const Config& c = *outcome.config;
  EXPECT_THAT(c.server.interfaces, ElementsAre("eth0", "eth1"));
  EXPECT_EQ(c.server.io, IoKind::kSocket);
  EXPECT_THAT(c.server.cores, ElementsAre(2U, 3U));
  EXPECT_THAT(c.server.stream_cores, ElementsAre(4U));
  EXPECT_EQ(c.server.user, "boot");
  EXPECT_EQ(c.server.state_dir, "/srv/state");
  ASSERT_TRUE(c.dhcp);
  ASSERT_EQ(c.dhcp->subnets.size(), 2U);
  const SubnetConfig& subnet = c.dhcp->subnets[0];
  EXPECT_EQ(subnet.subnet.text().view(), "192.168.1.0/24");
  ASSERT_EQ(subnet.ranges.size(), 2U);
  EXPECT_EQ(subnet.ranges[0].last.text().view(), "192.168.1.99");
  EXPECT_EQ(subnet.ranges[1].first.text().view(), "192.168.1.150");
  EXPECT_EQ(subnet.ranges[1].last.text().view(), "192.168.1.150");
  EXPECT_TRUE(subnet.bootp);
  EXPECT_THAT(subnet.routers, ElementsAre(net::Ipv4Address(192, 168, 1, 254)));
  EXPECT_EQ(subnet.dns.size(), 2U);
  EXPECT_EQ(subnet.domain, "a.com");
  EXPECT_EQ(subnet.next_server, net::Ipv4Address(192, 168, 1, 110));
  EXPECT_EQ(subnet.lease_seconds.preset, 21600U);
  EXPECT_EQ(subnet.lease_seconds.longest, 43200U);
  EXPECT_EQ(subnet.hostname, "station{{last_octet}}.a.com");
  EXPECT_EQ(c.dhcp->boot.by_architecture.size(), 6U);
  EXPECT_EQ(c.dhcp->boot.by_architecture.at("default"), "undionly.kpxe");
  EXPECT_EQ(c.dhcp->boot.ipxe.size(), 2U);
  EXPECT_EQ(c.dhcp->boot.http, "http://{{server}}/ipxe.efi");
  ASSERT_EQ(c.dhcp->hosts.size(), 3U);
  EXPECT_EQ(c.dhcp->hosts[0].mac.text().view(), "12:34:56:78:ab:cd");
  EXPECT_EQ(c.dhcp->hosts[0].address, net::Ipv4Address(192, 168, 1, 10));
  EXPECT_EQ(c.dhcp->hosts[0].filename, "special.0");
  EXPECT_FALSE(c.dhcp->hosts[1].address);
  EXPECT_THAT(c.dhcp->hosts[0].more_addresses, ElementsAre(net::Ipv4Address(10, 0, 0, 10)));
  const HostIdentity& identity = c.dhcp->hosts[2].identity;
  EXPECT_TRUE(c.dhcp->hosts[2].mac.is_zero());
  EXPECT_THAT(identity.client_identifier,
              ElementsAre(std::byte{0}, std::byte{'d'}, std::byte{'i'}, std::byte{'s'}, std::byte{'k'}));
  EXPECT_EQ((*identity.uuid)[4], 0x44);
  EXPECT_EQ((*identity.uuid)[15], 0xff);
  EXPECT_EQ(identity.circuit_id.size(), 6U);
  EXPECT_THAT(identity.remote_id, ElementsAre(std::byte{0}, std::byte{6}));
  EXPECT_EQ(identity.option, (OptionKey{kDhcpSpace, 12}));
  EXPECT_EQ(identity.option_value.size(), 2U);
  EXPECT_EQ(c.dhcp->machine_key, MachineKeyKind::kUuid);
  EXPECT_EQ(c.dhcp->leases_per_port, 64U);
  EXPECT_EQ(c.dhcp->leases_per_relay, 4096U);
  EXPECT_EQ(c.dhcp->import_leases, "/var/lib/dhcp/dhcpd.leases");
  EXPECT_EQ(c.dhcp->rules.text(*c.dhcp->catalog),
            "option ipxe.no-pxedhcp 1;\noption ntp-servers 192.168.1.4, 192.168.1.5;\noption user-class \"x\";\n"
            "if option architecture = 00:07 {\n  filename \"shimx64.efi\";\n}\nmax-lease-time 7200;\n");
  ASSERT_EQ(c.dhcp->classes.size(), 2U);
  EXPECT_TRUE(c.dhcp->classes[0].match_if.is_condition());
  const ClassConfig& listed = c.dhcp->classes[1];
  ASSERT_EQ(listed.subclasses.size(), 4U);
  EXPECT_THAT(listed.subclasses[2].value, ElementsAre(std::byte{7}));
  EXPECT_FALSE(listed.subclasses[1].rules.empty());
  EXPECT_EQ(listed.lease_limit, 4U);
  EXPECT_EQ(listed.subclasses[0].lease_limit, std::nullopt);
  EXPECT_EQ(listed.subclasses[1].lease_limit, 2U);
  ASSERT_EQ(c.dhcp->networks.size(), 1U);
  EXPECT_EQ(subnet.network, 0);
  ASSERT_EQ(subnet.pools.size(), 1U);
  EXPECT_TRUE(subnet.pools[0].bootp);
  ASSERT_EQ(subnet.pools[0].allow.size(), 3U);
  EXPECT_EQ(subnet.pools[0].allow[1].kind, PermitKind::kMembersOf);
  EXPECT_EQ(subnet.pools[0].allow[1].class_number, 1);
  EXPECT_EQ(subnet.pools[0].deny[1].kind, PermitKind::kAllClients);
  ASSERT_TRUE(c.dhcp->pxe);
  EXPECT_EQ(c.dhcp->pxe->menu.size(), 2U);
  EXPECT_EQ(c.dhcp->pxe->boot_servers[0].type, 32768);
  EXPECT_EQ(c.dhcp->pxe->mtftp->server_port, 1759);
  EXPECT_TRUE(c.dhcp->pxe->mtftp->network_order);
  ASSERT_TRUE(c.dhcp->pxe->multicast);
  EXPECT_EQ(c.dhcp->pxe->multicast->base, net::Ipv4Address(239, 255, 2, 1));
  EXPECT_EQ(c.dhcp->pxe->multicast->block, 2);
  EXPECT_EQ(c.dhcp->pxe->multicast->range, 16);
  EXPECT_THAT(c.dhcp->pxe->credential_types, ElementsAre(1U, 2'147'483'650U));
  ASSERT_TRUE(c.tftp);
  EXPECT_EQ(c.tftp->listen.size(), 2U);
  EXPECT_EQ(c.tftp->admission.per_source, 11U);
  EXPECT_EQ(c.tftp->admission.cps->rate, 100U);
  EXPECT_EQ(c.tftp->admission.cps->wait_seconds, 2U);
  ASSERT_TRUE(c.tftp->admission.only_from);
  EXPECT_THAT(*c.tftp->admission.only_from,
              ElementsAre(*net::IpPrefix::parse("192.168.1.0/24"), *net::IpPrefix::parse("fd00::/8")));
  EXPECT_THAT(c.tftp->admission.no_access, ElementsAre(*net::IpPrefix::parse("192.168.1.13")));
  ASSERT_EQ(c.tftp->admission.access_times.size(), 2U);
  EXPECT_EQ(c.tftp->admission.access_times[0].first, 7 * 60);
  EXPECT_EQ(c.tftp->admission.access_times[1].last, 19 * 60 + 30);
  EXPECT_FALSE(c.tftp->admission.log_on_failure);
  EXPECT_EQ(c.tftp->admission.policy, AdmissionPolicy::kXinetd);
  EXPECT_EQ(c.tftp->max_windowsize, 16);
  EXPECT_EQ(c.tftp->max_blksize, 1468);
  EXPECT_EQ(c.tftp->transfers_max, 100'000U);
  EXPECT_EQ(c.tftp->cache_bytes, 1073741824U);
  EXPECT_EQ(c.http->root, "/var/www");
  EXPECT_EQ(c.http->admission.instances, 1000U);
  EXPECT_EQ(c.ftp->passive_ports->first, 50000);
  EXPECT_EQ(c.ftp->passive_ports->last, 50999);
  EXPECT_EQ(c.board->listen.text().view(), "127.0.0.1:9000");
  EXPECT_EQ(c.log.level, "debug");
  EXPECT_TRUE(c.log.syslog);
}

TEST(ConfigParse, NothingOfAFullFileIsLeftOut) {
  EXPECT_THAT(of(parse_config(samples::kFull, "full.toml"), Severity::kWarning), IsEmpty());
}

TEST(ConfigParse, FillsDefaults) {
  const ConfigOutcome outcome = parse_config(
      "[server]\ninterfaces = [\"eth0\"]\n[dhcp]\n[[dhcp.subnet]]\nsubnet = \"10.0.0.0/24\"\n"
      "[tftp]\nroot = \"/t\"\n[http]\nroot = \"/h\"\n[ftp]\nroot = \"/f\"\n[board]\n",
      "f");
  ASSERT_NE(outcome.config, nullptr) << lines(outcome);
  EXPECT_THAT(outcome.problems, IsEmpty());
  const Config& c = *outcome.config;
  EXPECT_EQ(c.server.io, IoKind::kIoUring);
  EXPECT_THAT(c.server.cores, IsEmpty());
  EXPECT_EQ(c.server.user, "rackcast");
  EXPECT_EQ(c.server.state_dir, "/var/lib/rackcast");
  EXPECT_EQ(c.dhcp->mode, DhcpMode::kAuthoritative);
  EXPECT_EQ(c.dhcp->subnets[0].lease_seconds.preset, 43'200U);
  EXPECT_EQ(c.dhcp->subnets[0].lease_seconds.longest, 86'400U);
  EXPECT_FALSE(c.dhcp->subnets[0].bootp);
  ASSERT_EQ(c.tftp->listen.size(), 2U);
  EXPECT_EQ(c.tftp->listen[0].text().view(), "0.0.0.0:69");
  EXPECT_EQ(c.tftp->listen[1].text().view(), "[::]:69");
  EXPECT_FALSE(c.tftp->listen_given);
  EXPECT_EQ(c.tftp->max_windowsize, 64);
  EXPECT_EQ(c.tftp->max_blksize, 65'464);
  EXPECT_FALSE(c.tftp->admission.per_source);
  EXPECT_FALSE(c.tftp->admission.only_from);
  EXPECT_THAT(c.tftp->admission.no_access, IsEmpty());
  EXPECT_THAT(c.tftp->admission.access_times, IsEmpty());
  EXPECT_TRUE(c.tftp->admission.log_on_failure);
  EXPECT_EQ(c.tftp->admission.policy, AdmissionPolicy::kQueue);
  EXPECT_EQ(c.http->listen.at(0).text().view(), "0.0.0.0:80");
  EXPECT_EQ(c.ftp->listen.at(0).text().view(), "0.0.0.0:21");
  EXPECT_FALSE(c.ftp->passive_ports);
  EXPECT_EQ(c.board->listen.text().view(), "127.0.0.1:8077");
  EXPECT_EQ(c.log.level, "info");
  EXPECT_FALSE(c.log.syslog);
}

TEST(ConfigParse, AnEmptyOnlyFromIsNotAnAbsentOne) {
  const ConfigOutcome outcome = parse_config("[http]\nroot = \"/h\"\nonly_from = []\n", "f");
  ASSERT_NE(outcome.config, nullptr) << lines(outcome);
  ASSERT_TRUE(outcome.config->http->admission.only_from);
  EXPECT_THAT(*outcome.config->http->admission.only_from, IsEmpty());
}

TEST(ConfigParse, AccessListsHaveABound) {
  std::string text = "[http]\nroot = \"/h\"\nno_access = [";
  for (int i = 0; i < 257; ++i) text += "\"10.0." + std::to_string(i / 256) + "." + std::to_string(i % 256) + "\",";
  const ConfigOutcome outcome = parse_config(text + "]\n", "f");
  EXPECT_EQ(outcome.config, nullptr);
  EXPECT_THAT(lines(outcome), HasSubstr("has 257 entries; at most 256 are taken"));
}

TEST(ConfigParse, ALongDefaultLeaseRaisesTheAbsentMaximum) {
  const auto outcome = parse_config(
      "[server]\ninterfaces=[\"e\"]\n[dhcp]\n[[dhcp.subnet]]\nsubnet=\"10.0.0.0/24\"\nlease_seconds={default=900000}\n",
      "f");
  ASSERT_NE(outcome.config, nullptr) << lines(outcome);
  EXPECT_EQ(outcome.config->dhcp->subnets[0].lease_seconds.longest, 900'000U);
}

TEST(ConfigParse, OneIpxeScriptCoversEveryArchitecture) {
  const auto outcome = parse_config(
      "[server]\ninterfaces=[\"e\"]\n[dhcp]\n[[dhcp.subnet]]\nsubnet=\"10.0.0.0/24\"\n[dhcp.boot]\nipxe=\"b.ipxe\"\n",
      "f");
  ASSERT_NE(outcome.config, nullptr) << lines(outcome);
  EXPECT_EQ(outcome.config->dhcp->boot.ipxe.at("default"), "b.ipxe");
}

TEST(ConfigParse, DhcpThatIsOffNeedsNothingElse) {
  const auto outcome = parse_config("[dhcp]\nmode = \"off\"\n[http]\nroot = \"/h\"\n", "f");
  ASSERT_NE(outcome.config, nullptr) << lines(outcome);
  EXPECT_FALSE(outcome.config->dhcp);
  EXPECT_THAT(outcome.problems, IsEmpty());
}

TEST(ConfigParse, AFileWithoutAnyServiceIsAWarning) {
  const auto outcome = parse_config("", "f");
  ASSERT_NE(outcome.config, nullptr);
  EXPECT_THAT(lines(outcome), HasSubstr("warning: no service is on"));
}

TEST(ConfigParse, TheExampleOfTheManualIsRefusedOnlyForWhatIsNotBuilt) {
  const ConfigOutcome outcome =
      load_config(std::string(RACKCAST_SOURCE_DIR) + "/tests/fuzz/config/corpus/everything.toml");
  EXPECT_EQ(outcome.config, nullptr);
  const auto errors = of(outcome, Severity::kError);
  ASSERT_EQ(errors.size(), 2U) << lines(outcome);
  EXPECT_EQ(errors[0].key, "cast");
  EXPECT_THAT(errors[0].message, HasSubstr("not built yet: [[cast]]"));
  EXPECT_EQ(errors[1].key, "dpdk");
  EXPECT_THAT(errors[1].message, HasSubstr("not built yet: [dpdk]"));
}

TEST(ConfigParse, AnyPrefixOfAValidFileIsAnswered) {
  for (std::size_t size = 0; size < samples::kFull.size(); ++size) {
    const ConfigOutcome outcome = parse_config(samples::kFull.substr(0, size), "f");
    // Never silence: a snapshot or an error.
    EXPECT_TRUE(outcome.config != nullptr || !of(outcome, Severity::kError).empty()) << size;
  }
}

TEST(ConfigParse, DeepNestingIsRefusedNotRecursedInto) {
  std::string dots = "a";
  for (int i = 0; i < 200'000; ++i) dots += ".a";
  EXPECT_EQ(parse_config(dots + " = 1\n", "f").config, nullptr);
  EXPECT_EQ(parse_config(std::string(200'000, '[') + "\n", "f").config, nullptr);
  EXPECT_EQ(parse_config("x = " + std::string(200'000, '[') + "\n", "f").config, nullptr);
  EXPECT_EQ(parse_config("x = \"\"\"" + dots, "f").config, nullptr);
  // Dots inside strings and comments are no nesting.
  EXPECT_NE(parse_config("# " + dots + "\n[http]\nroot = \"/" + dots.substr(0, 1000) + "\"\n", "f").config, nullptr);
}

TEST(ConfigParse, AnEndlessFileIsRefusedByItsSize) {
  const auto outcome = parse_config(std::string(kConfigBytesMax + 1, '#'), "f");
  EXPECT_THAT(lines(outcome), HasSubstr("larger than 4 MiB"));
}

TEST(ConfigParse, ProblemsAreBounded) {
  std::string text;
  for (int i = 0; i < 1000; ++i) text += "k" + std::to_string(i) + " = 1\n";
  const auto outcome = parse_config(text, "f");
  ASSERT_EQ(outcome.problems.size(), kProblemsMax + 1);
  EXPECT_EQ(outcome.problems.back().message, "and 800 more problems");
}

class ConfigFile : public ::testing::Test {
 protected:
  testing::TemporaryTree tree_;
};

TEST_F(ConfigFile, ThatIsMissingIsOneSentence) {
  const auto outcome = load_config(tree_.path("none.toml"));
  ASSERT_EQ(outcome.problems.size(), 1U);
  EXPECT_EQ(outcome.config, nullptr);
  EXPECT_THAT(outcome.problems[0].message, HasSubstr("none.toml: No such file or directory"));
}

TEST_F(ConfigFile, ThatIsADirectoryIsOneSentence) {
  const auto outcome = load_config(tree_.path(""));
  ASSERT_EQ(outcome.problems.size(), 1U);
  EXPECT_THAT(outcome.problems[0].message, HasSubstr("is a directory"));
}

TEST_F(ConfigFile, ThatIsUnreadableIsOneSentence) {
  tree_.write("secret.toml", "[http]\n");
  const std::string path = tree_.path("secret.toml");
  ASSERT_EQ(::chmod(path.c_str(), 0), 0);
  if (::access(path.c_str(), R_OK) == 0) GTEST_SKIP() << "root reads everything";
  const auto outcome = load_config(path);
  ASSERT_EQ(outcome.problems.size(), 1U);
  EXPECT_THAT(outcome.problems[0].message, HasSubstr("Permission denied"));
}

TEST_F(ConfigFile, IsReadWhole) {
  tree_.write("good.toml", samples::kFull);
  const auto outcome = load_config(tree_.path("good.toml"));
  ASSERT_NE(outcome.config, nullptr) << lines(outcome);
  EXPECT_EQ(outcome.config->http->root, "/var/www");
}

}  // namespace
}  // namespace rackcast
