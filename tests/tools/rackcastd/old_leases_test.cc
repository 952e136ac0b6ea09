#include "tools/rackcastd/old_leases.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "core/leases/sqlite_store.h"
#include "tests/core/oldfiles/fake_host.h"
#include "tests/support/temporary_tree.h"

namespace rackcast {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const WallTime kNow{std::chrono::seconds(1'795'100'000)};  // between the two ends below

constexpr const char* kLeases =
    "lease 10.0.0.1 { starts epoch 1795000000; ends epoch 1795200000; binding state active;"
    " hardware ethernet 02:00:00:00:00:01; uid \"id\"; }\n"
    "lease 10.0.0.2 { starts epoch 1795000000; ends epoch 1795000001; binding state active;"
    " hardware ethernet 02:00:00:00:00:02; }\n"
    "lease 10.0.0.3 { ends epoch 1795000001; binding state abandoned; }\n"
    "lease 10.0.0.4 { ends epoch 1795200000; binding state abandoned; }\n";

OldLeases read_leases(MachineKeyKind key) {
  testing::FakeHost host;
  host.files["/l"] = kLeases;
  DhcpConfig dhcp;
  dhcp.import_leases = "/l";
  dhcp.machine_key = key;
  return read_old_leases(dhcp, host, kNow);
}

TEST(OldLeases, AreTold) {
  const OldLeases old = read_leases(MachineKeyKind::kClientIdentifier);
  ASSERT_EQ(old.leases.size(), 3U);
  EXPECT_EQ(old.leases[0].client_identifier.view(), "id");
  EXPECT_THAT(old.summary, HasSubstr("4 leases (2 active, 2 abandoned) of 4 entries in /l"));
}

TEST(OldLeases, WhatHasRunOutIsRememberedOrGone) {
  const OldLeases old = read_leases(MachineKeyKind::kMac);
  ASSERT_EQ(old.leases.size(), 3U);
  EXPECT_EQ(old.leases[0].state, LeaseState::kActive);
  EXPECT_EQ(old.leases[1].state, LeaseState::kExpired);
  EXPECT_EQ(old.leases[2].address, net::Ipv4Address(10, 0, 0, 4));
  EXPECT_EQ(old.leases[2].state, LeaseState::kAbandoned);
}

TEST(OldLeases, HostsInItThatTheConfigurationLacksAreANote) {
  testing::FakeHost host;
  host.files["/l"] =
      "host a { dynamic; hardware ethernet 02:00:00:00:00:01; fixed-address 10.0.0.1; }\n"
      "host b.example { dynamic; hardware ethernet 02:00:00:00:00:02; }\nhost c { dynamic; deleted; }\n";
  DhcpConfig dhcp;
  dhcp.import_leases = "/l";
  dhcp.hosts.emplace_back().name = "a";
  EXPECT_THAT(read_old_leases(dhcp, host, kNow).notes,
              ElementsAre(HasSubstr("/l: hosts in it that the configuration does not have: 1, as b.example;")));
  dhcp.hosts.emplace_back().name = "b.example";
  EXPECT_THAT(read_old_leases(dhcp, host, kNow).notes, IsEmpty());
}

TEST(OldLeases, AFileThatIsNotThereIsANote) {
  testing::FakeHost host;
  DhcpConfig dhcp;
  dhcp.import_leases = "/none";
  const OldLeases old = read_old_leases(dhcp, host, kNow);
  EXPECT_EQ(old.summary, "");
  EXPECT_THAT(old.notes, ElementsAre(HasSubstr("/none: error: cannot read /none")));
  EXPECT_THAT(old.leases, IsEmpty());
}

TEST(OldLeases, AreInTheStoreOnceTheyAreTakenOver) {
  const testing::TemporaryTree folder;
  const auto open = [&] {
    return SqliteLeaseStore::open(
        folder.path("leases.db"), [](LaneId, const Completion&) { return true; }, [](const std::string&) {});
  };
  std::vector<Lease> many = read_leases(MachineKeyKind::kMac).leases;
  for (std::uint32_t i = 0; i < 2'000; ++i) {
    Lease lease = many[0];
    lease.address = net::Ipv4Address(net::Ipv4Address(10, 1, 0, 0).value() + i);
    many.push_back(lease);
  }
  {
    auto store = open();
    ASSERT_TRUE(store) << store.error().message;
    ASSERT_TRUE((*store)->is_empty().value());
    ASSERT_TRUE((*store)->take_over(many));
  }
  auto again = open();
  ASSERT_TRUE(again);
  EXPECT_FALSE((*again)->is_empty().value());
  std::size_t count = 0;
  ASSERT_TRUE((*again)->load([&](const Lease&) { ++count; }));
  EXPECT_EQ(count, many.size());
}

}  // namespace
}  // namespace rackcast
