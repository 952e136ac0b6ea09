// What depends on who asks and where: [[tftp.class]], the interface's MTU, the machine's own folder. Pure; never
// allocates.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "core/config/config.h"
#include "core/engine/tftp/terms.h"
#include "core/images/path.h"
#include "core/machines/machine.h"
#include "core/packet_io.h"
#include "core/work.h"

namespace rackcast::engine::tftpd {

// The first class that fits; null: none. `machine` null: DHCP heard nothing of it, so that only classes by network fit.
[[nodiscard]] const TftpClassConfig* class_of(std::span<const TftpClassConfig> classes, const Machine* machine,
                                              const net::IpAddress& source);
void limit_by(const TftpClassConfig& fits, TermLimits& limits);

// The largest block whose packet is not cut into fragments; unlimited where the interface is not known.
[[nodiscard]] std::uint16_t unfragmented_block(std::span<const InterfaceMtu> mtus, InterfaceIndex interface, bool ipv6);

// "192.168.1.7/vmlinuz" or "52-54-00-12-34-56/vmlinuz". nullopt: the MAC is not known, or it would be too long.
[[nodiscard]] std::optional<PathText> in_own_folder(UniqueRoot kind, const net::IpAddress& source,
                                                    const Machine* machine, std::string_view path);

}  // namespace rackcast::engine::tftpd
