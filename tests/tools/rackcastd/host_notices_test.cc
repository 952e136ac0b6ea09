#include "tools/rackcastd/host_notices.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rackcast {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Config lab() {
  Config config;
  config.dhcp.emplace();
  SubnetConfig subnet;
  subnet.subnet = *net::Ipv4Prefix::parse("192.168.1.0/24");
  subnet.ranges = {{{192, 168, 1, 2}, {192, 168, 1, 253}}};
  config.dhcp->subnets = {subnet};
  return config;
}

io::InterfaceFacts interface(std::vector<net::IpAddress> addresses) {
  io::InterfaceFacts facts;
  facts.name = "eth0";
  for (const net::IpAddress& address : addresses) facts.addresses.push_back({address, 24});
  return facts;
}

TEST(HostNotices, AHostThatIsFineHearsNothing) {
  const std::vector<io::InterfaceFacts> interfaces = {interface({net::Ipv4Address(192, 168, 1, 254)})};
  EXPECT_THAT(host_notices(lab(), interfaces, 1'024), IsEmpty());
  EXPECT_THAT(host_notices(lab(), interfaces, 0), IsEmpty()) << "not known is no finding";
}

TEST(HostNotices, OurOwnAddressInsideARange) {
  const std::vector<io::InterfaceFacts> interfaces = {interface({net::Ipv4Address(192, 168, 1, 110)})};
  EXPECT_THAT(host_notices(lab(), interfaces, 1'024), ElementsAre(HasSubstr("192.168.1.110 on eth0 is ours")));
}

TEST(HostNotices, AnInterfaceWithoutIpv4) {
  const std::vector<io::InterfaceFacts> interfaces = {interface({*net::IpAddress::parse("fe80::1")})};
  EXPECT_THAT(host_notices(lab(), interfaces, 1'024), ElementsAre(HasSubstr("eth0 has no IPv4 address")));
  Config tftp_only;
  tftp_only.tftp.emplace();
  EXPECT_THAT(host_notices(tftp_only, interfaces, 1'024), IsEmpty());
}

TEST(HostNotices, MoreMachinesThanNeighbours) {
  const std::vector<io::InterfaceFacts> interfaces = {interface({net::Ipv4Address(192, 168, 1, 254)})};
  EXPECT_THAT(host_notices(lab(), interfaces, 251), ElementsAre(HasSubstr("gc_thresh3=504")));
  EXPECT_THAT(host_notices(lab(), interfaces, 252), IsEmpty());
}

}  // namespace
}  // namespace rackcast
