// Where a run may be aimed.
#include "tools/sim/live/network_guard.h"

#include <gmock/gmock.h>

namespace rackcast::sim {
namespace {

using testing::HasSubstr;

constexpr net::Ipv4Address kLoopback(127, 0, 0, 1);
constexpr net::Ipv4Address kOffice(192, 168, 1, 1);
constexpr Surroundings kHost{.own_namespace = false};
constexpr Surroundings kNamespace{.own_namespace = true};

struct Case {
  const char* name;
  Aim aim;
  Surroundings around;
  bool refused;
};

TEST(NetworkGuardTest, OnlyLoopbackAndOwnNamespacesUnlessToldOtherwise) {
  const Case cases[] = {
      {"loopback", {.interface = "lo", .server = kLoopback}, kHost, false},
      {"loopback without a server", {.interface = "lo"}, kHost, false},
      {"DHCP on the host's interface", {.interface = "eth0"}, kHost, true},
      {"DHCP there for a server on loopback", {.interface = "eth0", .server = kLoopback}, kHost, true},
      {"load on a real server", {.interface = "lo", .server = kOffice}, kHost, true},
      {"relayed to a real network", {.interface = "lo", .server = kLoopback, .relay = kOffice}, kHost, true},
      {"a namespace", {.interface = "eth0", .server = kOffice}, kNamespace, false},
      {"yes, really", {.interface = "eth0", .server = kOffice, .yes_really = true}, kHost, false},
  };
  for (const Case& row : cases) EXPECT_EQ(refuse(row.aim, row.around).has_value(), row.refused) << row.name;
}

TEST(NetworkGuardTest, TheSentenceNamesTheTargetAndTheWayOut) {
  const auto sentence = refuse({.interface = "eth7"}, kHost);
  ASSERT_TRUE(sentence);
  EXPECT_THAT(*sentence, HasSubstr("interface eth7"));
  EXPECT_THAT(*sentence, HasSubstr("ip netns exec"));
  EXPECT_THAT(*sentence, HasSubstr("--yes-really"));
}

}  // namespace
}  // namespace rackcast::sim
