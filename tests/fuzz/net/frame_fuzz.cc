// Any frame: every layer's parser answers; a UDP frame that was accepted is encoded and must read back the same, with a
// right checksum this time.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <vector>

#include "proto/net/arp.h"
#include "proto/net/udp6_frame.h"
#include "proto/net/udp_frame.h"

namespace {

using namespace rackcast::net;

void require(bool holds) {
  if (!holds) std::abort();
}

void check_arp(std::span<const std::byte> payload) {
  const auto packet = parse_arp(payload);
  if (!packet) return;
  std::vector<std::byte> room(kArpBytes);
  rackcast::bytes::Writer out(room);
  encode_arp(out, *packet);
  require(out.ok() && parse_arp(room) == *packet);
  require(std::equal(room.begin(), room.end(), payload.begin()));
}

void check_ipv4(std::span<const std::byte> payload) {
  const auto packet = parse_ipv4(payload);
  if (!packet) return;
  require(packet->options.size() <= 40 && packet->payload.size() <= payload.size() - kIpv4HeaderBytesMin);
  std::vector<std::byte> room(kIpv4HeaderBytesMin + packet->payload.size());
  rackcast::bytes::Writer out(room);
  encode_ipv4_header(out, packet->header, packet->payload.size());
  require(out.ok());
  const auto again = parse_ipv4(room);
  require(again && again->header == packet->header && again->payload.size() == packet->payload.size());
}

void check_udp_frame(std::span<const std::byte> wire) {
  const auto trusted = parse_udp_frame(wire, UdpChecksumCheck::kTrusted);
  const auto verified = parse_udp_frame(wire, UdpChecksumCheck::kVerified);
  require(!verified || trusted);  // verification only takes away
  if (!trusted) {
    require(trusted.error() < FrameReject::kCount_);
    return;
  }
  std::vector<std::byte> room(kUdpFrameHeaderBytes + kVlanTagBytes + trusted->payload.size() + kEthernetFrameBytesMin);
  const auto again = parse_udp_frame(encode_udp_frame(room, *trusted), UdpChecksumCheck::kVerified);
  require(again && again->vlan == trusted->vlan && again->source == trusted->source);
  require(again->destination_mac == trusted->destination_mac && again->destination_port == trusted->destination_port);
  require(std::equal(again->payload.begin(), again->payload.end(), trusted->payload.begin(), trusted->payload.end()));
}

void check_udp6_frame(std::span<const std::byte> wire) {
  const auto frame = parse_udp6_frame(wire, UdpChecksumCheck::kTrusted);
  if (!frame) return;
  std::vector<std::byte> room(kUdp6FrameHeaderBytes + frame->payload.size());
  const auto again = parse_udp6_frame(encode_udp6_frame(room, *frame), UdpChecksumCheck::kVerified);
  require(again && again->source == frame->source && again->destination_port == frame->destination_port);
  require(std::equal(again->payload.begin(), again->payload.end(), frame->payload.begin(), frame->payload.end()));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto wire = std::as_bytes(std::span(data, size));
  check_udp_frame(wire);
  check_udp6_frame(wire);
  const auto frame = parse_ethernet(wire);
  if (!frame) return 0;
  check_arp(frame->payload);
  check_ipv4(frame->payload);
  return 0;
}
