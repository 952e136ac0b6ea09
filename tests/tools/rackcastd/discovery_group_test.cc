#include "tools/rackcastd/discovery_group.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/recording_io.h"

namespace rackcast {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Joined = testing::RecordingIo::Joined;

Config with_group(std::optional<net::Ipv4Address> group) {
  Config config;
  config.dhcp.emplace().pxe.emplace().discovery_group = group;
  return config;
}

constexpr net::Ipv4Address kGroup{239, 255, 77, 2};
constexpr net::Ipv4Address kOther{239, 255, 77, 3};

struct DiscoveryGroupFixture : ::testing::Test {
  testing::RecordingIo io;
  std::vector<std::string> warnings;
  DiscoveryGroup group{{{SocketId{2}, InterfaceIndex{5}, "eth0"}, {SocketId{3}, InterfaceIndex{7}, "eth1"}},
                       io,
                       [this](const std::string& line) { warnings.push_back(line); }};
};

TEST_F(DiscoveryGroupFixture, IsJoinedOnEveryInterface) {
  group.join(with_group(kGroup));
  EXPECT_THAT(io.joined, ElementsAre(Joined{SocketId{2}, kGroup, InterfaceIndex{5}},
                                     Joined{SocketId{3}, kGroup, InterfaceIndex{7}}));
  EXPECT_THAT(warnings, IsEmpty());
  group.join(with_group(kOther));
  EXPECT_EQ(io.joined.size(), 4U);
  EXPECT_EQ(io.joined.back().group, net::IpAddress(kOther));
}

TEST_F(DiscoveryGroupFixture, NothingIsJoinedWhereNoneIsTold) {
  group.join(with_group(std::nullopt));
  group.join(Config{});
  EXPECT_THAT(io.joined, IsEmpty());
}

TEST_F(DiscoveryGroupFixture, AnInterfaceThatRefusesIsNamed) {
  io.groups_refused = true;
  group.join(with_group(kGroup));
  EXPECT_THAT(warnings, ElementsAre(HasSubstr("eth0"), HasSubstr("eth1")));
  EXPECT_THAT(warnings.front(), HasSubstr("239.255.77.2"));
}

}  // namespace
}  // namespace rackcast
