// Boards: U-Boot with extlinux menus, and the Raspberry Pi's ROM.
#include <array>

#include "tools/sim/machines/profiles/habits.h"

namespace rackcast::sim::habits {
namespace {

// "pxe get": U-Boot asks for no boot file.
constexpr std::array<std::string_view, 6> kUbootLookups{"pxelinux.cfg/{uuid}",      "pxelinux.cfg/01-{mac-dashes}",
                                                        "pxelinux.cfg/{ip-hex}",    "pxelinux.cfg/default-arm-armv8",
                                                        "pxelinux.cfg/default-arm", "pxelinux.cfg/default"};
// The ROM takes the first stage; start.elf looks in a folder of the board's own, then beside the first stage.
constexpr std::array<std::string_view, 1> kRaspberryFirst{"bootcode.bin"};
constexpr std::array<std::string_view, 3> kRaspberryOptional{"{serial}/start.elf", "autoboot.txt", "recovery.elf"};
constexpr std::array<std::string_view, 3> kRaspberryFirmware{"start.elf", "fixup.dat", "config.txt"};
constexpr std::array<std::string_view, 1> kRaspberryCommandLine{"cmdline.txt"};
constexpr std::array<std::string_view, 1> kRaspberryKernel{"kernel8.img"};

constexpr Step uboot(StepKind kind, Stage stage) {
  return {.kind = kind, .stage = stage, .tftp = &kUbootTftp};
}
constexpr Step kUbootConfig{.kind = StepKind::kLookups,
                            .stage = Stage::kConfig,
                            .tftp = &kUbootTftp,
                            .names = kUbootLookups,
                            .dialect = ConfigDialect::kUboot};
constexpr Step raspberry(Stage stage, std::span<const std::string_view> names, bool required) {
  return {.kind = StepKind::kFiles, .stage = stage, .tftp = &kRaspberryTftp, .names = names, .required = required};
}

constexpr auto kUbootSteps =
    steps(std::array{Step{.kind = StepKind::kDhcp, .stage = Stage::kDhcp, .dhcp = &kUbootDhcp}, kUbootConfig,
                     uboot(StepKind::kKernel, Stage::kKernel), uboot(StepKind::kInitrd, Stage::kInitrd)},
          kInstallerSteps);
constexpr std::array kRaspberrySteps{Step{.kind = StepKind::kDhcp, .stage = Stage::kDhcp, .dhcp = &kRaspberryDhcp},
                                     raspberry(Stage::kNbp, kRaspberryFirst, true),
                                     raspberry(Stage::kNbp, kRaspberryOptional, false),
                                     raspberry(Stage::kNbp, kRaspberryFirmware, true),
                                     raspberry(Stage::kConfig, kRaspberryCommandLine, true),
                                     raspberry(Stage::kKernel, kRaspberryKernel, true)};

constexpr std::array kProfiles{
    Profile{"uboot", "U-Boot with an extlinux menu (1468-byte blocks, window 8, timeout 5)", dhcp4::ClientArch{22}, "",
            kUbootSteps},
    Profile{"raspberry-pi", "Raspberry Pi 3 ROM: fixed xid, 512-byte blocks, no installer", dhcp4::ClientArch::kBios,
            "bootcode.bin", kRaspberrySteps},
};

}  // namespace

constinit const std::span<const Profile> kBoardProfiles = kProfiles;

}  // namespace rackcast::sim::habits
