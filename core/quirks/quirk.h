// What clients do that no standard says, and what we do about it: one table for DHCP and TFTP.
//
// The simulator's profiles know the same clients from their side, as data of their own, so that the two can disagree; a
// test runs every profile and fails for an entry that none of them exercises.
#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <string_view>

#include "core/machines/machine.h"

namespace rackcast {

enum class Quirk : std::uint8_t {
  // DHCP
  kBootFileTerminated,
  kHttpClassEchoed,
  kProxyWaitLeftOut,
  kRaspberryPiText,
  // TFTP
  kEndByteInName,
  kSizeProbe,
  kBareSecondStage,
  kGarbledSecondStage,
  kNameInAnyCase,
  kCount_,
};
inline constexpr std::size_t kQuirkCount = static_cast<std::size_t>(Quirk::kCount_);

// What a DHCP message says of its sender.
struct ClientTraits {
  const Machine& machine;
  bool network_boot = false;        // PXE firmware, iPXE, or plain BOOTP
  bool http_boot = false;           // is given a URL for UEFI HTTP boot
  bool takes_ipxe_options = false;  // sent option 175
};

struct QuirkInfo {
  Quirk quirk;
  std::string_view name;
  std::string_view seen;  // public thread, repository#number, or the client's source
  std::string_view does;  // what the client does, and what we do
  // DHCP: whether an answer to this client is affected. Null: TFTP, decided by what is asked.
  bool (*applies)(const ClientTraits&);
};

// In the order of the enum.
[[nodiscard]] const std::array<QuirkInfo, kQuirkCount>& quirk_table();

class QuirkSet {
 public:
  void add(Quirk quirk) { set_.set(static_cast<std::size_t>(quirk)); }
  [[nodiscard]] bool has(Quirk quirk) const { return set_.test(static_cast<std::size_t>(quirk)); }

 private:
  std::bitset<kQuirkCount> set_;
};

// The DHCP entries that apply.
[[nodiscard]] QuirkSet quirks_of(const ClientTraits& traits);

// Uses, of one engine; its lane's thread only.
class QuirkCounts {
 public:
  void add(Quirk quirk) { ++values_[static_cast<std::size_t>(quirk)]; }
  void add(const QuirkSet& used);
  void add(const QuirkCounts& other);
  [[nodiscard]] std::uint64_t operator[](Quirk quirk) const { return values_[static_cast<std::size_t>(quirk)]; }

 private:
  std::array<std::uint64_t, kQuirkCount> values_{};
};

// Option 43 of an offer that the Raspberry Pi's boot ROM takes for one to it.
inline constexpr std::string_view kRaspberryPiText = "Raspberry Pi Boot   ";

}  // namespace rackcast
