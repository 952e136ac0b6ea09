// One UDP datagram over IPv6 (RFC 8200, RFC 768) as a whole Ethernet frame: how recordings show TFTP over IPv6. No
// extension headers: a packet with one is kNotUdp, also where UDP follows. Views borrow from the parsed frame. Total,
// no allocation, any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "proto/net/ethernet.h"
#include "proto/net/udp.h"

namespace rackcast::net {

inline constexpr std::size_t kIpv6HeaderBytes = 40;
inline constexpr std::size_t kUdp6FrameHeaderBytes = kEthernetHeaderBytes + kIpv6HeaderBytes + kUdpHeaderBytes;
inline constexpr std::size_t kUdp6PayloadBytesMax = 65'535 - kUdpHeaderBytes;

struct Udp6Frame {
  MacAddress destination_mac;
  MacAddress source_mac;
  Ipv6Address source;
  Ipv6Address destination;
  UdpPort source_port;
  UdpPort destination_port;
  std::uint8_t hop_limit = 64;
  std::span<const std::byte> payload;
};

// The used prefix of `out`; empty when it does not fit.
[[nodiscard]] std::span<std::byte> encode_udp6_frame(std::span<std::byte> out, const Udp6Frame& frame);

// A checksum of 0, which IPv4 allows, is refused when it is to be verified (RFC 8200 section 8.1).
[[nodiscard]] FrameParsed<Udp6Frame> parse_udp6_frame(std::span<const std::byte> frame, UdpChecksumCheck check);

}  // namespace rackcast::net
