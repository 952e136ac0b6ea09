#include "proto/net/udp.h"

#include "proto/bytes/cursor.h"
#include "proto/net/checksum.h"

namespace rackcast::net {
namespace {

std::size_t size_of(PayloadPieces payload) {
  std::size_t size = 0;
  for (const auto piece : payload) size += piece.size();
  return size;
}

InternetChecksum pseudo_header(Ipv4Address source, Ipv4Address destination, std::size_t udp_bytes) {
  InternetChecksum checksum;
  checksum.add_address(source);
  checksum.add_address(destination);
  checksum.add_be16(static_cast<std::uint16_t>(IpProtocol::kUdp));
  checksum.add_be16(static_cast<std::uint16_t>(udp_bytes));
  return checksum;
}

}  // namespace

FrameParsed<UdpDatagram> parse_udp(const Ipv4Packet& packet, UdpChecksumCheck check) {
  if (packet.header.is_fragment()) return tl::make_unexpected(FrameReject::kIpv4Fragment);
  if (packet.header.protocol != IpProtocol::kUdp) return tl::make_unexpected(FrameReject::kNotUdp);
  bytes::Cursor in(packet.payload);
  UdpDatagram parsed;
  parsed.header.source = UdpPort(in.be16());
  parsed.header.destination = UdpPort(in.be16());
  const std::size_t size = in.be16();
  const std::uint16_t carried = in.be16();
  if (!in.ok()) return tl::make_unexpected(FrameReject::kUdpTooShort);
  if (size < kUdpHeaderBytes || size > packet.payload.size()) return tl::make_unexpected(FrameReject::kUdpLength);
  if (carried != 0 && check == UdpChecksumCheck::kVerified) {
    InternetChecksum checksum = pseudo_header(packet.header.source, packet.header.destination, size);
    checksum.add(packet.payload.first(size));
    if (checksum.value() != 0) return tl::make_unexpected(FrameReject::kUdpChecksum);
  }
  parsed.payload = in.bytes(size - kUdpHeaderBytes);
  return parsed;
}

std::uint16_t udp_checksum(Ipv4Address source, Ipv4Address destination, const UdpHeader& header,
                           PayloadPieces payload) {
  const std::size_t size = kUdpHeaderBytes + size_of(payload);
  InternetChecksum checksum = pseudo_header(source, destination, size);
  checksum.add_be16(header.source.value());
  checksum.add_be16(header.destination.value());
  checksum.add_be16(static_cast<std::uint16_t>(size));
  for (const auto piece : payload) checksum.add(piece);
  const std::uint16_t value = checksum.value();
  return value == 0 ? 0xFFFF : value;
}

void encode_udp_header(bytes::Writer& out, Ipv4Address source, Ipv4Address destination, const UdpHeader& header,
                       PayloadPieces payload) {
  const std::size_t payload_bytes = size_of(payload);
  if (payload_bytes > kUdpPayloadBytesMax) {
    out.fail();
    return;
  }
  out.be16(header.source.value());
  out.be16(header.destination.value());
  out.be16(static_cast<std::uint16_t>(kUdpHeaderBytes + payload_bytes));
  out.be16(udp_checksum(source, destination, header, payload));
}

}  // namespace rackcast::net
