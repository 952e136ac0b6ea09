// How far a machine has come, and why one did not come further: the vocabulary of progress, verdict and checkers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace rackcast::sim {

// In the order of a boot. A machine is *in* a stage while it works on it; kDone is the end.
enum class Stage : std::uint8_t {
  kOff,
  kDhcp,    // until the first ACK
  kNbp,     // network boot program, with its second stages (ldlinux.c32, grubx64.efi)
  kConfig,  // the loader's configuration look-ups
  kKernel,
  kInitrd,
  kKickstart,  // the installer's own DHCP exchange included
  kPackages,
  kDone,
};
inline constexpr std::size_t kStageCount = 9;
[[nodiscard]] std::string_view stage_name(Stage stage);  // "kickstart"

// Why a machine failed: the first thing that went wrong for good. A server's fault and a simulator's own are apart.
enum class Failure : std::uint8_t {
  kNone,
  kNoOffer,           // DHCP: silence to the last DISCOVER
  kNoAck,             // offered, then silence
  kNaked,             // NAK to every try
  kBadOffer,          // a reply that breaks the protocol (no address, no server identifier, wrong MAC)
  kNoBootFile,        // an address, but nothing to boot
  kTimeout,           // TFTP, FTP or HTTP: silence to the last retry
  kNotFound,          // a file that the machine cannot do without
  kNoConfiguration,   // every look-up answered, none found
  kBadConfiguration,  // found, but names no kernel
  kRefused,           // ERROR, FTP 4xx/5xx, HTTP status, connection refused
  kProtocol,          // the server broke the protocol: unasked option, block out of the window, wrong port, bad header
  kWrongSize,         // ended early, or more than announced
  kEndless,           // more bytes than any image has
  kWrongBytes,        // whole, but not the bytes of the tree or not what the other machines got
  kConnectionLost,    // TCP reset or closed in the middle
  kRunEnded,          // still at it when the run's time was over
  kLocal,             // the simulator's own host: no descriptors, no addresses, no route
};
inline constexpr std::size_t kFailureCount = 18;
[[nodiscard]] std::string_view failure_name(Failure failure);  // "no offer"

// What a machine says that heard nothing any more: lost datagrams explain it, a sound server does not.
[[nodiscard]] constexpr bool is_silence(Failure failure) {
  return failure == Failure::kNoOffer || failure == Failure::kNoAck || failure == Failure::kTimeout;
}

}  // namespace rackcast::sim
