// Writes the blocks of a pcapng file (draft-ietf-opsawg-pcapng), little-endian, with time stamps in nanoseconds: one
// section header, then interfaces, then packets. Each function returns the used prefix of `out`, empty when it does not
// fit. Total, no allocation, any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "proto/net/address.h"
#include "proto/pcapng/block.h"

namespace rackcast::pcapng {

// Room that always suffices for a section header with `application`.
[[nodiscard]] constexpr std::size_t section_bytes_max(std::size_t application_bytes) {
  return 40 + application_bytes;
}
// `application`: shb_userappl; "" leaves it out.
[[nodiscard]] std::span<std::byte> encode_section(std::span<std::byte> out, std::string_view application = {});

struct InterfaceDescription {
  std::uint16_t link_type = kLinkTypeEthernet;
  std::uint32_t snap_length = 0;  // 0 = no limit
  std::string_view name;
  std::span<const Ipv4Network> addresses;
  const net::MacAddress* mac = nullptr;  // null: none
};
[[nodiscard]] constexpr std::size_t interface_bytes_max(const InterfaceDescription& interface) {
  return 56 + interface.name.size() + 12 * interface.addresses.size();
}
// The first one described is interface 0.
[[nodiscard]] std::span<std::byte> encode_interface(std::span<std::byte> out, const InterfaceDescription& interface);

// What encode_packet() adds to the data, at most.
inline constexpr std::size_t kPacketOverheadBytes = 60;
// `packet.original_bytes` 0: as much as there is data.
[[nodiscard]] std::span<std::byte> encode_packet(std::span<std::byte> out, const Packet& packet);

}  // namespace rackcast::pcapng
