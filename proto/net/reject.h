// Why a frame is not what a parser of this folder wants: one closed list for all layers, so that a receiver keeps one
// array of counters. The first reason met, from the outside in.
#pragma once

#include <cstdint>
#include <string_view>
#include <tl/expected.hpp>

namespace rackcast::net {

enum class FrameReject : std::uint8_t {
  kEthernetTooShort,     // ends inside the addresses, type or tag
  kEthernetLengthField,  // IEEE 802.3 with a length where the type belongs (spanning tree, LLC)
  kArpTooShort,
  kArpNotIpv4OverEthernet,
  kNotIpv4,  // another EtherType
  kIpv4TooShort,
  kIpv4Version,
  kIpv4HeaderLength,  // below 20, or more than there is
  kIpv4HeaderChecksum,
  kIpv4TotalLength,  // below the header's, or more than the frame has
  kIpv4Options,      // an option that overruns the header
  kIpv4SourceRouted,
  kIpv4Fragment,
  kNotIpv6,  // another EtherType
  kIpv6TooShort,
  kIpv6Version,
  kIpv6PayloadLength,  // more than the frame has
  kNotUdp,             // another protocol
  kUdpTooShort,
  kUdpLength,  // below 8, or more than the packet has
  kUdpChecksum,
  kCount_,
};
[[nodiscard]] std::string_view text(FrameReject reason);  // static

template <typename T>
using FrameParsed = tl::expected<T, FrameReject>;

}  // namespace rackcast::net
