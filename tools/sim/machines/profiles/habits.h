// The habits the profiles are made of, one per client program. Private to profiles/ and the tests.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>

#include "tools/sim/machines/profile.h"

namespace rackcast::sim::habits {

// DHCP (habits_dhcp.cc).
extern const DhcpHabits kBiosRomDhcp;
extern const DhcpHabits kOldRomDhcp;  // which takes option 67 for a C string
extern const DhcpHabits kIpxeBiosDhcp;
extern const DhcpHabits kIpxeEfiDhcp;
extern const DhcpHabits kEdk2Dhcp;
extern const DhcpHabits kEdk2HttpDhcp;
extern const DhcpHabits kGrubDhcp;
extern const DhcpHabits kUbootDhcp;
extern const DhcpHabits kRaspberryDhcp;
extern const DhcpHabits kInstallerDhcp;  // NetworkManager's client, as dracut and Anaconda start it
extern const DhcpHabits kUdhcpcDhcp;     // busybox, as small initrds have it
extern const DhcpHabits kPlainDhcp;      // busybox told to pass for a PXE client
extern const DhcpHabits kBootpDhcp;

// TFTP (habits_tftp.cc).
extern const TftpHabits kBiosRomTftp;
extern const TftpHabits kIpxeTftp;
extern const TftpHabits kPxelinuxTftp;
extern const TftpHabits kEdk2Tftp;
extern const TftpHabits kShimTftp;
extern const TftpHabits kGrubTftp;
extern const TftpHabits kUbootTftp;
extern const TftpHabits kRaspberryTftp;
extern const TftpHabits kPlainTftp;  // RFC 1350 and no option

// The steps of `parts`, one after another.
template <std::size_t... kSizes>
constexpr auto steps(const std::array<Step, kSizes>&... parts) {
  std::array<Step, (kSizes + ...)> all{};
  auto* at = all.data();
  ((at = std::copy(parts.begin(), parts.end(), at)), ...);
  return all;
}

inline constexpr Step kInstallerDhcpStep{.kind = StepKind::kDhcp, .stage = Stage::kKickstart, .dhcp = &kInstallerDhcp};
inline constexpr Step kKickstartStep{
    .kind = StepKind::kKickstart, .stage = Stage::kKickstart, .tftp = &kPlainTftp, .user_agent = "curl/7.88.1"};
// dnf fetches three files at once.
inline constexpr Step kPackagesStep{.kind = StepKind::kPackages,
                                    .stage = Stage::kPackages,
                                    .tftp = &kPlainTftp,
                                    .user_agent = "libdnf",
                                    .connections = 3};
// What every installer, but for the smallest, does once its kernel runs.
inline constexpr std::array kInstallerSteps{kInstallerDhcpStep, kKickstartStep, kPackagesStep};

// One each (bios.cc, efi.cc, boards.cc), in the order of --help.
extern const std::span<const Profile> kBiosProfiles;
extern const std::span<const Profile> kEfiProfiles;
extern const std::span<const Profile> kBoardProfiles;

}  // namespace rackcast::sim::habits
