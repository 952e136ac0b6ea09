#include "core/engine/tftp/machine_terms.h"

#include <algorithm>

#include "core/machines/boot_choice.h"
#include "core/machines/hostname_pattern.h"

namespace rackcast::engine::tftpd {
namespace {

// IP and UDP headers, and TFTP's.
constexpr std::uint32_t kHeadersV4 = 20 + 8 + tftp::kDataHeaderBytes;
constexpr std::uint32_t kHeadersV6 = 40 + 8 + tftp::kDataHeaderBytes;

bool fits(const TftpClassConfig& one, const Machine* machine, const net::IpAddress& source) {
  if (one.network && !one.network->contains(source)) return false;
  if (one.architecture.empty() && one.vendor_class.empty()) return true;
  if (machine == nullptr) return false;
  if (!one.vendor_class.empty() && !machine->vendor_class.view().starts_with(one.vendor_class)) return false;
  return one.architecture.empty() || architecture_key(*machine, false) == one.architecture;
}

}  // namespace

const TftpClassConfig* class_of(std::span<const TftpClassConfig> classes, const Machine* machine,
                                const net::IpAddress& source) {
  for (const TftpClassConfig& one : classes)
    if (fits(one, machine, source)) return &one;
  return nullptr;
}

void limit_by(const TftpClassConfig& fits, TermLimits& limits) {
  limits.block_size_max = fits.max_blksize.value_or(limits.block_size_max);
  limits.window_max = fits.max_windowsize.value_or(limits.window_max);
  limits.rollover = fits.rollover == 1 ? tftp::Rollover::kToOne : tftp::Rollover::kToZero;
}

std::uint16_t unfragmented_block(std::span<const InterfaceMtu> mtus, InterfaceIndex interface, bool ipv6) {
  const std::uint32_t headers = ipv6 ? kHeadersV6 : kHeadersV4;
  for (const InterfaceMtu& one : mtus) {
    if (one.interface != interface || one.mtu <= headers) continue;
    return static_cast<std::uint16_t>(
        std::clamp<std::uint32_t>(one.mtu - headers, tftp::kBlockSizeMin, tftp::kBlockSizeMax));
  }
  return tftp::kBlockSizeMax;
}

std::optional<PathText> in_own_folder(UniqueRoot kind, const net::IpAddress& source, const Machine* machine,
                                      std::string_view path) {
  PathText own;
  if (kind == UniqueRoot::kIp) {
    own.assign(source.text().view());
  } else if (machine == nullptr) {
    return std::nullopt;
  } else {
    own.assign(with_dashes(machine->mac.text()));
  }
  (void)own.append("/");
  (void)own.append(path);
  if (own.cut()) return std::nullopt;
  return own;
}

}  // namespace rackcast::engine::tftpd
