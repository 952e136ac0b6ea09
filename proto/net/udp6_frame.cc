#include "proto/net/udp6_frame.h"

#include "proto/bytes/cursor.h"
#include "proto/net/checksum.h"

namespace rackcast::net {
namespace {

constexpr std::uint32_t kVersionBits = 6U << 28U;

// RFC 8200 section 8.1.
InternetChecksum pseudo_header(const Ipv6Address& source, const Ipv6Address& destination, std::size_t udp_bytes) {
  InternetChecksum checksum;
  checksum.add(std::as_bytes(std::span(source.octets)));
  checksum.add(std::as_bytes(std::span(destination.octets)));
  checksum.add_be32(static_cast<std::uint32_t>(udp_bytes));
  checksum.add_be32(static_cast<std::uint32_t>(IpProtocol::kUdp));
  return checksum;
}

Ipv6Address read_ipv6_address(bytes::Cursor& in) {
  Ipv6Address address;
  for (std::uint8_t& octet : address.octets) octet = in.u8();
  return address;
}

}  // namespace

std::span<std::byte> encode_udp6_frame(std::span<std::byte> out, const Udp6Frame& frame) {
  if (frame.payload.size() > kUdp6PayloadBytesMax) return {};
  const auto udp_bytes = static_cast<std::uint16_t>(kUdpHeaderBytes + frame.payload.size());
  InternetChecksum checksum = pseudo_header(frame.source, frame.destination, udp_bytes);
  checksum.add_be16(frame.source_port.value());
  checksum.add_be16(frame.destination_port.value());
  checksum.add_be16(udp_bytes);
  checksum.add(frame.payload);

  bytes::Writer writer(out);
  encode_ethernet(
      writer, {.destination = frame.destination_mac, .source = frame.source_mac, .vlan = {}, .type = EtherType::kIpv6});
  writer.be32(kVersionBits);
  writer.be16(udp_bytes);
  writer.u8(static_cast<std::uint8_t>(IpProtocol::kUdp));
  writer.u8(frame.hop_limit);
  writer.bytes(std::as_bytes(std::span(frame.source.octets)));
  writer.bytes(std::as_bytes(std::span(frame.destination.octets)));
  writer.be16(frame.source_port.value());
  writer.be16(frame.destination_port.value());
  writer.be16(udp_bytes);
  writer.be16(checksum.value() == 0 ? std::uint16_t{0xFFFF} : checksum.value());
  writer.bytes(frame.payload);
  return writer.ok() ? writer.written() : std::span<std::byte>{};
}

FrameParsed<Udp6Frame> parse_udp6_frame(std::span<const std::byte> frame, UdpChecksumCheck check) {
  const auto ethernet = parse_ethernet(frame);
  if (!ethernet) return tl::make_unexpected(ethernet.error());
  if (ethernet->header.type != EtherType::kIpv6) return tl::make_unexpected(FrameReject::kNotIpv6);
  Udp6Frame parsed{.destination_mac = ethernet->header.destination, .source_mac = ethernet->header.source};
  bytes::Cursor in(ethernet->payload);
  const std::uint32_t version = in.be32() >> 28U;
  const std::size_t payload_bytes = in.be16();
  const std::uint8_t next_header = in.u8();
  parsed.hop_limit = in.u8();
  parsed.source = read_ipv6_address(in);
  parsed.destination = read_ipv6_address(in);
  if (!in.ok()) return tl::make_unexpected(FrameReject::kIpv6TooShort);
  if (version != 6) return tl::make_unexpected(FrameReject::kIpv6Version);
  if (payload_bytes > in.remaining()) return tl::make_unexpected(FrameReject::kIpv6PayloadLength);
  if (next_header != static_cast<std::uint8_t>(IpProtocol::kUdp)) return tl::make_unexpected(FrameReject::kNotUdp);

  const auto packet = in.bytes(payload_bytes);
  bytes::Cursor udp(packet);
  parsed.source_port = UdpPort(udp.be16());
  parsed.destination_port = UdpPort(udp.be16());
  const std::size_t size = udp.be16();
  udp.skip(sizeof(std::uint16_t));  // the checksum, verified over the whole datagram
  if (!udp.ok()) return tl::make_unexpected(FrameReject::kUdpTooShort);
  if (size < kUdpHeaderBytes || size > packet.size()) return tl::make_unexpected(FrameReject::kUdpLength);
  if (check == UdpChecksumCheck::kVerified) {
    InternetChecksum checksum = pseudo_header(parsed.source, parsed.destination, size);
    checksum.add(packet.first(size));
    if (checksum.value() != 0) return tl::make_unexpected(FrameReject::kUdpChecksum);
  }
  parsed.payload = udp.bytes(size - kUdpHeaderBytes);
  return parsed;
}

}  // namespace rackcast::net
