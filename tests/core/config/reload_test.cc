#include "core/config/reload.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/config/folders.h"
#include "core/config/in_force.h"
#include "core/config/keys.h"
#include "core/config/parse.h"
#include "tests/core/config/samples.h"

namespace rackcast {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::shared_ptr<const Config> parse(std::string_view text) {
  auto outcome = parse_config(text, "f");
  EXPECT_NE(outcome.config, nullptr);
  return outcome.config;
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

TEST(ReloadPlan, IsEmptyForTheSameValues) {
  const std::string text(samples::kFull);
  EXPECT_TRUE(reload_plan(*parse(text), *parse(text)).empty());
  EXPECT_TRUE(reload_plan(*parse(text), *parse("# a comment\n" + text)).empty());
  EXPECT_TRUE(
      reload_plan(*parse("[http]\nroot=\"/h\"\n"), *parse("[http]\nlisten=[\"0.0.0.0:80\"]\nroot=\"/h\"\n")).empty());
}

TEST(ReloadPlan, TellsLiveFromRestart) {
  const std::string before(samples::kFull);
  std::string after = replaced(before, "max_windowsize = 16", "max_windowsize = 8");
  after = replaced(after, "192.168.1.2-192.168.1.99", "192.168.1.2-192.168.1.98");
  after = replaced(after, "level = \"debug\"", "level = \"info\"");
  after = replaced(after, "root = \"/tftpboot\"", "root = \"/srv/tftp\"");
  after = replaced(after, "user = \"boot\"", "user = \"root\"");
  const ReloadPlan plan = reload_plan(*parse(before), *parse(after));
  EXPECT_THAT(plan.live, ElementsAre("dhcp.subnet.range", "tftp.max_windowsize", "log.level"));
  EXPECT_THAT(plan.restart, ElementsAre("server.user", "tftp.root"));
}

// The one function and the one table say the same of every key.
TEST(InForce, ARootThatComesBeforeUploadDirHasGoneIsNoticed) {
  Config running;
  running.tftp = TftpConfig{};
  running.tftp->root = "/tftpboot";
  running.tftp->upload.dir = "/srv/dropped";
  running.http = HttpConfig{};
  running.http->root = "/srv/www";
  Config loaded = running;
  loaded.tftp->upload.dir = "/elsewhere";
  loaded.http->root = "/srv";
  EXPECT_TRUE(config_detail::served_uploads(running).empty());
  EXPECT_TRUE(config_detail::served_uploads(loaded).empty());
  EXPECT_EQ(config_detail::served_uploads(in_force(running, loaded)).size(), 1U);
}

TEST(InForce, TakesTheLiveKeysAndKeepsTheOthers) {
  const Config running = *parse(samples::kFull);
  Config loaded = *parse(samples::kFull);
  loaded.server.cores = {1};
  loaded.server.user = "somebody";
  loaded.dhcp->mode = DhcpMode::kOff;
  loaded.dhcp->subnets[0].bootp = !loaded.dhcp->subnets[0].bootp;
  loaded.dhcp->hosts.clear();
  loaded.dhcp->classes.clear();
  loaded.dhcp->networks.clear();
  loaded.dhcp->rules = Rules();
  loaded.dhcp->catalog = std::make_shared<const OptionCatalog>();
  loaded.dhcp->pxe.reset();
  loaded.dhcp->leases_per_port.reset();
  loaded.dhcp->leases_per_relay = 1;
  loaded.dhcp->machine_key = MachineKeyKind::kMac;
  loaded.dhcp->import_leases = "/elsewhere";
  loaded.dhcp->boot.http = "http://other/x.efi";
  loaded.tftp->root = "/elsewhere";
  loaded.tftp->max_windowsize = 3;
  loaded.tftp->map_file = "/elsewhere.map";
  loaded.tftp->refused_options = {"tsize"};
  loaded.tftp->retransmit_us = 1;
  loaded.tftp->upload = {"/elsewhere", 1, 2, 3};
  loaded.tftp->unique_root = UniqueRoot::kIp;
  loaded.tftp->clamp_to_mtu = false;
  loaded.tftp->networks.clear();
  loaded.tftp->classes.clear();
  loaded.http->root = "/elsewhere";
  loaded.ftp->root = "/elsewhere";
  loaded.ftp->passive_ports = PortRange{1, 2};
  loaded.log.level = "error";
  const Config next = in_force(running, loaded);
  for (const KeySpec& key : config_keys()) {
    const bool live = key.applies == Applies::kLive;
    EXPECT_EQ(value_text(next, key), value_text(live ? loaded : running, key)) << key.section << "." << key.name;
  }
}

TEST(ReloadPlan, ARuleThatChangesIsToldOfItsScope) {
  const std::string before(samples::kFull);
  const auto plan =
      reload_plan(*parse(before), *parse(replaced(before, "next-server 192.168.1.9", "next-server 192.168.1.8")));
  EXPECT_THAT(plan.live, ElementsAre("dhcp.subnet.options", "dhcp.subnet.rules"));
  EXPECT_THAT(plan.restart, IsEmpty());
}

TEST(InForce, KeepsASectionThatWentAndLeavesOutOneThatCame) {
  const Config running = *parse("[http]\nroot=\"/h\"\n");
  const Config next = in_force(running, *parse("[ftp]\nroot=\"/h\"\n"));
  ASSERT_TRUE(next.http.has_value());
  EXPECT_EQ(next.http->root, "/h");
  EXPECT_FALSE(next.ftp.has_value());
}

TEST(ReloadPlan, ASectionThatComesOrGoesNeedsARestart) {
  const auto plan = reload_plan(*parse("[http]\nroot=\"/h\"\n"), *parse("[ftp]\nroot=\"/h\"\n"));
  EXPECT_THAT(plan.restart, ElementsAre("[http]", "[ftp]"));
  EXPECT_THAT(plan.live, IsEmpty());
}

TEST(ReloadPlan, AHostAddedOrRemovedIsLive) {
  const std::string before(samples::kFull);
  const std::string after =
      replaced(before, "[tftp]", "[[dhcp.host]]\nname = \"new\"\nmac = \"02:00:00:00:00:09\"\n\n[tftp]");
  const auto plan = reload_plan(*parse(before), *parse(after));
  EXPECT_THAT(plan.restart, IsEmpty());
  EXPECT_THAT(plan.live, ::testing::Contains("dhcp.host.mac"));
}

TEST(ReloadPlan, ReadsEveryKeyOfTheTable) {
  const auto config = parse(samples::kFull);  // gives every key a value
  for (const KeySpec& key : config_keys())
    if (find_section(key.section)->built) {
      EXPECT_NE(value_text(*config, key), "") << full_name(key);
    }
}

}  // namespace
}  // namespace rackcast
