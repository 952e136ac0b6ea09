#include "core/quirks/quirk.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace rackcast {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Machine machine(std::uint16_t architecture, std::string_view vendor_class) {
  Machine machine;
  machine.architecture = architecture;
  machine.vendor_class = vendor_class;
  machine.mac = {{0x52, 0x54, 0, 1, 2, 3}};
  return machine;
}

std::vector<std::string> names(const ClientTraits& traits) {
  std::vector<std::string> names;
  const QuirkSet set = quirks_of(traits);
  for (const QuirkInfo& info : quirk_table())
    if (set.has(info.quirk)) names.emplace_back(info.name);
  return names;
}

TEST(QuirkTable, IsInTheOrderOfTheEnumAndSaysWhereEachWasSeen) {
  for (std::size_t i = 0; i < kQuirkCount; ++i) {
    const QuirkInfo& info = quirk_table()[i];
    EXPECT_EQ(static_cast<std::size_t>(info.quirk), i);
    EXPECT_FALSE(info.name.empty() || info.seen.empty() || info.does.empty()) << i;
  }
}

TEST(Quirks, APlainClientHasNone) {
  const Machine plain = machine(kArchitectureUnsaid, "");
  EXPECT_THAT(names({.machine = plain}), IsEmpty());
  const Machine uefi = machine(7, "PXEClient:Arch:00007:UNDI:003016");
  EXPECT_THAT(names({.machine = uefi, .network_boot = true}), IsEmpty());
}

TEST(Quirks, ABiosRomsBootFileIsTerminatedButNotIpxes) {
  Machine rom = machine(0, "PXEClient:Arch:00000:UNDI:002001");
  EXPECT_THAT(names({.machine = rom, .network_boot = true}), ElementsAre("boot_file_terminated"));
  rom.ipxe = true;
  EXPECT_THAT(names({.machine = rom, .network_boot = true, .takes_ipxe_options = true}),
              ElementsAre("proxy_wait_left_out"));
}

TEST(Quirks, HttpBootHearsItsClass) {
  const Machine firmware = machine(16, "HTTPClient:Arch:00016:UNDI:003001");
  EXPECT_THAT(names({.machine = firmware, .http_boot = true}), ElementsAre("http_class_echoed"));
}

TEST(Quirks, ARaspberryPiIsKnownByItsMakerOrItsIdentifier) {
  Machine pi = machine(0, "PXEClient:Arch:00000:UNDI:002001");
  pi.mac = {{0xB8, 0x27, 0xEB, 1, 2, 3}};
  EXPECT_THAT(names({.machine = pi, .network_boot = true}), ElementsAre("boot_file_terminated", "raspberry_pi_text"));
  pi.mac = {{0x52, 0x54, 0, 1, 2, 3}};
  pi.uuid.fill(0x44);
  EXPECT_TRUE(quirks_of({.machine = pi}).has(Quirk::kRaspberryPiText));
  pi.uuid[7] = 0;
  EXPECT_FALSE(quirks_of({.machine = pi}).has(Quirk::kRaspberryPiText));
  // Its operating system's DHCP client needs nothing.
  Machine system = machine(kArchitectureUnsaid, "");
  system.mac = {{0xB8, 0x27, 0xEB, 1, 2, 3}};
  EXPECT_FALSE(quirks_of({.machine = system}).has(Quirk::kRaspberryPiText));
}

TEST(QuirkCounts, Add) {
  QuirkSet set;
  set.add(Quirk::kSizeProbe);
  QuirkCounts counts;
  counts.add(set);
  counts.add(Quirk::kSizeProbe);
  QuirkCounts all;
  all.add(counts);
  all.add(counts);
  EXPECT_EQ(all[Quirk::kSizeProbe], 4U);
  EXPECT_EQ(all[Quirk::kEndByteInName], 0U);
}

}  // namespace
}  // namespace rackcast
