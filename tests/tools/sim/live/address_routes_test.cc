// Addresses by routes: usable while they are held, gone afterwards, others' left alone.
#include "tools/sim/live/address_routes.h"

#include <gmock/gmock.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "io_backends/socket/sockaddr.h"
#include "tests/tools/sim/live/own_namespace.h"

namespace rackcast::sim {
namespace {

using net::Ipv4Address;

bool is_ours(Ipv4Address address) {
  const FileDescriptor socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  io::SocketAddress name{};
  const socklen_t size = io::write_sockaddr({address, net::UdpPort{0}}, 0, name);
  return ::bind(socket.get(), &name.any, size) == 0;
}

bool is_reachable(Ipv4Address address) {
  const FileDescriptor socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  io::SocketAddress name{};
  const socklen_t size = io::write_sockaddr({address, net::UdpPort{9}}, 0, name);
  return ::connect(socket.get(), &name.any, size) == 0;
}

class AddressRoutesTest : public InOwnNamespace {
 protected:
  static AddressRoutes open(const std::string& interface = "sim0") {
    auto routes = AddressRoutes::open(interface);
    EXPECT_TRUE(routes) << (routes ? "" : routes.error().message);
    return std::move(*routes);
  }
};

TEST_F(AddressRoutesTest, HeldAddressesAreOursAndTheirSubnetIsReached) {
  {
    AddressRoutes routes = open();
    routes.add(Ipv4Address(10, 99, 0, 100), 24);
    routes.add(Ipv4Address(10, 99, 0, 101), 24);
    EXPECT_FALSE(is_ours(Ipv4Address(10, 99, 0, 100))) << "not before the flush";
    routes.flush();
    EXPECT_TRUE(is_ours(Ipv4Address(10, 99, 0, 100)));
    EXPECT_TRUE(is_ours(Ipv4Address(10, 99, 0, 101)));
    EXPECT_TRUE(is_reachable(Ipv4Address(10, 99, 0, 1)));
    routes.remove(Ipv4Address(10, 99, 0, 101));
    routes.flush();
    EXPECT_FALSE(is_ours(Ipv4Address(10, 99, 0, 101)));
    EXPECT_EQ(routes.refused(), 0U);
  }
  EXPECT_FALSE(is_ours(Ipv4Address(10, 99, 0, 100)));
  EXPECT_FALSE(is_reachable(Ipv4Address(10, 99, 0, 1)));
}

TEST_F(AddressRoutesTest, ManyAtOnce) {
  AddressRoutes routes = open();
  for (std::uint32_t i = 0; i < 1'000; ++i) routes.add(Ipv4Address(Ipv4Address(10, 98, 0, 1).value() + i), 16);
  routes.flush();
  EXPECT_EQ(routes.refused(), 0U) << routes.last_error();
  for (const std::uint32_t i : {0U, 127U, 128U, 999U})
    EXPECT_TRUE(is_ours(Ipv4Address(Ipv4Address(10, 98, 0, 1).value() + i))) << i;
  routes.remove_all();
  EXPECT_FALSE(is_ours(Ipv4Address(10, 98, 0, 1)));
}

TEST_F(AddressRoutesTest, AnAddressOfTwoStaysUntilBothGaveItUp) {
  AddressRoutes routes = open();
  const Ipv4Address shared(10, 97, 0, 5);
  routes.add(shared, 24);
  routes.add(shared, 24);
  routes.remove(shared);
  routes.flush();
  EXPECT_TRUE(is_ours(shared));
  routes.remove(shared);
  routes.flush();
  EXPECT_FALSE(is_ours(shared));
}

TEST_F(AddressRoutesTest, WhatWasThereBeforeStays) {
  const Ipv4Address configured(10, 96, 0, 1);
  ASSERT_TRUE(rackcast::testing::run_program({"ip", "address", "add", "10.96.0.1/24", "dev", "sim0"}));
  {
    AddressRoutes routes = open();
    routes.add(configured, 24);
    routes.flush();
    EXPECT_EQ(routes.refused(), 0U) << routes.last_error();
  }
  EXPECT_TRUE(is_ours(configured));
  EXPECT_TRUE(is_reachable(Ipv4Address(10, 96, 0, 2)));
}

// As an administrator would have set it, the same in every field as ours.
TEST_F(AddressRoutesTest, ARouteOfAnotherStaysWhenItsMachineGoes) {
  const Ipv4Address theirs(10, 95, 0, 7);
  ASSERT_TRUE(rackcast::testing::run_program(
      {"ip", "route", "add", "local", "10.95.0.7/32", "dev", "lo", "table", "local", "proto", "82"}));
  AddressRoutes routes = open();
  routes.add(theirs, 24);
  routes.flush();
  EXPECT_EQ(routes.refused(), 0U) << routes.last_error();
  routes.remove(theirs);
  routes.flush();
  EXPECT_TRUE(is_ours(theirs));
  routes.add(theirs, 24);
  routes.remove(theirs);  // before the kernel was asked
  routes.flush();
  EXPECT_TRUE(is_ours(theirs));
}

TEST_F(AddressRoutesTest, WhatComesAndGoesBetweenTwoFlushesLeavesNothing) {
  AddressRoutes routes = open();
  const Ipv4Address brief(10, 94, 0, 7);
  routes.add(brief, 24);
  routes.remove(brief);
  routes.flush();
  EXPECT_FALSE(is_ours(brief));
  for (int i = 0; i < 2; ++i) {  // reset twice, the address given back and taken
    routes.add(brief, 24);
    routes.flush();
    routes.remove(brief);
    routes.add(brief, 24);
    routes.flush();
    EXPECT_TRUE(is_ours(brief));
    routes.remove(brief);
    routes.add(brief, 24);
    routes.remove(brief);
    routes.flush();
    EXPECT_FALSE(is_ours(brief));
  }
}

TEST_F(AddressRoutesTest, LoopbackNeedsNothing) {
  AddressRoutes routes = open("lo");
  routes.add(Ipv4Address(127, 1, 2, 3), 8);
  EXPECT_FALSE(routes.pending());
}

TEST_F(AddressRoutesTest, AMissingInterfaceIsNamed) {
  const auto routes = AddressRoutes::open("none7");
  ASSERT_FALSE(routes);
  EXPECT_THAT(routes.error().message, ::testing::HasSubstr("none7"));
}

TEST_F(AddressRoutesTest, SaysWhenTheKernelWouldNotAnswerArp) {
  EXPECT_EQ(arp_obstacle("sim0"), "");
  ASSERT_TRUE(rackcast::testing::run_program({"sh", "-c", "echo 1 > /proc/sys/net/ipv4/conf/sim0/arp_ignore"}));
  EXPECT_THAT(arp_obstacle("sim0"), ::testing::HasSubstr("sysctl -w"));
  ASSERT_TRUE(rackcast::testing::run_program({"sh", "-c", "echo 0 > /proc/sys/net/ipv4/conf/sim0/arp_ignore"}));
}

}  // namespace
}  // namespace rackcast::sim
