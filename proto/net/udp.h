// UDP over IPv4 (RFC 768, RFC 1122 section 4.1.3.4). Views borrow from the parsed bytes. Total, no allocation, any
// thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "proto/bytes/writer.h"
#include "proto/net/address.h"
#include "proto/net/ipv4.h"
#include "proto/net/reject.h"

namespace rackcast::net {

inline constexpr std::size_t kUdpHeaderBytes = 8;
inline constexpr std::size_t kUdpPayloadBytesMax = kIpv4PacketBytesMax - kIpv4HeaderBytesMin - kUdpHeaderBytes;

// kTrusted: what a local veth or tap peer sent may carry an unfinished ("partial") checksum, and a NIC may have
// verified.
enum class UdpChecksumCheck : std::uint8_t { kVerified, kTrusted };

struct UdpHeader {
  UdpPort source;
  UdpPort destination;
  friend constexpr bool operator==(const UdpHeader&, const UdpHeader&) = default;
};

struct UdpDatagram {
  UdpHeader header;
  std::span<const std::byte> payload;  // cut to the UDP length
};

// A payload in pieces, in order, none of them owned: a protocol header and a slice of an image.
using PayloadPieces = std::span<const std::span<const std::byte>>;

// `packet` must not be a fragment: one is kIpv4Fragment. A checksum of 0 means that the sender did not make one.
[[nodiscard]] FrameParsed<UdpDatagram> parse_udp(const Ipv4Packet& packet, UdpChecksumCheck check);

// The checksum field for these pieces under the pseudo header: never 0 (a computed 0 is sent as 0xFFFF).
[[nodiscard]] std::uint16_t udp_checksum(Ipv4Address source, Ipv4Address destination, const UdpHeader& header,
                                         PayloadPieces payload);

// The 8 bytes before a payload that follows, checksum included; the payload itself is not written. Fails the writer
// where it does not fit or the payload is larger than kUdpPayloadBytesMax.
void encode_udp_header(bytes::Writer& out, Ipv4Address source, Ipv4Address destination, const UdpHeader& header,
                       PayloadPieces payload);

}  // namespace rackcast::net
