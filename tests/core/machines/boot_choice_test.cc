#include "core/machines/boot_choice.h"

#include <gtest/gtest.h>

#include <string>

namespace rackcast {
namespace {

constexpr net::Ipv4Address kServer{192, 168, 1, 110};

BootConfig rack_config() {
  BootConfig config;
  config.by_architecture = {{"bios", "pxelinux.0"}, {"efi64", "ipxe.efi"}, {"arm64", "arm.efi"}};
  config.ipxe = {{"efi64", "http://{{server}}/boot.ipxe"}};
  config.http = "http://{{server}}/ipxe.efi";
  return config;
}

Machine pxe(std::uint16_t architecture, bool ipxe = false) {
  Machine machine;
  machine.architecture = architecture;
  machine.vendor_class = "PXEClient:Arch:00000:UNDI:002001";
  machine.ipxe = ipxe;
  return machine;
}

std::string file(const Machine& machine, const BootConfig& config, bool bootp = false) {
  return std::string(choose_boot(machine, nullptr, config, kServer, bootp).file.view());
}

TEST(BootChoice, GivesTheNbpOfTheArchitecture) {
  const BootConfig config = rack_config();
  EXPECT_EQ(file(pxe(0), config), "pxelinux.0");
  EXPECT_EQ(file(pxe(7), config), "ipxe.efi");
  EXPECT_EQ(file(pxe(9), config), "ipxe.efi");  // old firmware says byte code for x64
  EXPECT_EQ(file(pxe(11), config), "arm.efi");
}

TEST(BootChoice, NoRuleIsNoFile) {
  const BootChoice choice = choose_boot(pxe(6), nullptr, rack_config(), kServer, false);
  EXPECT_EQ(choice.via, BootVia::kNothing);
  EXPECT_TRUE(choice.file.empty());
  EXPECT_EQ(file(pxe(4711), rack_config()), "");
}

TEST(BootChoice, DefaultServesTheRest) {
  BootConfig config = rack_config();
  config.by_architecture["default"] = "rest.0";
  EXPECT_EQ(file(pxe(6), config), "rest.0");
  EXPECT_EQ(file(pxe(0), config), "pxelinux.0");
  EXPECT_EQ(file(Machine{}, config), "rest.0");  // a plain DHCP client
}

TEST(BootChoice, IpxeReplacesTheNbpOnlyWhereItCoversTheArchitecture) {
  const BootConfig config = rack_config();
  EXPECT_EQ(file(pxe(7, true), config), "http://192.168.1.110/boot.ipxe");
  EXPECT_EQ(file(pxe(0, true), config), "pxelinux.0");  // a BIOS ROM that is iPXE goes on to pxelinux
  EXPECT_EQ(file(pxe(11, true), config), "arm.efi");
}

TEST(BootChoice, AnIpxeStringCoversEveryArchitecture) {
  BootConfig config = rack_config();
  config.ipxe = {{"default", "http://{{server}}/all.ipxe"}};
  EXPECT_EQ(file(pxe(0, true), config), "http://192.168.1.110/all.ipxe");
  EXPECT_EQ(file(pxe(6, true), config), "http://192.168.1.110/all.ipxe");  // even one without an NBP
  EXPECT_EQ(file(pxe(0, false), config), "pxelinux.0");
}

TEST(BootChoice, HttpClientsGetTheUrlOrNothing) {
  BootConfig config = rack_config();
  Machine machine;
  machine.architecture = 16;
  machine.vendor_class = "HTTPClient:Arch:00016:UNDI:00300";
  const BootChoice choice = choose_boot(machine, nullptr, config, kServer, false);
  EXPECT_EQ(choice.via, BootVia::kHttp);
  EXPECT_EQ(choice.file.view(), "http://192.168.1.110/ipxe.efi");
  config.http.clear();
  EXPECT_EQ(choose_boot(machine, nullptr, config, kServer, false).via, BootVia::kNothing);
}

TEST(BootChoice, ReadsTheArchitectureFromTheVendorClass) {
  Machine machine;
  machine.vendor_class = "PXEClient:Arch:00007:UNDI:003016";
  EXPECT_EQ(file(machine, rack_config()), "ipxe.efi");
}

TEST(BootChoice, WithoutAnArchitectureWhatBootsIsBios) {
  Machine rom;
  rom.vendor_class = "PXEClient";
  EXPECT_EQ(file(rom, rack_config()), "pxelinux.0");
  EXPECT_EQ(file(Machine{}, rack_config(), true), "pxelinux.0");  // plain BOOTP
  EXPECT_EQ(file(Machine{}, rack_config(), false), "");           // an installer's DHCP client
}

TEST(BootChoice, AHostsOwnFileWins) {
  HostConfig host;
  host.filename = "special.0";
  EXPECT_EQ(choose_boot(pxe(7, true), &host, rack_config(), kServer, false).file.view(), "special.0");
  Machine http;
  http.vendor_class = "HTTPClient:Arch:00016";
  EXPECT_EQ(choose_boot(http, &host, rack_config(), kServer, false).file.view(), "http://192.168.1.110/ipxe.efi");
  host.filename = "http://{{server}}/own.efi";
  EXPECT_EQ(choose_boot(http, &host, rack_config(), kServer, false).file.view(), "http://192.168.1.110/own.efi");
}

TEST(BootChoice, AFileThatOutgrowsOption67IsNotGiven) {
  BootConfig config;
  config.by_architecture["bios"] = std::string(kBootFileBytesMax - 1, 'x') + "{{server}}";
  EXPECT_EQ(choose_boot(pxe(0), nullptr, config, kServer, false).via, BootVia::kNothing);
}

}  // namespace
}  // namespace rackcast
