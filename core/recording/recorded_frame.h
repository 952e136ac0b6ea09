// A recorded datagram as an Ethernet frame. UDP sockets do not tell MACs, so they are made up where nobody knows them:
// the interface's own for us, 02:00 and the address's last four octets for a peer, the group's or the broadcast MAC
// where they follow from the address. Pure, no allocation, any thread.
#pragma once

#include <span>

#include "core/recording/record_ring.h"
#include "proto/net/udp6_frame.h"
#include "proto/net/udp_frame.h"

namespace rackcast {

// Room that suffices for a frame around `payload_bytes`.
[[nodiscard]] constexpr std::size_t recorded_frame_bytes_max(std::size_t payload_bytes) {
  return net::kUdp6FrameHeaderBytes + net::kEthernetFrameBytesMin + payload_bytes;
}

// The used prefix of `out`; empty when the datagram cannot be a frame: too long for IP, or its two addresses are not of
// one family. `own`: the MAC of our interface.
[[nodiscard]] std::span<std::byte> encode_recorded_frame(std::span<std::byte> out, const RecordEntry& entry,
                                                         std::span<const std::byte> payload,
                                                         const net::MacAddress& own);

// The made-up MAC of a peer.
[[nodiscard]] net::MacAddress made_up_mac(const net::IpAddress& address);

}  // namespace rackcast
