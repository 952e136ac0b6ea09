#include "proto/net/arp.h"

#include "proto/net/ethernet.h"
#include "proto/net/wire_address.h"

namespace rackcast::net {
namespace {

constexpr std::uint16_t kHardwareEthernet = 1;
constexpr auto kProtocolIpv4 = static_cast<std::uint16_t>(EtherType::kIpv4);
constexpr std::uint8_t kMacBytes = 6;
constexpr std::uint8_t kIpv4AddressBytes = 4;

}  // namespace

FrameParsed<ArpPacket> parse_arp(std::span<const std::byte> payload) {
  bytes::Cursor in(payload);
  const bool ours = in.be16() == kHardwareEthernet && in.be16() == kProtocolIpv4 && in.u8() == kMacBytes &&
                    in.u8() == kIpv4AddressBytes;
  if (!in.ok()) return tl::make_unexpected(FrameReject::kArpTooShort);
  if (!ours) return tl::make_unexpected(FrameReject::kArpNotIpv4OverEthernet);
  ArpPacket packet;
  packet.operation = ArpOperation{in.be16()};
  packet.sender_mac = read_mac(in);
  packet.sender_address = read_ipv4_address(in);
  packet.target_mac = read_mac(in);
  packet.target_address = read_ipv4_address(in);
  if (!in.ok()) return tl::make_unexpected(FrameReject::kArpTooShort);
  return packet;
}

void encode_arp(bytes::Writer& out, const ArpPacket& packet) {
  out.be16(kHardwareEthernet);
  out.be16(kProtocolIpv4);
  out.u8(kMacBytes);
  out.u8(kIpv4AddressBytes);
  out.be16(static_cast<std::uint16_t>(packet.operation));
  put_mac(out, packet.sender_mac);
  put_ipv4_address(out, packet.sender_address);
  put_mac(out, packet.target_mac);
  put_ipv4_address(out, packet.target_address);
}

}  // namespace rackcast::net
