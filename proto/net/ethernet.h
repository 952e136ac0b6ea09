// Ethernet II frames, with one IEEE 802.1Q tag or none. No frame check sequence: the hardware's.
//
//   destination 6 | source 6 | [ 0x8100  tag 2 ] | type 2 | payload
//
// Views borrow from the parsed frame. Total, no allocation, any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "proto/bytes/writer.h"
#include "proto/net/address.h"
#include "proto/net/reject.h"

namespace rackcast::net {

inline constexpr std::size_t kEthernetHeaderBytes = 14;
inline constexpr std::size_t kVlanTagBytes = 4;
inline constexpr std::size_t kEthernetFrameBytesMin = 60;  // without the check sequence; shorter ones are padded
inline constexpr std::uint16_t kEtherTypeMin = 0x0600;     // below it the field is an 802.3 length

// Open: any other type is handed over as it is.
enum class EtherType : std::uint16_t { kIpv4 = 0x0800, kArp = 0x0806, kVlan = 0x8100, kIpv6 = 0x86DD };

struct VlanTag {
  std::uint16_t id = 0;       // 0..4095; 0 carries a priority only
  std::uint8_t priority = 0;  // 0..7
  bool drop_eligible = false;
  friend constexpr bool operator==(const VlanTag&, const VlanTag&) = default;
};

struct EthernetHeader {
  MacAddress destination;
  MacAddress source;
  std::optional<VlanTag> vlan;
  EtherType type = EtherType::kIpv4;  // the payload's; a second tag stays in the payload under type kVlan
  friend constexpr bool operator==(const EthernetHeader&, const EthernetHeader&) = default;
};

struct EthernetFrame {
  EthernetHeader header;
  std::span<const std::byte> payload;  // padding included: only the payload knows its length
};

[[nodiscard]] FrameParsed<EthernetFrame> parse_ethernet(std::span<const std::byte> frame);

// Fails the writer where it does not fit, or for a tag out of range or a type below kEtherTypeMin.
void encode_ethernet(bytes::Writer& out, const EthernetHeader& header);

// Zeros up to kEthernetFrameBytesMin. Precondition: `out` holds exactly one frame, from its first byte.
void pad_ethernet(bytes::Writer& out);

// 01:00:5e and the group's low 23 bits, RFC 1112 section 6.4. Precondition: group.is_multicast().
[[nodiscard]] constexpr MacAddress multicast_mac(Ipv4Address group) {
  return {{0x01, 0x00, 0x5E, static_cast<std::uint8_t>(group.octet(1) & 0x7FU), group.octet(2), group.octet(3)}};
}

}  // namespace rackcast::net
