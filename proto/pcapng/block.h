// The values of the pcapng blocks we read and write (draft-ietf-opsawg-pcapng, sections 4.1 to 4.3). Value types; views
// borrow from the file's bytes or from the caller. Any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "proto/net/address.h"

namespace rackcast::pcapng {

inline constexpr std::uint16_t kLinkTypeEthernet = 1;
// What our own time stamps count in: 10^-9 s (if_tsresol).
inline constexpr std::uint8_t kNanoseconds = 9;

struct Ipv4Network {
  net::Ipv4Address address;
  net::Ipv4Address mask;
  friend constexpr bool operator==(const Ipv4Network&, const Ipv4Network&) = default;
};

// Direction of a packet as its interface saw it (epb_flags, bits 0 and 1).
enum class Direction : std::uint8_t { kUnknown = 0, kInbound = 1, kOutbound = 2 };

struct Packet {
  std::uint32_t interface = 0;  // number within the section
  std::uint64_t time_ns = 0;    // since 1970-01-01T00:00:00Z
  Direction direction = Direction::kUnknown;
  std::optional<std::uint32_t> queue;  // epb_queue: of the interface; here, the lane
  std::uint32_t original_bytes = 0;    // of the packet on the wire; more than data.size() where it was cut
  std::span<const std::byte> data;
};

}  // namespace rackcast::pcapng
