#include "core/board/stage.h"

#include <gtest/gtest.h>

#include <vector>

#include "core/board/rate_meter.h"

namespace rackcast {
namespace {

using namespace std::chrono_literals;

struct Row {
  const char* path;
  std::optional<Stage> stage;
  bool module = false;
  bool package = false;
};

TEST(ClassifyPath, KnowsWhatBootLoadersAndInstallersFetch) {
  const Row rows[] = {
      {"pxelinux.0", Stage::kNbp},
      {"boot/undionly.kpxe", Stage::kNbp},
      {"ipxe.efi", Stage::kNbp},
      {"EFI/BOOT/BOOTX64.EFI", Stage::kNbp},
      {"ldlinux.c32", Stage::kNbp, true},
      {"boot/grub/i386-pc/normal.mod", Stage::kNbp, true},
      {"pxelinux.cfg/01-12-34-56-78-ab-cd", Stage::kConfig},
      {"pxelinux.cfg/default", Stage::kConfig},
      {"grub/grub.cfg", Stage::kConfig},
      {"grub.cfg-01-12-34-56-78-ab-cd", Stage::kConfig},
      {"boot.ipxe", Stage::kConfig},
      {"boot.msg", Stage::kConfig},
      {"vmlinuz", Stage::kKernel},
      {"images/pxeboot/vmlinuz", Stage::kKernel},
      {"vmlinuz-6.1.efi", Stage::kKernel},
      {"debian-installer/amd64/linux", Stage::kKernel},
      {"bzImage", Stage::kKernel},
      {"memtest", Stage::kKernel},
      {"initrd.img", Stage::kInitrd},
      {"debian-installer/amd64/initrd.gz", Stage::kInitrd},
      {"initramfs-linux.img", Stage::kInitrd},
      {"images/install.img", Stage::kInitrd},
      {"LiveOS/squashfs.img", Stage::kInitrd},
      {"ks.cfg", Stage::kKickstart},
      {"web01-ks.cfg", Stage::kKickstart},
      {"rhel9.ks", Stage::kKickstart},
      {"d-i/bookworm/preseed.cfg", Stage::kKickstart},
      {"autoinstall/user-data", Stage::kKickstart},
      {"autoinst.xml", Stage::kKickstart},
      {".treeinfo", Stage::kPackages},
      {"BaseOS/repodata/repomd.xml", Stage::kPackages},
      {"BaseOS/repodata/abc-primary.xml.gz", Stage::kPackages},
      {"Packages/b/bash-5.1.8-6.el9.x86_64.rpm", Stage::kPackages, false, true},
      {"pool/main/b/bash/bash_5.2_amd64.deb", Stage::kPackages, false, true},
      {"dists/bookworm/InRelease", Stage::kPackages},
      {"dists/bookworm/main/binary-amd64/Packages.xz", Stage::kPackages},
      {"readme.txt", std::nullopt},
      {"", std::nullopt},
      {"repodata", std::nullopt},
      {"linux-firmware/x.bin", std::nullopt},
  };
  for (const Row& row : rows) {
    const PathClass result = classify_path(row.path, {});
    EXPECT_EQ(result.stage, row.stage) << row.path;
    EXPECT_EQ(result.module, row.module) << row.path;
    EXPECT_EQ(result.package, row.package) << row.path;
  }
}

TEST(ClassifyPath, AConfiguredBootFileIsAnNbpWhateverItsName) {
  const std::vector<std::string> files{"images/loader", "boot.ipxe"};
  EXPECT_EQ(classify_path("images/loader", files).stage, Stage::kNbp);
  EXPECT_EQ(classify_path("images/loader", {}).stage, std::nullopt);
  EXPECT_EQ(classify_path("boot.ipxe", files).stage, Stage::kConfig);
}

TEST(StageName, ReadsBack) {
  for (std::size_t i = 0; i < kStages; ++i)
    EXPECT_EQ(stage_named(stage_name(static_cast<Stage>(i))), static_cast<Stage>(i));
  EXPECT_EQ(stage_named("asleep"), std::nullopt);
}

TEST(RateMeter, FollowsASteadyFlowAndFallsToNothing) {
  RateMeter meter;
  WallTime now{1'000'000s};
  for (int i = 0; i < 200; ++i) {
    now += 100ms;
    meter.add(100'000, now);
  }
  EXPECT_NEAR(meter.value(now), 1'000'000, 50'000);
  EXPECT_LT(meter.value(now + 20s), 100);
  EXPECT_GT(meter.value(now + 1s), 500'000);
}

TEST(RateMeter, TakesSamplesOutOfOrder) {
  RateMeter meter;
  meter.add(1000, WallTime{100s});
  meter.add(1000, WallTime{99s});
  EXPECT_NEAR(meter.value(WallTime{100s}), 1000, 1);
}

}  // namespace
}  // namespace rackcast
