// Where a run may be aimed.
#include "tools/sim/live/network_guard.h"

#include <gmock/gmock.h>

namespace rackcast::sim {
namespace {

using testing::HasSubstr;

constexpr net::Ipv4Address kLoopback(127, 0, 0, 1);
constexpr net::Ipv4Address kOffice(192, 168, 1, 1);
const std::string kUrlElsewhere[] = {"", "pxelinux.0", "http://192.168.1.9/ks.cfg"};
const std::string kUrlByName[] = {"ftp://server.lab/tree/"};
const std::string kUrlOnLoopback[] = {"", "grub/grubx64.efi", "http://127.0.0.2:8080/ks.cfg"};
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
      {"machines on a real network", {.interface = "lo", .server = kLoopback, .first_address = kOffice}, kHost, true},
      {"machines on loopback", {.interface = "lo", .server = kLoopback, .first_address = kLoopback}, kHost, false},
      {"a URL elsewhere", {.interface = "lo", .server = kLoopback, .names = kUrlElsewhere}, kHost, true},
      {"a URL by a name", {.interface = "lo", .server = kLoopback, .names = kUrlByName}, kHost, true},
      {"a URL on loopback", {.interface = "lo", .server = kLoopback, .names = kUrlOnLoopback}, kHost, false},
      {"a URL from a namespace", {.interface = "lo", .names = kUrlElsewhere}, kNamespace, false},
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

TEST(NetworkGuardTest, TheReachOfARunIsLoopbackUnlessTheGuardLetsItFurther) {
  EXPECT_TRUE(reach_of(false, kHost).includes(kLoopback));
  EXPECT_FALSE(reach_of(false, kHost).includes(kOffice));
  EXPECT_FALSE(reach_of(false, kHost).includes(net::Ipv6Address{}));
  EXPECT_TRUE(reach_of(true, kHost).includes(kOffice));
  EXPECT_TRUE(reach_of(false, kNamespace).includes(kOffice));
}

}  // namespace
}  // namespace rackcast::sim
