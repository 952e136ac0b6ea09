// One UDP datagram as a whole Ethernet frame: how a machine that has no address yet is answered (a frame to its MAC),
// and how such traffic is read where frames arrive raw. Views borrow from the parsed frame. Total, no allocation, any
// thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "proto/net/ethernet.h"
#include "proto/net/ipv4.h"
#include "proto/net/udp.h"

namespace rackcast::net {

inline constexpr std::size_t kUdpFrameHeaderBytes = kEthernetHeaderBytes + kIpv4HeaderBytesMin + kUdpHeaderBytes;

struct UdpFrame {
  MacAddress destination_mac;
  MacAddress source_mac;
  std::optional<VlanTag> vlan;
  Ipv4Address source;
  Ipv4Address destination;
  UdpPort source_port;
  UdpPort destination_port;
  std::uint8_t ttl = kIpv4TtlDefault;
  std::uint16_t ip_id = 0;
  bool dont_fragment = false;
  std::span<const std::byte> payload;
};

// The used prefix of `out`, padded to kEthernetFrameBytesMin; empty when it does not fit or a field cannot be carried.
// The MTU is the caller's to keep.
[[nodiscard]] std::span<std::byte> encode_udp_frame(std::span<std::byte> out, const UdpFrame& frame);

// Refuses fragments and source-routed packets besides everything that is not UDP.
[[nodiscard]] FrameParsed<UdpFrame> parse_udp_frame(std::span<const std::byte> frame, UdpChecksumCheck check);

}  // namespace rackcast::net
