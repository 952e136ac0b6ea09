// The program in virtual time: a whole run from command line to exit code.
#include <gmock/gmock.h>

#include "tests/support/temporary_tree.h"
#include "tools/sim/app.h"
#include "tools/sim/virtual_engine.h"

namespace rackcast::sim {
namespace {

using ::testing::HasSubstr;

constexpr net::Ipv4Address kVirtual(10, 0, 0, 1);

struct Outcome {
  int exit_code = 0;
  std::string printed;
};

Outcome run(std::vector<const char*> words, bool stopped = false) {
  words.insert(words.begin(), {"rackcast-sim"});
  words.push_back("--virtual");
  const ParsedOptions parsed = parse_options(static_cast<int>(words.size()), words.data());
  EXPECT_TRUE(parsed.options);
  if (!parsed.options) return {};
  const std::atomic<bool> stop{stopped};
  ::testing::internal::CaptureStdout();
  ::testing::internal::CaptureStderr();
  Outcome run;
  run.exit_code = run_app(*parsed.options, stop);
  run.printed = ::testing::internal::GetCapturedStdout() + ::testing::internal::GetCapturedStderr();
  return run;
}

TEST(VirtualTest, ARackIsInstalled) {
  const Outcome good = run({"boot_storm", "--clients", "12"});
  EXPECT_EQ(good.exit_code, 0) << good.printed;
  EXPECT_THAT(good.printed, HasSubstr("PASSED"));
}

TEST(VirtualTest, AnExpectationIsAGate) {
  EXPECT_EQ(run({"boot_storm", "--clients", "3", "--expect", "failed=0,p99<1h"}).exit_code, 0);
  EXPECT_EQ(run({"boot_storm", "--clients", "3", "--expect", "p50<1us"}).exit_code, 1);
}

TEST(VirtualTest, TheSameSeedTellsTheSameStory) {
  const auto story = [] { return run({"lossy_rack", "--clients", "5", "--seed", "3", "--json", "-"}).printed; };
  const std::string one = story();
  const auto without_cpu = [](std::string text) {
    const std::size_t at = text.find("\"simulator_cpu_s\"");
    EXPECT_NE(at, std::string::npos);
    return text.erase(at, text.find(',', at) - at);
  };
  EXPECT_EQ(without_cpu(one), without_cpu(story()));
}

TEST(VirtualTest, AnUnknownScenarioIsWrongUsage) {
  const Outcome wrong = run({"boot_strom"});
  EXPECT_EQ(wrong.exit_code, 2);
  EXPECT_THAT(wrong.printed, HasSubstr("boot_storm"));
}

TEST(VirtualTest, AnInterruptedRunHasAVerdict) {
  const Outcome cut = run({"steady", "rate=1", "--clients", "500"}, true);
  EXPECT_EQ(cut.exit_code, 1);
  EXPECT_THAT(cut.printed, HasSubstr("FAILED"));
  EXPECT_THAT(cut.printed, HasSubstr("interrupted"));
}

TEST(VirtualTest, AnInterruptionFailsInEveryOutput) {
  const Outcome cut = run({"steady", "rate=1", "--clients", "500", "--json", "-"}, true);
  EXPECT_EQ(cut.exit_code, 1);
  EXPECT_THAT(cut.printed, HasSubstr("\"interrupted\":true,\"violations\":0,\"passed\":false"));
}

TEST(VirtualTest, AFileThatCannotBeWrittenIsNamed) {
  const Outcome failed = run({"boot_storm", "--clients", "2", "--json", "/no/such/folder/run.json"});
  EXPECT_EQ(failed.exit_code, 1);
  EXPECT_THAT(failed.printed, HasSubstr("/no/such/folder/run.json"));
}

TEST(VirtualTest, ATreesOwnServerBecomesTheVirtualOne) {
  const rackcast::testing::TemporaryTree tree;
  tree.write("tftpboot/pxelinux.cfg/default", "ks=http://10.9.0.1/ks.cfg not 10.9.0.10 nor 110.9.0.1\n");
  tree.write("tftpboot/both", "from tftpboot");
  tree.write("tree/both", "from tree");
  tree.write("tree/binary", std::string("10.9.0.1\0", 9));
  const auto text = [](const TreeContent& content, const char* path) {
    const auto bytes = content.at(path)->bytes();
    return std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  };
  const auto changed = virtual_tree_of(tree.path(""), net::Ipv4Address(10, 9, 0, 1), kVirtual);
  ASSERT_TRUE(changed) << changed.error().message;
  EXPECT_EQ(text(*changed, "pxelinux.cfg/default"), "ks=http://10.0.0.1/ks.cfg not 10.9.0.10 nor 110.9.0.1\n");
  EXPECT_EQ(text(*changed, "both"), "from tftpboot");
  EXPECT_EQ(text(*changed, "binary"), std::string("10.9.0.1\0", 9));
  const auto kept = virtual_tree_of(tree.path(""), std::nullopt, kVirtual);
  ASSERT_TRUE(kept);
  EXPECT_THAT(text(*kept, "pxelinux.cfg/default"), HasSubstr("http://10.9.0.1/"));
  EXPECT_FALSE(virtual_tree_of(tree.path("none"), std::nullopt, kVirtual));
}

}  // namespace
}  // namespace rackcast::sim
