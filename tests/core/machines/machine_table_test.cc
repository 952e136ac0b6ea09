#include "core/machines/machine_table.h"

#include <gtest/gtest.h>

namespace rackcast {
namespace {

net::MacAddress mac(unsigned n) {
  return {{0x52, 0x54, 0, 0, static_cast<std::uint8_t>(n >> 8U), static_cast<std::uint8_t>(n)}};
}

Machine machine(unsigned n, net::Ipv4Address address) {
  Machine m;
  m.mac = mac(n);
  m.address = address;
  m.architecture = static_cast<std::uint16_t>(n);
  return m;
}

TEST(MachineTable, FindsByMacAndByAddress) {
  MachineTable table(4, 1);
  table.upsert(machine(1, {10, 0, 0, 1}));
  table.upsert(machine(2, {10, 0, 0, 2}));
  ASSERT_NE(table.find(mac(1)), nullptr);
  EXPECT_EQ(table.find(mac(1))->address, net::Ipv4Address(10, 0, 0, 1));
  ASSERT_NE(table.find(net::Ipv4Address(10, 0, 0, 2)), nullptr);
  EXPECT_EQ(table.find(net::Ipv4Address(10, 0, 0, 2))->mac, mac(2));
  EXPECT_EQ(table.find(mac(3)), nullptr);
  EXPECT_EQ(table.find(net::Ipv4Address()), nullptr);
  EXPECT_EQ(table.size(), 2U);
}

TEST(MachineTable, UpdatesInPlaceAndFollowsANewAddress) {
  MachineTable table(4, 1);
  table.upsert(machine(1, {10, 0, 0, 1}));
  table.upsert(machine(1, {10, 0, 0, 9}));
  EXPECT_EQ(table.size(), 1U);
  EXPECT_EQ(table.find(net::Ipv4Address(10, 0, 0, 1)), nullptr);
  ASSERT_NE(table.find(net::Ipv4Address(10, 0, 0, 9)), nullptr);
}

TEST(MachineTable, AnAddressBelongsToTheMachineThatGotItLast) {
  MachineTable table(4, 1);
  table.upsert(machine(1, {10, 0, 0, 1}));
  table.upsert(machine(2, {10, 0, 0, 1}));
  EXPECT_EQ(table.find(net::Ipv4Address(10, 0, 0, 1))->mac, mac(2));
  EXPECT_TRUE(table.find(mac(1))->address.is_any());
}

TEST(MachineTable, TheOldestSeenMakesRoom) {
  MachineTable table(3, 1);
  for (unsigned n = 1; n <= 3; ++n) table.upsert(machine(n, net::Ipv4Address(10, 0, 0, static_cast<std::uint8_t>(n))));
  table.upsert(machine(1, {10, 0, 0, 1}));  // heard again: 2 is the oldest now
  table.upsert(machine(4, {10, 0, 0, 4}));
  EXPECT_EQ(table.evicted(), 1U);
  EXPECT_EQ(table.size(), 3U);
  EXPECT_EQ(table.find(mac(2)), nullptr);
  EXPECT_EQ(table.find(net::Ipv4Address(10, 0, 0, 2)), nullptr);
  EXPECT_NE(table.find(mac(1)), nullptr);
  EXPECT_NE(table.find(net::Ipv4Address(10, 0, 0, 4)), nullptr);
}

TEST(MachineTable, StaysConsistentThroughManyTurnovers) {
  MachineTable table(16, 7);
  for (unsigned n = 0; n < 1000; ++n) {
    const net::Ipv4Address address(10, 0, 0, static_cast<std::uint8_t>(n % 20 + 1));
    table.upsert(machine(n % 50, address));
    ASSERT_LE(table.size(), 16U);
    ASSERT_NE(table.find(address), nullptr);
    ASSERT_EQ(table.find(address)->mac, mac(n % 50));
  }
}

}  // namespace
}  // namespace rackcast
