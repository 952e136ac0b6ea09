#include "tools/rackcastd/lane_plan.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace rackcast {
namespace {

std::size_t count(const LanePlan& plan, SocketRole role, bool ipv6) {
  return static_cast<std::size_t>(
      std::count_if(plan.sockets.begin(), plan.sockets.end(),
                    [&](const PlannedSocket& socket) { return socket.role == role && socket.ipv6 == ipv6; }));
}

Config with_tftp(std::vector<net::Endpoint> listen, bool given) {
  Config config;
  config.tftp.emplace();
  config.tftp->listen = std::move(listen);
  config.tftp->listen_given = given;
  return config;
}

const net::Endpoint kV4{net::IpAddress(net::Ipv4Address{}), net::UdpPort{69}};
const net::Endpoint kV6{net::IpAddress(net::Ipv6Address{}), net::UdpPort{69}};

TEST(LanePlan, DhcpIsOnTheFirstLaneAndTftpOnEach) {
  Config config = with_tftp({kV4}, true);
  config.dhcp.emplace();
  config.server.cores = {0, 1};
  io::InterfaceFacts loopback;
  loopback.name = "lo";
  loopback.loopback = true;
  const auto plans = plan_lanes(config, std::vector<io::InterfaceFacts>{loopback, {}}, true);
  ASSERT_EQ(plans.size(), 2U);
  EXPECT_EQ(count(plans[0], SocketRole::kDhcp, false), 2U);
  EXPECT_FALSE(plans[0].specs[0].frames) << "loopback carries none";
  EXPECT_TRUE(plans[0].specs[1].frames);
  EXPECT_EQ(count(plans[1], SocketRole::kDhcp, false), 0U);
  for (const LanePlan& plan : plans) {
    EXPECT_EQ(count(plan, SocketRole::kTftpListener, false), 1U);
    EXPECT_EQ(count(plan, SocketRole::kTftpTransfer, false), kTransferSocketsPerLane);
    EXPECT_EQ(plan.specs.size(), plan.sockets.size());
  }
}

TEST(LanePlan, Port4011IsOpenForProxiesAndMenus) {
  Config config;
  config.dhcp.emplace();
  const std::vector<io::InterfaceFacts> two(2);
  EXPECT_EQ(count(plan_lanes(config, two, false).front(), SocketRole::kBootServer, false), 0U);
  Config proxy = config;
  proxy.dhcp->mode = DhcpMode::kProxy;
  Config menu = config;
  menu.dhcp->pxe.emplace();
  for (const Config& with : {proxy, menu}) {
    const LanePlan plan = plan_lanes(with, two, false).front();
    ASSERT_EQ(plan.sockets.size(), 4U);
    EXPECT_EQ(plan.sockets[3].role, SocketRole::kBootServer);
    EXPECT_EQ(plan.sockets[3].interface, 1U);
    EXPECT_EQ(plan.specs[3].bind.port, net::UdpPort{4'011});
    EXPECT_TRUE(plan.specs[3].broadcast);
  }
}

TEST(LanePlan, AMenuThatAReloadBringsNeedsARestartWherePort4011IsNotOpen) {
  Config config;
  config.dhcp.emplace();
  Config menu = config;
  menu.dhcp->pxe.emplace();
  const std::vector<io::InterfaceFacts> one(1);
  const LanePlan without = plan_lanes(config, one, false).front();
  const LanePlan with = plan_lanes(menu, one, false).front();
  EXPECT_TRUE(can_serve(without, config));
  const Result<void> refused = can_serve(without, menu);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("port 4011"), std::string::npos);
  EXPECT_NE(refused.error().message.find("restart the daemon"), std::string::npos);
  for (const Config& any : {config, menu, Config{}}) EXPECT_TRUE(can_serve(with, any));
  EXPECT_TRUE(can_serve(LanePlan{}, Config{}));
}

TEST(LanePlan, TheDefaultListensOnIpv6WhereThereIsSome) {
  const Config config = with_tftp({kV4, kV6}, false);
  const LanePlan with = plan_lanes(config, {}, true).front();
  EXPECT_EQ(count(with, SocketRole::kTftpListener, true), 1U);
  EXPECT_EQ(count(with, SocketRole::kTftpTransfer, true), kTransferSocketsPerLane);
  const LanePlan without = plan_lanes(config, {}, false).front();
  EXPECT_EQ(count(without, SocketRole::kTftpListener, true), 0U);
  EXPECT_EQ(count(without, SocketRole::kTftpTransfer, true), 0U);
}

TEST(LanePlan, TransfersAnswerFromTheOneAddressThatIsListenedOn) {
  const auto transfer_bind = [](const LanePlan& plan) {
    for (std::size_t i = 0; i < plan.sockets.size(); ++i)
      if (plan.sockets[i].role == SocketRole::kTftpTransfer) return plan.specs[i].bind;
    return net::Endpoint{};
  };
  const net::Endpoint one{net::Ipv4Address(192, 0, 2, 1), net::UdpPort(69)};
  const net::Endpoint another{net::Ipv4Address(192, 0, 2, 2), net::UdpPort(69)};
  EXPECT_EQ(transfer_bind(plan_lanes(with_tftp({one}, true), {}, false).front()).address, one.address);
  EXPECT_TRUE(transfer_bind(plan_lanes(with_tftp({one, another}, true), {}, false).front()).address.is_any());
  EXPECT_TRUE(transfer_bind(plan_lanes(with_tftp({kV4}, true), {}, false).front()).address.is_any());
}

TEST(LanePlan, WhatWasAskedForIsPlannedEvenIfItCannotBeOpened) {
  const LanePlan plan = plan_lanes(with_tftp({kV6}, true), {}, false).front();
  EXPECT_EQ(count(plan, SocketRole::kTftpListener, true), 1U);
}

}  // namespace
}  // namespace rackcast
