// Whole boots: every profile against a small server, from power-on to done.
#include <gtest/gtest.h>

#include "tests/tools/sim/machines/boot_world.h"

namespace rackcast::sim {
namespace {

using std::chrono::minutes;
using test::BootWorld;
using test::patterned;

RunFacts demo_facts() {
  RunFacts facts;
  facts.packages = {"packages/hello.deb", "packages/busybox-static.deb"};
  return facts;
}

// The demo tree, and beside it what profiles need that it has not.
void fill_all(BootWorld& world) {
  test::fill_demo_tree(world);
  world.tftp_files["shimx64.efi"] = patterned(91'000, 11);
  world.tftp_files["grubx64.efi"] = patterned(140'000, 12);
  world.tftp_files["\x01USB"] = world.tftp_files["grubx64.efi"];  // this server repairs no names
  world.tftp_files["grub.cfg"] =
      "set timeout=5\nmenuentry 'Install' {\n  linuxefi vmlinuz inst.ks=http://10.99.0.1/ks.cfg\n  initrdefi "
      "initrd.img\n}\n";
  world.tftp_files["bootcode.bin"] = patterned(52'000, 13);
  world.tftp_files["start.elf"] = patterned(290'000, 14);
  world.tftp_files["fixup.dat"] = patterned(7'000, 15);
  // This server knows no quirks.
  world.tftp_files["pxelinux.0\xFF"] = world.tftp_files["pxelinux.0"];
  world.tftp_files["bootmgfw.efi"] = patterned(150'000, 17);
  world.tftp_files["\\boot\\bcd"] = patterned(20'000, 18);
  world.tftp_files["\\Boot\\FONTS\\wgl4_boot.ttf"] = patterned(47'000, 19);
  world.tftp_files["\\Sources\\BOOT.WIM"] = patterned(900'000, 20);
  world.tftp_files["config.txt"] = "arm_64bit=1\n";
  world.tftp_files["cmdline.txt"] = "root=/dev/nfs\n";
  world.tftp_files["kernel8.img"] = patterned(800'000, 16);
  for (const char* name : {"shimx64.efi", "grubx64.efi", "grub.cfg", "vmlinuz", "initrd.img"})
    world.web_files[name] = world.tftp_files[name];
}

void give_boot_files(BootWorld& world, std::string_view profile) {
  if (profile.starts_with("shim-")) world.boot_files[7] = "shimx64.efi";
  if (profile == "windows") world.boot_files[7] = "bootmgfw.efi";
  if (profile == "grub-dhcp") world.boot_files[7] = "grubx64.efi";
  if (profile == "http-grub") world.boot_files[16] = "http://10.99.0.1/shimx64.efi";
  if (profile == "ipxe-script") world.ipxe_boot_files[0] = "http://10.99.0.1/boot.ipxe";
}

class EveryProfile : public ::testing::TestWithParam<std::string> {
 protected:
  [[nodiscard]] static const Profile* profile() { return find_profile(GetParam()); }
};

std::vector<std::string> profile_names() {
  std::vector<std::string> names;
  for (const Profile& profile : all_profiles()) names.emplace_back(profile.name);
  return names;
}

std::string test_name(const ::testing::TestParamInfo<std::string>& info) {
  std::string name = info.param;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

// Every file that came is the server's, byte for byte.
void expect_right_bytes(const BootWorld& world, std::uint32_t machine) {
  for (const test::SeenFile& file : world.seen(machine).files) {
    const auto& tree = file.protocol == FileProtocol::kTftp ? world.tftp_files : world.web_files;
    const auto found = tree.find(file.path.substr(file.path.find_first_not_of('/')));
    ASSERT_NE(found, tree.end()) << file.path;
    EXPECT_EQ(file.bytes, found->second.size()) << file.path;
    EXPECT_EQ(file.digest, digest_of(std::as_bytes(std::span(found->second)))) << file.path;
  }
}

TEST_P(EveryProfile, BootsToTheEnd) {
  BootWorld world({profile()}, demo_facts());
  fill_all(world);
  give_boot_files(world, GetParam());
  world.power_on_all();
  world.run(minutes(5));
  EXPECT_EQ(world.rack().stage(MachineId(0)), Stage::kDone) << world.seen().detail;
  EXPECT_EQ(world.seen().failure, Failure::kNone);
  EXPECT_EQ(world.seen().incidents[static_cast<std::size_t>(Incident::kRepeatedBlock)], 0);
  expect_right_bytes(world, 0);
  std::uint64_t bytes = 0;
  for (const test::SeenFile& file : world.seen().files) bytes += file.bytes;
  EXPECT_EQ(world.seen().bytes, bytes);
}

TEST_P(EveryProfile, BootsThroughLossAndDisorder) {
  for (const std::uint64_t seed : {1U, 2U, 3U}) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    BootWorld world(std::vector<const Profile*>(5, profile()), demo_facts(), seed);
    fill_all(world);
    give_boot_files(world, GetParam());
    world.faults = {.loss = 0.03, .duplicate = 0.03, .jitter = std::chrono::microseconds(300)};
    world.power_on_all();
    world.run(std::chrono::hours(2));
    for (std::uint32_t i = 0; i < 5; ++i) {
      EXPECT_EQ(world.rack().stage(MachineId(i)), Stage::kDone) << world.seen(i).detail;
      expect_right_bytes(world, i);
    }
  }
}

TEST_P(EveryProfile, BootsWithoutDhcp) {
  RunFacts facts = demo_facts();
  facts.skipped_stages = 1U << static_cast<unsigned>(Stage::kDhcp);
  BootWorld world({profile()}, facts);
  fill_all(world);
  if (GetParam() == "ipxe-script") world.tftp_files["boot.ipxe"] = world.web_files["boot.ipxe"];
  world.power_on_all();
  world.run(minutes(5));
  EXPECT_EQ(world.rack().stage(MachineId(0)), Stage::kDone) << world.seen().detail;
  EXPECT_TRUE(world.seen().leases.empty());
}

// A network that dies at any moment leaves no machine waiting for ever.
TEST_P(EveryProfile, EndsWhereverTheNetworkDies) {
  const auto boot_for = [](Span span) {
    BootWorld world({profile()}, demo_facts());
    fill_all(world);
    give_boot_files(world, GetParam());
    world.power_on_all();
    const Instant begin = world.now();
    world.run(span);
    const Span took = world.now() - begin;
    world.faults.loss = 1;
    world.run(std::chrono::hours(3));
    EXPECT_EQ(world.rack().running(), 0U) << "cut off after " << took.count() << " ns";
    return took;
  };
  constexpr int kMoments = 40;
  const Span whole = boot_for(minutes(5));
  for (int i = 0; i < kMoments; ++i) boot_for(whole * i / kMoments);
}

INSTANTIATE_TEST_SUITE_P(Profiles, EveryProfile, ::testing::ValuesIn(profile_names()), test_name);

// ---- what is asked for, and in what order

std::vector<std::string> requests_of(std::string_view name) {
  BootWorld world({find_profile(name)}, demo_facts());
  fill_all(world);
  give_boot_files(world, name);
  world.power_on_all();
  world.run(minutes(5));
  return world.seen().requests;
}

TEST(BootOrder, BiosRomProbesThenPxelinuxAsksTenNamesBeforeDefault) {
  const std::string uuid = "pxelinux.cfg/";
  const auto requests = requests_of("bios-pxelinux");
  ASSERT_EQ(requests.size(), 16U);
  EXPECT_EQ(requests[0], "pxelinux.0 octet tsize 0 ");
  EXPECT_EQ(requests[1], "pxelinux.0 octet blksize 1456 ");
  EXPECT_EQ(requests[2], "ldlinux.c32 octet tsize 0 blksize 1408 ");
  EXPECT_EQ(requests[3].size(), std::string("pxelinux.cfg/ octet tsize 0 blksize 1408 ").size() + 36);  // the UUID
  const std::array names{
      "01-02-52-43-00-00-00", "0A630064", "0A63006", "0A6300", "0A630", "0A63", "0A6", "0A", "0", "default"};
  for (std::size_t i = 0; i < names.size(); ++i)
    EXPECT_EQ(requests[4 + i], "pxelinux.cfg/" + std::string(names[i]) + " octet tsize 0 blksize 1408 ");
  EXPECT_EQ(requests[14], "vmlinuz octet tsize 0 blksize 1408 ");
  EXPECT_EQ(requests[15], "initrd.img octet tsize 0 blksize 1408 ");
}

TEST(BootOrder, IpxeRomAsksAsCaptured) {
  const auto requests = requests_of("ipxe");
  EXPECT_EQ(requests[0], "pxelinux.0 octet blksize 1432 tsize 0 ");
  EXPECT_EQ(requests[1], "ldlinux.c32 octet tsize 0 blksize 1408 ");
}

TEST(BootOrder, Edk2ProbesAsCapturedAndEndsTheProbeWithErrorEight) {
  BootWorld world({find_profile("edk2")}, demo_facts());
  fill_all(world);
  world.power_on_all();
  world.run(minutes(5));
  const auto& seen = world.seen();
  EXPECT_EQ(seen.requests, (std::vector<std::string>{"ipxe.efi octet tsize 0 blksize 1468 windowsize 4 ",
                                                     "ipxe.efi octet blksize 1468 windowsize 4 "}));
  EXPECT_EQ(seen.tftp_errors, std::vector<std::uint16_t>{8});
  EXPECT_EQ(seen.fetched, (std::vector<std::string>{"http://10.99.0.1/boot.ipxe", "http://10.99.0.1/boot/vmlinuz",
                                                    "http://10.99.0.1/boot/initrd.img", "http://10.99.0.1/ks.cfg",
                                                    "http://10.99.0.1/packages/hello.deb",
                                                    "http://10.99.0.1/packages/busybox-static.deb"}));
  EXPECT_EQ(seen.stages, (std::vector<Stage>{Stage::kDhcp, Stage::kNbp, Stage::kConfig, Stage::kKernel, Stage::kInitrd,
                                             Stage::kKickstart, Stage::kPackages, Stage::kDone}));
  EXPECT_EQ(seen.leases.size(), 3U);  // firmware, iPXE, installer
}

TEST(BootOrder, DemoKickstartComesByFtp) {
  BootWorld world({find_profile("bios-pxelinux")}, demo_facts());
  fill_all(world);
  world.power_on_all();
  world.run(minutes(5));
  ASSERT_EQ(world.seen().fetched.size(), 3U);
  EXPECT_EQ(world.seen().fetched[0], "ftp://10.99.0.1/ks.cfg");
  EXPECT_EQ(world.seen().fetched[1], "http://10.99.0.1/packages/hello.deb");  // from `url --url`
}

TEST(BootOrder, ShimAsksForItsExtrasAndGrubFindsThenReads) {
  const auto requests = requests_of("shim-grub");
  ASSERT_GT(requests.size(), 20U);
  EXPECT_EQ(requests[0], "shimx64.efi octet tsize 0 blksize 1468 windowsize 4 ");
  EXPECT_EQ(requests[1], "shimx64.efi octet blksize 1468 windowsize 4 ");
  EXPECT_EQ(requests[2], "revocations_skusi.efi octet blksize 512 windowsize 4 ");
  EXPECT_EQ(requests[5], "grubx64.efi octet blksize 512 windowsize 4 ");
  EXPECT_EQ(requests[6], "grub.cfg-01-02-52-43-00-00-00 octet blksize 1024 tsize 0 ");
  EXPECT_EQ(requests[7], "grub.cfg-0A630064 octet blksize 1024 tsize 0 ");
  EXPECT_EQ(requests[15], "grub.cfg octet blksize 1024 tsize 0 ");
  EXPECT_EQ(requests[16], "x86_64-efi/command.lst octet blksize 1024 tsize 0 ");
  EXPECT_EQ(requests[20], "grub.cfg octet blksize 1024 tsize 0 ");
}

TEST(BootOrder, UbootAsksForTimeoutAndWindow) {
  const auto requests = requests_of("uboot");
  EXPECT_TRUE(requests[0].ends_with(" octet timeout 5 tsize 0 blksize 1468 windowsize 8 ")) << requests[0];
}

// ---- power

TEST(Power, ResetBeginsAnewAndCancels) {
  BootWorld world({find_profile("bios-pxelinux")}, demo_facts());
  fill_all(world);
  world.power_on_all();
  world.run(std::chrono::milliseconds(20));
  ASSERT_GT(world.rack().stage(MachineId(0)), Stage::kDhcp);
  world.rack().power_on(world.now(), MachineId(0));
  EXPECT_EQ(world.rack().stage(MachineId(0)), Stage::kDhcp);
  world.run(minutes(5));
  EXPECT_EQ(world.rack().stage(MachineId(0)), Stage::kDone) << world.seen().detail;
  EXPECT_EQ(std::count(world.seen().stages.begin(), world.seen().stages.end(), Stage::kOff), 1);
}

TEST(Power, OffIsSilentAndNotRunning) {
  BootWorld world({find_profile("edk2"), find_profile("edk2")}, demo_facts());
  fill_all(world);
  world.power_on_all();
  world.run(std::chrono::seconds(4));
  world.rack().power_off(world.now(), MachineId(0));
  EXPECT_EQ(world.rack().running(), 1U);
  const auto requests = world.seen(0).requests.size();
  world.run(minutes(5));
  EXPECT_EQ(world.seen(0).requests.size(), requests);
  EXPECT_EQ(world.rack().stage(MachineId(0)), Stage::kOff);
  EXPECT_EQ(world.rack().stage(MachineId(1)), Stage::kDone);
}

TEST(Power, EndFailsWhatStillRuns) {
  BootWorld world({find_profile("edk2")}, demo_facts());
  world.power_on_all();
  world.rack().end(world.now());
  EXPECT_EQ(world.seen().failure, Failure::kRunEnded);
  EXPECT_EQ(world.rack().running(), 0U);
  EXPECT_EQ(world.rack().next_deadline() > world.now(), true);
}

TEST(Power, SameSeedSameBoot) {
  const auto boot = [](std::uint64_t seed) {
    BootWorld world(std::vector<const Profile*>(3, find_profile("edk2")), demo_facts(), seed);
    fill_all(world);
    world.faults = {.loss = 0.05, .duplicate = 0.02, .jitter = std::chrono::microseconds(200)};
    world.power_on_all();
    world.run(std::chrono::hours(1));
    return world.now();
  };
  EXPECT_EQ(boot(7), boot(7));
  EXPECT_NE(boot(7), boot(8));
}

}  // namespace
}  // namespace rackcast::sim
