#include "core/engine/tftp/machine_terms.h"

#include <gtest/gtest.h>

#include <array>

namespace rackcast::engine::tftpd {
namespace {

const net::IpAddress kSource = net::Ipv4Address(192, 168, 7, 5);

Machine machine() {
  Machine machine;
  machine.mac = {{0x52, 0x54, 0, 0x12, 0x34, 0x56}};
  machine.architecture = 7;
  machine.vendor_class = "PXEClient:Arch:00007:UNDI:003016";
  return machine;
}

TEST(TftpClass, TheFirstThatFitsCounts) {
  const std::array<TftpClassConfig, 3> classes{
      TftpClassConfig{.name = "bios", .architecture = "bios"},
      TftpClassConfig{.name = "vendor", .architecture = "efi64", .vendor_class = "PXEClient:Arch:00007"},
      TftpClassConfig{.name = "network", .network = net::IpPrefix::parse("192.168.7.0/24")}};
  const Machine known = machine();
  ASSERT_NE(class_of(classes, &known, kSource), nullptr);
  EXPECT_EQ(class_of(classes, &known, kSource)->name, "vendor");
  EXPECT_EQ(class_of(classes, nullptr, kSource)->name, "network") << "of whom DHCP heard nothing";
  EXPECT_EQ(class_of(classes, nullptr, net::Ipv4Address(10, 0, 0, 1)), nullptr);
}

TEST(TftpClass, LimitsWhatItNamesAndLeavesTheRest) {
  TermLimits limits{.block_size_max = 1'468, .window_max = 64};
  limit_by({.max_blksize = std::uint16_t{1'024}, .rollover = 1}, limits);
  EXPECT_EQ(limits.block_size_max, 1'024);
  EXPECT_EQ(limits.window_max, 64);
  EXPECT_EQ(limits.rollover, tftp::Rollover::kToOne);
}

TEST(UnfragmentedBlock, IsWhatThePacketsHeadersLeaveOfTheMtu) {
  const std::array<InterfaceMtu, 2> mtus{InterfaceMtu{InterfaceIndex{2}, 1'500}, InterfaceMtu{InterfaceIndex{3}, 20}};
  EXPECT_EQ(unfragmented_block(mtus, InterfaceIndex{2}, false), 1'468);
  EXPECT_EQ(unfragmented_block(mtus, InterfaceIndex{2}, true), 1'448);
  EXPECT_EQ(unfragmented_block(mtus, InterfaceIndex{3}, false), tftp::kBlockSizeMax) << "no MTU to go by";
  EXPECT_EQ(unfragmented_block(mtus, InterfaceIndex{9}, false), tftp::kBlockSizeMax);
}

TEST(OwnFolder, IsNamedAfterTheAddressOrTheMac) {
  const Machine known = machine();
  EXPECT_EQ(in_own_folder(UniqueRoot::kIp, kSource, nullptr, "vmlinuz")->view(), "192.168.7.5/vmlinuz");
  EXPECT_EQ(in_own_folder(UniqueRoot::kMac, kSource, &known, "vmlinuz")->view(), "52-54-00-12-34-56/vmlinuz");
  EXPECT_FALSE(in_own_folder(UniqueRoot::kMac, kSource, nullptr, "vmlinuz"));
  EXPECT_FALSE(in_own_folder(UniqueRoot::kIp, kSource, nullptr, std::string(kPathBytesMax, 'a')));
}

}  // namespace
}  // namespace rackcast::engine::tftpd
