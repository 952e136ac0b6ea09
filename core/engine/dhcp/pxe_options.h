// PXE's own options inside option 43 (PXE 2.1 §2.2; protocols reference §1.7), and the boot item a client picked.
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "core/config/config.h"
#include "proto/bytes/fixed_text.h"
#include "proto/net/address.h"

namespace rackcast::engine {

// Where a proxyDHCP or boot server is asked ("BINL").
inline constexpr net::UdpPort kBootServerPort{4011};

// Sub-option 71: the menu's entry, and which of its files.
struct PxeBootItem {
  std::uint16_t type = 0;
  std::uint16_t layer = 0;
  // The client wants credentials first (boot integrity services): nobody gives any.
  [[nodiscard]] bool wants_credentials() const { return (layer & 0x8000U) != 0; }
};
[[nodiscard]] std::optional<PxeBootItem> parse_boot_item(std::span<const std::byte> option_43);

// Longest option 43 that every ROM reads whole (old ones join no pieces).
inline constexpr std::size_t kPxeOptionsBytesMax = 255;

// What a menu, boot servers and MTFTP look like to the client. Configuration time. Entries that do not fit in one
// option are left out from the end; nothing to say: empty.
[[nodiscard]] std::vector<std::byte> encode_pxe_options(const PxeConfig& config);
// "The boot file is given: download it now, no menu, no discovery" (43.6 bit 3).
[[nodiscard]] std::span<const std::byte> boot_file_is_given();
// 43.71 returned, as the client demands of a boot server's answer.
inline constexpr std::size_t kBootItemBytes = 7;
[[nodiscard]] std::array<std::byte, kBootItemBytes> encode_boot_item(PxeBootItem item);

// The file of a menu's item; empty: there is none such. A base name without a dot stands for one file for each layer
// ("pxelinux" is pxelinux.0, pxelinux.1, …); any other has only layer 0.
using PxeFile = FixedText<255>;
[[nodiscard]] PxeFile file_of_item(const PxeConfig& config, PxeBootItem item);

}  // namespace rackcast::engine
