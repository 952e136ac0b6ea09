// UEFI machines: EDK2's PXE or HTTP boot, then iPXE with a script, or shim and GRUB.
#include <array>

#include "tools/sim/machines/profiles/habits.h"

namespace rackcast::sim::habits {
namespace {

constexpr std::string_view kIpxeAgent = "iPXE/1.0.0+git-20190125.36a4c85-5.1";
constexpr std::string_view kGrubAgent = "GRUB 2.06";
constexpr std::string_view kFirmwareAgent = "UefiHttpBoot/1.0";
constexpr Span kFirmwarePatience = std::chrono::seconds(5);  // EDK2's HTTP driver

// For boots without DHCP.
constexpr std::array<std::string_view, 1> kUsualScript{"http://{server}/boot.ipxe"};
// iPXE asks beside its own image.
constexpr std::array<std::string_view, 1> kAutoexec{"autoexec.ipxe"};
constexpr std::array<std::string_view, 3> kShimExtras{"revocations_skusi.efi", "revocations_sbat.efi",
                                                      "shim_certificate_0.efi"};
constexpr std::array<std::string_view, 1> kShimSecondStage{"grubx64.efi"};
constexpr std::array<std::string_view, 1> kShimBareSecondStage{"/grubx64.efi"};
// What the firmware's own boot entry is called, behind bytes of it that are no text.
constexpr std::array<std::string_view, 1> kShimGarbledSecondStage{"\x01USB"};
// Windows' boot manager, over the firmware's TFTP: backslashes, and not the case that is on disk.
constexpr std::array<std::string_view, 2> kWindowsFiles{"\\boot\\bcd", "\\Boot\\FONTS\\wgl4_boot.ttf"};
constexpr std::array<std::string_view, 1> kWindowsImage{"\\Sources\\BOOT.WIM"};
constexpr std::array<std::string_view, 4> kGrubLookups{"grub.cfg-{echoed-uuid}", "grub.cfg-01-{mac-dashes}",
                                                       "grub.cfg-{ip-hex}", "grub.cfg"};
constexpr std::array<std::string_view, 4> kGrubLists{"x86_64-efi/command.lst", "x86_64-efi/fs.lst",
                                                     "x86_64-efi/crypto.lst", "x86_64-efi/terminal.lst"};

constexpr Step kEdk2DhcpStep{.kind = StepKind::kDhcp, .stage = Stage::kDhcp, .dhcp = &kEdk2Dhcp};
constexpr Step kEdk2HttpDhcpStep{.kind = StepKind::kDhcp, .stage = Stage::kDhcp, .dhcp = &kEdk2HttpDhcp};
constexpr Step kEdk2BootFile{.kind = StepKind::kBootFile, .stage = Stage::kNbp, .tftp = &kEdk2Tftp};
constexpr Step kHttpBootFile{.kind = StepKind::kBootFile,
                             .stage = Stage::kNbp,
                             .tftp = &kEdk2Tftp,
                             .head_first = true,
                             .user_agent = kFirmwareAgent,
                             .patience = kFirmwarePatience};

constexpr Step kIpxeAutoexec{.kind = StepKind::kFiles,
                             .stage = Stage::kConfig,
                             .tftp = &kIpxeTftp,
                             .names = kAutoexec,
                             .required = false,
                             .user_agent = kIpxeAgent};
constexpr Step ipxe_dhcp(Stage stage, const DhcpHabits& habits) {
  return {.kind = StepKind::kDhcp, .stage = stage, .dhcp = &habits};
}
constexpr Step kIpxeScript{.kind = StepKind::kScript,
                           .stage = Stage::kConfig,
                           .tftp = &kIpxeTftp,
                           .names = kUsualScript,
                           .dialect = ConfigDialect::kIpxe,
                           .user_agent = kIpxeAgent};
constexpr Step kIpxeKernel{
    .kind = StepKind::kKernel, .stage = Stage::kKernel, .tftp = &kIpxeTftp, .user_agent = kIpxeAgent};
constexpr Step kIpxeInitrd{
    .kind = StepKind::kInitrd, .stage = Stage::kInitrd, .tftp = &kIpxeTftp, .user_agent = kIpxeAgent};

// shim fetches by whatever fetched shim itself.
constexpr Step shim_files(std::span<const std::string_view> names, bool required) {
  return {.kind = StepKind::kFiles,
          .stage = Stage::kNbp,
          .tftp = &kShimTftp,
          .names = names,
          .required = required,
          .user_agent = kFirmwareAgent,
          .patience = kFirmwarePatience};
}
constexpr Step grub(StepKind kind, Stage stage) {
  return {.kind = kind, .stage = stage, .tftp = &kGrubTftp, .user_agent = kGrubAgent};
}
// net_bootp in its built-in configuration; without it GRUB goes on with what the firmware was given.
constexpr Step kGrubDhcpStep{.kind = StepKind::kDhcp, .stage = Stage::kConfig, .dhcp = &kGrubDhcp};
constexpr Step kGrubFind{.kind = StepKind::kLookups,
                         .stage = Stage::kConfig,
                         .tftp = &kGrubTftp,
                         .names = kGrubLookups,
                         .user_agent = kGrubAgent};
constexpr Step kGrubListFiles{.kind = StepKind::kFiles,
                              .stage = Stage::kConfig,
                              .tftp = &kGrubTftp,
                              .names = kGrubLists,
                              .required = false,
                              .user_agent = kGrubAgent};
constexpr Step kGrubRead{.kind = StepKind::kReread,
                         .stage = Stage::kConfig,
                         .tftp = &kGrubTftp,
                         .dialect = ConfigDialect::kGrub,
                         .user_agent = kGrubAgent};

// What these end with, installer included.
constexpr auto kIpxeEnd = steps(std::array{kIpxeScript, kIpxeKernel, kIpxeInitrd}, kInstallerSteps);
constexpr auto kGrubEnd =
    steps(std::array{kGrubRead, grub(StepKind::kKernel, Stage::kKernel), grub(StepKind::kInitrd, Stage::kInitrd)},
          kInstallerSteps);
constexpr auto kGrubListedEnd = steps(std::array{kGrubFind, kGrubListFiles}, kGrubEnd);
constexpr auto kShimListedEnd =
    steps(std::array{shim_files(kShimExtras, false), shim_files(kShimSecondStage, true)}, kGrubListedEnd);

constexpr auto kEdk2Steps =
    steps(std::array{kEdk2DhcpStep, kEdk2BootFile, ipxe_dhcp(Stage::kConfig, kIpxeEfiDhcp)}, kIpxeEnd);
constexpr auto kAutoexecSteps =
    steps(std::array{kEdk2DhcpStep, kEdk2BootFile, kIpxeAutoexec, ipxe_dhcp(Stage::kConfig, kIpxeEfiDhcp)}, kIpxeEnd);
constexpr auto kIpxeScriptSteps = steps(std::array{ipxe_dhcp(Stage::kDhcp, kIpxeBiosDhcp)}, kIpxeEnd);
constexpr auto kShimSteps = steps(std::array{kEdk2DhcpStep, kEdk2BootFile}, kShimListedEnd);
constexpr auto kShimBareSteps =
    steps(std::array{kEdk2DhcpStep, kEdk2BootFile, shim_files(kShimBareSecondStage, true), kGrubFind}, kGrubEnd);
constexpr auto kShimGarbledSteps =
    steps(std::array{kEdk2DhcpStep, kEdk2BootFile, shim_files(kShimGarbledSecondStage, true), kGrubFind}, kGrubEnd);
constexpr auto kGrubDhcpSteps = steps(std::array{kEdk2DhcpStep, kEdk2BootFile, kGrubDhcpStep}, kGrubListedEnd);
constexpr Step windows(Stage stage, std::span<const std::string_view> names) {
  return {.kind = StepKind::kFiles, .stage = stage, .tftp = &kEdk2Tftp, .names = names};
}
constexpr std::array kWindowsSteps{kEdk2DhcpStep, kEdk2BootFile, windows(Stage::kConfig, kWindowsFiles),
                                   windows(Stage::kKernel, kWindowsImage)};
constexpr auto kHttpBootSteps =
    steps(std::array{kEdk2HttpDhcpStep, kHttpBootFile, ipxe_dhcp(Stage::kConfig, kIpxeEfiDhcp)}, kIpxeEnd);
constexpr auto kHttpGrubSteps = steps(std::array{kEdk2HttpDhcpStep, kHttpBootFile}, kShimListedEnd);

constexpr std::array kProfiles{
    Profile{"edk2", "UEFI PXE (size probe, window 4), ipxe.efi, its own DHCP, script, kernel and initrd by HTTP",
            dhcp4::ClientArch::kEfiX64, "ipxe.efi", kEdk2Steps},
    Profile{"edk2-autoexec", "the same with a newer iPXE, which asks for autoexec.ipxe first",
            dhcp4::ClientArch::kEfiX64, "ipxe.efi", kAutoexecSteps},
    Profile{"ipxe-script", "iPXE as a BIOS ROM that is given a script", dhcp4::ClientArch::kBios, "boot.ipxe",
            kIpxeScriptSteps},
    Profile{"shim-grub", "UEFI PXE, shim (512-byte blocks), GRUB (1024, needs an OACK) by TFTP",
            dhcp4::ClientArch::kEfiX64, "shimx64.efi", kShimSteps},
    Profile{"shim-bare", "the same with a shim that asks for GRUB without the folder it came from",
            dhcp4::ClientArch::kEfiX64, "shimx64.efi", kShimBareSteps},
    Profile{"shim-garbled", "the same with a shim that takes its firmware's load options for the name of GRUB",
            dhcp4::ClientArch::kEfiX64, "shimx64.efi", kShimGarbledSteps},
    Profile{"windows", "UEFI PXE, Windows' boot manager: names with backslashes, in any case; no installer",
            dhcp4::ClientArch::kEfiX64, "bootmgfw.efi", kWindowsSteps},
    Profile{"grub-dhcp", "UEFI PXE, GRUB that asks DHCP itself (net_bootp: one xid for all machines)",
            dhcp4::ClientArch::kEfiX64, "grubx64.efi", kGrubDhcpSteps},
    Profile{"http-boot", "UEFI HTTP boot (HEAD, then GET on one connection) of ipxe.efi, script by HTTP",
            dhcp4::ClientArch::kHttpX64, "http://{server}/ipxe.efi", kHttpBootSteps},
    Profile{"http-grub", "UEFI HTTP boot of shim and GRUB, everything by HTTP", dhcp4::ClientArch::kHttpX64,
            "http://{server}/shimx64.efi", kHttpGrubSteps},
};

}  // namespace

constinit const std::span<const Profile> kEfiProfiles = kProfiles;

}  // namespace rackcast::sim::habits
