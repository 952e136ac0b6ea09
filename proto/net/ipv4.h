// IPv4 packets (RFC 791, checks of RFC 1122 section 3.2.1). No reassembly: a fragment is told by is_fragment(), and no
// PXE client sends any. Views borrow from the parsed bytes. Total, no allocation, any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "proto/bytes/writer.h"
#include "proto/net/address.h"
#include "proto/net/reject.h"

namespace rackcast::net {

inline constexpr std::size_t kIpv4HeaderBytesMin = 20;  // what we send: no options
inline constexpr std::size_t kIpv4PacketBytesMax = 65'535;
inline constexpr std::uint8_t kIpv4TtlDefault = 64;

// Open: any other protocol is handed over as it is.
enum class IpProtocol : std::uint8_t { kIcmp = 1, kIgmp = 2, kTcp = 6, kUdp = 17 };

struct Ipv4Header {
  std::uint8_t tos = 0;
  std::uint16_t id = 0;  // may stay 0 with dont_fragment (RFC 6864 section 4.1)
  bool dont_fragment = false;
  bool more_fragments = false;
  std::uint16_t fragment_offset = 0;  // units of 8 bytes, 13 bits
  std::uint8_t ttl = kIpv4TtlDefault;
  IpProtocol protocol = IpProtocol::kUdp;
  Ipv4Address source;
  Ipv4Address destination;

  [[nodiscard]] constexpr bool is_fragment() const { return more_fragments || fragment_offset != 0; }
  friend constexpr bool operator==(const Ipv4Header&, const Ipv4Header&) = default;
};

struct Ipv4Packet {
  Ipv4Header header;
  bool source_routed = false;          // a loose or strict source route option is present: drop it
  std::span<const std::byte> options;  // raw, 0..40 bytes
  std::span<const std::byte> payload;  // cut to the total length: Ethernet padding is gone
};

// Verifies version, lengths and header checksum.
[[nodiscard]] FrameParsed<Ipv4Packet> parse_ipv4(std::span<const std::byte> packet);

// A header without options for a payload that follows. Fails the writer where it does not fit, or the packet would
// exceed kIpv4PacketBytesMax, or the offset 13 bits.
void encode_ipv4_header(bytes::Writer& out, const Ipv4Header& header, std::size_t payload_bytes);

}  // namespace rackcast::net
