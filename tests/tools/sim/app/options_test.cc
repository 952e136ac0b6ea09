// rackcast-sim's command line: what it takes, and what is wrong usage.
#include "tools/sim/options.h"

#include <gmock/gmock.h>

namespace rackcast::sim {
namespace {

using testing::HasSubstr;

ParsedOptions parse(std::vector<const char*> words) {
  words.insert(words.begin(), "rackcast-sim");
  return parse_options(static_cast<int>(words.size()), words.data());
}

// What is said about wrong usage; empty when it was accepted.
std::string complaint(const std::vector<const char*>& words) {
  testing::internal::CaptureStderr();
  const ParsedOptions parsed = parse(words);
  const std::string said = testing::internal::GetCapturedStderr();
  if (parsed.options) return {};
  EXPECT_EQ(parsed.exit_code, 2);
  EXPECT_EQ(std::count(said.begin(), said.end(), '\n'), 1) << said;
  return said;
}

TEST(OptionsTest, EverythingHasItsPlace) {
  const auto parsed = parse({"lossy_rack",
                             "loss=5",
                             "reorder=2",
                             "--clients",
                             "40",
                             "--server",
                             "10.0.0.1",
                             "--interface",
                             "eth0",
                             "--addresses",
                             "10.0.1.1/16",
                             "--skip",
                             "dhcp,packages",
                             "--seed",
                             "9",
                             "--profile",
                             "bios-pxelinux=3,ipxe",
                             "--expect",
                             "p99<30s,failed=0",
                             "--time-max",
                             "12.5",
                             "--server-pid",
                             "1,2",
                             "--json",
                             "-",
                             "--yes-really"});
  ASSERT_TRUE(parsed.options);
  const SimOptions& options = *parsed.options;
  EXPECT_EQ(options.scenario.name, "lossy_rack");
  EXPECT_EQ(options.scenario.clients, 40U);
  EXPECT_EQ(options.scenario.seed, 9U);
  EXPECT_EQ(options.scenario.parameters.size(), 2U);
  ASSERT_EQ(options.scenario.profiles.size(), 2U);
  EXPECT_EQ(options.scenario.profiles[0].share, 3);
  EXPECT_EQ(options.server, net::Ipv4Address(10, 0, 0, 1));
  EXPECT_EQ(options.first_address, net::Ipv4Address(10, 0, 1, 1));
  EXPECT_EQ(options.prefix_bits, 16);
  EXPECT_TRUE(options.skips(Stage::kDhcp));
  EXPECT_TRUE(options.skips(Stage::kPackages));
  EXPECT_FALSE(options.skips(Stage::kKernel));
  EXPECT_EQ(options.conditions.size(), 2U);
  EXPECT_EQ(options.time_max_seconds, 12.5);
  EXPECT_EQ(options.server_processes, (std::vector<int>{1, 2}));
  EXPECT_TRUE(options.yes_really);
}

TEST(OptionsTest, WrongUsageIsOneSentenceThatNamesIt) {
  struct Case {
    std::vector<const char*> words;
    const char* named;
  };
  const Case cases[] = {
      {{}, "scenario"},
      {{"steady", "rate"}, "rate"},
      {{"steady", "--clients", "0"}, "--clients"},
      {{"steady", "--server", "host.test"}, "host.test"},
      {{"steady", "--profile", "ipxee"}, "ipxe"},
      {{"steady", "--skip", "dhcp,kernels"}, "kernels"},
      {{"steady", "--addresses", "10.0.0.1/40"}, "10.0.0.1/40"},
      {{"steady", "--expect", "p98<1s"}, "p98"},
      {{"steady", "--tree", "/no/such/folder"}, "/no/such/folder"},
      {{"steady", "--relay", "10.0.0.2"}, "--server"},
      {{"steady", "--skip", "dhcp"}, "--server"},
      {{"steady", "--skip", "dhcp", "--server", "10.0.0.1"}, "--addresses"},
      {{"steady", "--skip", "dhcp", "--server", "127.0.0.1", "--relay", "127.0.0.2"}, "--relay"},
      {{"steady", "--no-such-option"}, "--no-such-option"},
  };
  for (const Case& row : cases) EXPECT_THAT(complaint(row.words), HasSubstr(row.named));
}

TEST(OptionsTest, LoopbackNeedsNoAddresses) {
  EXPECT_EQ(complaint({"steady", "--skip", "dhcp", "--server", "127.0.0.1"}), "");
  EXPECT_EQ(complaint({"steady", "--virtual", "--skip", "dhcp"}), "");
}

TEST(OptionsTest, HelpNamesEveryScenarioAndProfile) {
  testing::internal::CaptureStdout();
  const ParsedOptions parsed = parse({"--help"});
  const std::string help = testing::internal::GetCapturedStdout();
  EXPECT_FALSE(parsed.options);
  EXPECT_EQ(parsed.exit_code, 0);
  for (const ScenarioInfo& scenario : all_scenarios()) {
    EXPECT_THAT(help, HasSubstr(std::string(scenario.name)));
    EXPECT_THAT(help, HasSubstr(std::string(scenario.description)));
  }
  for (const Profile& profile : all_profiles()) EXPECT_THAT(help, HasSubstr(std::string(profile.name)));
  EXPECT_THAT(help, HasSubstr("Examples:"));
}

}  // namespace
}  // namespace rackcast::sim
