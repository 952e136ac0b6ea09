// How clients do TFTP: options and their order from captures or sources, waits from sources.
#include <array>

#include "tools/sim/machines/profiles/habits.h"

namespace rackcast::sim::habits {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using enum TftpOption;

// syslinux counts in the PC's clock ticks, of 55 ms: two at first, a fifth more each time, 255 at most, 31 times.
constexpr std::array<std::uint8_t, 31> kPxelinuxTicks{2,   2,   3,   3,   4,   5,   6,   7,   9,  10, 12,
                                                      15,  18,  21,  26,  31,  37,  44,  53,  64, 77, 92,
                                                      110, 132, 159, 191, 229, 255, 255, 255, 255};
constexpr std::array<Millis, kPxelinuxTicks.size()> pxelinux_waits() {
  std::array<Millis, kPxelinuxTicks.size()> waits{};
  for (std::size_t i = 0; i < waits.size(); ++i) waits[i] = milliseconds(55) * kPxelinuxTicks[i];
  return waits;
}
constexpr auto kPxelinuxWaits = pxelinux_waits();

constexpr std::array<Millis, 40> grub_waits() {
  std::array<Millis, 40> waits{};
  for (std::size_t i = 0; i < waits.size(); ++i) waits[i] = milliseconds(400 + 20 * i);
  return waits;
}
constexpr auto kGrubWaits = grub_waits();

constexpr std::array<Millis, 6> kRomWaits{seconds(1), seconds(2), seconds(4), seconds(4), seconds(4), seconds(4)};
constexpr std::array<Millis, 6> kIpxeWaits{milliseconds(250), milliseconds(500), seconds(1),
                                           seconds(2),        seconds(4),        seconds(8)};
constexpr std::array<Millis, 6> kEdk2Waits{seconds(4), seconds(4), seconds(4), seconds(4), seconds(4), seconds(4)};
constexpr std::array<Millis, 10> kUbootWaits{seconds(5), seconds(5), seconds(5), seconds(5), seconds(5),
                                             seconds(5), seconds(5), seconds(5), seconds(5), seconds(5)};
constexpr std::array<Millis, 5> kPlainWaits{seconds(5), seconds(5), seconds(5), seconds(5), seconds(5)};

constexpr std::array kBlksizeOnly{kBlksize};
constexpr std::array kTsizeOnly{kTsize};
constexpr std::array kBlksizeTsize{kBlksize, kTsize};
constexpr std::array kTsizeBlksize{kTsize, kBlksize};
constexpr std::array kBlksizeWindow{kBlksize, kWindowsize};
constexpr std::array kUbootOptions{kTimeout, kTsize, kBlksize, kWindowsize};

}  // namespace

constinit const TftpHabits kBiosRomTftp{.options = kBlksizeOnly,
                                        .blksize = 1'456,
                                        .size_probe = SizeProbe::kAbortWithZero,
                                        .waits = kRomWaits,
                                        .first_port = 2'070};

// iPXE adapts its first wait to the round trip; this is where it begins.
constinit const TftpHabits kIpxeTftp{.options = kBlksizeTsize, .blksize = 1'432, .waits = kIpxeWaits};

constinit const TftpHabits kPxelinuxTftp{.options = kTsizeBlksize,
                                         .blksize = 1'408,
                                         .waits = kPxelinuxWaits,
                                         .strict_oack = true,
                                         .empty_is_missing = true,
                                         .first_port = 49'152};

constinit const TftpHabits kEdk2Tftp{.options = kBlksizeWindow,
                                     .blksize = 1'468,
                                     .windowsize = 4,
                                     .size_probe = SizeProbe::kAbortWithEight,
                                     .waits = kEdk2Waits,
                                     .strict_oack = true,
                                     .bad_oack_error = 4,
                                     .abort_text = "User aborted the transfer"};

// The firmware's client with shim's block size; shim has a buffer and asks for no size.
constinit const TftpHabits kShimTftp{.options = kBlksizeWindow,
                                     .blksize = 512,
                                     .windowsize = 4,
                                     .waits = kEdk2Waits,
                                     .strict_oack = true,
                                     .bad_oack_error = 4,
                                     .abort_text = "User aborted the transfer"};

constinit const TftpHabits kGrubTftp{.options = kBlksizeTsize,
                                     .blksize = 1'024,
                                     .waits = kGrubWaits,
                                     .repeats_acks = false,
                                     .unexpected = UnexpectedBlock::kEchoOld,
                                     .needs_oack = true,
                                     .abort_text = "closed"};

constinit const TftpHabits kUbootTftp{.options = kUbootOptions,
                                      .blksize = 1'468,
                                      .windowsize = 8,
                                      .timeout_seconds = 5,
                                      .waits = kUbootWaits,
                                      .unexpected = UnexpectedBlock::kAckOncePerGap};

constinit const TftpHabits kRaspberryTftp{.options = kTsizeOnly, .waits = kRomWaits};

constinit const TftpHabits kPlainTftp{.waits = kPlainWaits};

}  // namespace rackcast::sim::habits
