#include "tools/rackcastd/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rackcast {
namespace {

ParsedOptions parse(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "rackcastd");
  return parse_options(static_cast<int>(arguments.size()), arguments.data());
}

TEST(DaemonOptionsParse, FlagsOverrideTheFile) {
  const ParsedOptions parsed =
      parse({"--config", "f.toml", "--io", "socket", "--cores", "2,3", "--foreground", "--log-level", "debug"});
  ASSERT_TRUE(parsed.options);
  EXPECT_EQ(parsed.options->config_file, "f.toml");
  EXPECT_EQ(parsed.options->io, IoKind::kSocket);
  EXPECT_THAT(*parsed.options->cores, ::testing::ElementsAre(2, 3));
  EXPECT_TRUE(parsed.options->foreground);
  EXPECT_EQ(parsed.options->log_level, "debug");
}

TEST(DaemonOptionsParse, AnOldFileStandsForTheConfiguration) {
  const ParsedOptions parsed = parse({"--xinetd", "/etc/xinetd.d/tftp", "--strict-xinetd"});
  ASSERT_TRUE(parsed.options);
  EXPECT_EQ(parsed.options->xinetd_file, "/etc/xinetd.d/tftp");
  EXPECT_TRUE(parsed.options->strict_xinetd);
  const ParsedOptions both = parse({"--dhcpd-conf", "/d", "--leases", "/l", "--xinetd", "/x"});
  ASSERT_TRUE(both.options);
  EXPECT_EQ(both.options->dhcpd_file, "/d");
  EXPECT_EQ(both.options->leases_file, "/l");
  EXPECT_TRUE(both.options->from_old_files());
  EXPECT_EQ(parsed.options->config_file, "");
}

TEST(DaemonOptionsParse, WrongUsageIsTwoAndWhatIsNotBuiltIsOne) {
  EXPECT_EQ(parse({}).exit_code, 2);
  EXPECT_EQ(parse({"--config", "f", "--io", "pigeon"}).exit_code, 2);
  EXPECT_EQ(parse({"--config", "f", "--cores", "2,2"}).exit_code, 2);
  EXPECT_EQ(parse({"--config", "f", "--cores", "two"}).exit_code, 2);
  EXPECT_EQ(parse({"--dhcpd-conf", "f", "--vsftpd-conf", "f"}).exit_code, 1);
  EXPECT_EQ(parse({"--config", "f", "--dhcpd-conf", "f"}).exit_code, 2);
  EXPECT_EQ(parse({"--xinetd", "f", "--leases", "f"}).exit_code, 2);
  EXPECT_EQ(parse({"--xinetd", "f", "--vsftpd-conf", "f"}).exit_code, 1);
  EXPECT_EQ(parse({"--config", "f", "--xinetd", "f"}).exit_code, 2);
  EXPECT_EQ(parse({"--config", "f", "--strict-xinetd"}).exit_code, 2);
  EXPECT_EQ(parse({"--help"}).exit_code, 0);
}

}  // namespace
}  // namespace rackcast
