// BIOS machines: a PXE ROM or iPXE in its place, then pxelinux; and clients with fewer ideas.
#include <array>

#include "tools/sim/machines/profiles/habits.h"

namespace rackcast::sim::habits {
namespace {

constexpr std::array<std::string_view, 1> kModules{"ldlinux.c32"};
// Ten names before `default`.
constexpr std::array<std::string_view, 4> kLookups{"pxelinux.cfg/{uuid}", "pxelinux.cfg/01-{mac-dashes}",
                                                   "pxelinux.cfg/{ip-hex}", "pxelinux.cfg/default"};
constexpr std::array<std::string_view, 1> kDefaultOnly{"pxelinux.cfg/default"};

constexpr Step boot_file(const TftpHabits& tftp) {
  return {.kind = StepKind::kBootFile, .stage = Stage::kNbp, .tftp = &tftp};
}
constexpr Step kModulesStep{.kind = StepKind::kFiles, .stage = Stage::kNbp, .tftp = &kPxelinuxTftp, .names = kModules};
constexpr Step lookups(const TftpHabits& tftp, std::span<const std::string_view> names) {
  return {.kind = StepKind::kLookups,
          .stage = Stage::kConfig,
          .tftp = &tftp,
          .names = names,
          .dialect = ConfigDialect::kPxelinux};
}
constexpr Step kernel(const TftpHabits& tftp) {
  return {.kind = StepKind::kKernel, .stage = Stage::kKernel, .tftp = &tftp};
}
constexpr Step initrd(const TftpHabits& tftp) {
  return {.kind = StepKind::kInitrd, .stage = Stage::kInitrd, .tftp = &tftp};
}
constexpr Step dhcp(const DhcpHabits& habits) {
  return {.kind = StepKind::kDhcp, .stage = Stage::kDhcp, .dhcp = &habits};
}

constexpr auto kPxelinuxEnd =
    steps(std::array{kModulesStep, lookups(kPxelinuxTftp, kLookups), kernel(kPxelinuxTftp), initrd(kPxelinuxTftp)},
          kInstallerSteps);
constexpr auto kRomSteps = steps(std::array{dhcp(kBiosRomDhcp), boot_file(kBiosRomTftp)}, kPxelinuxEnd);
constexpr auto kOldRomSteps = steps(std::array{dhcp(kOldRomDhcp), boot_file(kBiosRomTftp)}, kPxelinuxEnd);
constexpr auto kIpxeSteps = steps(std::array{dhcp(kIpxeBiosDhcp), boot_file(kIpxeTftp)}, kPxelinuxEnd);
// A small initrd's own udhcpc, which no longer passes for a PXE client.
constexpr Step kSmallInitrdDhcpStep{.kind = StepKind::kDhcp, .stage = Stage::kKickstart, .dhcp = &kUdhcpcDhcp};
constexpr std::array kPlainSteps{dhcp(kPlainDhcp),   boot_file(kPlainTftp), lookups(kPlainTftp, kDefaultOnly),
                                 kernel(kPlainTftp), initrd(kPlainTftp),    kSmallInitrdDhcpStep,
                                 kKickstartStep,     kPackagesStep};
constexpr std::array kBootpSteps{dhcp(kBootpDhcp),   boot_file(kPlainTftp), lookups(kPlainTftp, kDefaultOnly),
                                 kernel(kPlainTftp), initrd(kPlainTftp),    kKickstartStep,
                                 kPackagesStep};

constexpr std::array kProfiles{
    Profile{"bios-pxelinux", "BIOS PXE ROM (1456-byte blocks, size probe), then pxelinux (1408, lock-step)",
            dhcp4::ClientArch::kBios, "pxelinux.0", kRomSteps},
    Profile{"old-rom", "the same with a ROM that reads past the end of the boot file's name", dhcp4::ClientArch::kBios,
            "pxelinux.0\xFF", kOldRomSteps},
    Profile{"ipxe", "iPXE as a BIOS ROM (1432-byte blocks), then pxelinux", dhcp4::ClientArch::kBios, "pxelinux.0",
            kIpxeSteps},
    Profile{"plain", "udhcpc and an RFC 1350 client without options, pxelinux.cfg/default only; a small initrd",
            dhcp4::ClientArch::kBios, "pxelinux.0", kPlainSteps},
    Profile{"bootp", "BOOTP (RFC 951) without a DHCP option, RFC 1350 TFTP", dhcp4::ClientArch::kBios, "pxelinux.0",
            kBootpSteps},
};

}  // namespace

constinit const std::span<const Profile> kBiosProfiles = kProfiles;

}  // namespace rackcast::sim::habits
