#include "proto/net/reject.h"

namespace rackcast::net {

std::string_view text(FrameReject reason) {
  switch (reason) {
    case FrameReject::kEthernetTooShort:
      return "Ethernet header too short";
    case FrameReject::kEthernetLengthField:
      return "802.3 length instead of a type";
    case FrameReject::kArpTooShort:
      return "ARP too short";
    case FrameReject::kArpNotIpv4OverEthernet:
      return "ARP not of IPv4 over Ethernet";
    case FrameReject::kNotIpv4:
      return "not IPv4";
    case FrameReject::kIpv4TooShort:
      return "IPv4 header too short";
    case FrameReject::kIpv4Version:
      return "IP version not 4";
    case FrameReject::kIpv4HeaderLength:
      return "IPv4 header length";
    case FrameReject::kIpv4HeaderChecksum:
      return "IPv4 header checksum";
    case FrameReject::kIpv4TotalLength:
      return "IPv4 total length";
    case FrameReject::kIpv4Options:
      return "IPv4 options malformed";
    case FrameReject::kIpv4SourceRouted:
      return "IPv4 source routed";
    case FrameReject::kIpv4Fragment:
      return "IPv4 fragment";
    case FrameReject::kNotIpv6:
      return "not IPv6";
    case FrameReject::kIpv6TooShort:
      return "IPv6 header too short";
    case FrameReject::kIpv6Version:
      return "IP version not 6";
    case FrameReject::kIpv6PayloadLength:
      return "IPv6 payload length";
    case FrameReject::kNotUdp:
      return "not UDP";
    case FrameReject::kUdpTooShort:
      return "UDP header too short";
    case FrameReject::kUdpLength:
      return "UDP length";
    case FrameReject::kUdpChecksum:
      return "UDP checksum";
    case FrameReject::kCount_:
      break;
  }
  return "no such reason";
}

}  // namespace rackcast::net
