#include "proto/net/udp_frame.h"

#include <array>

namespace rackcast::net {

std::span<std::byte> encode_udp_frame(std::span<std::byte> out, const UdpFrame& frame) {
  bytes::Writer writer(out);
  encode_ethernet(
      writer,
      {.destination = frame.destination_mac, .source = frame.source_mac, .vlan = frame.vlan, .type = EtherType::kIpv4});
  encode_ipv4_header(writer,
                     {.id = frame.ip_id,
                      .dont_fragment = frame.dont_fragment,
                      .ttl = frame.ttl,
                      .protocol = IpProtocol::kUdp,
                      .source = frame.source,
                      .destination = frame.destination},
                     kUdpHeaderBytes + frame.payload.size());
  const std::array pieces{frame.payload};
  encode_udp_header(writer, frame.source, frame.destination,
                    {.source = frame.source_port, .destination = frame.destination_port}, pieces);
  writer.bytes(frame.payload);
  pad_ethernet(writer);
  return writer.ok() ? writer.written() : std::span<std::byte>{};
}

FrameParsed<UdpFrame> parse_udp_frame(std::span<const std::byte> frame, UdpChecksumCheck check) {
  const auto ethernet = parse_ethernet(frame);
  if (!ethernet) return tl::make_unexpected(ethernet.error());
  if (ethernet->header.type != EtherType::kIpv4) return tl::make_unexpected(FrameReject::kNotIpv4);
  const auto packet = parse_ipv4(ethernet->payload);
  if (!packet) return tl::make_unexpected(packet.error());
  if (packet->source_routed) return tl::make_unexpected(FrameReject::kIpv4SourceRouted);
  const auto datagram = parse_udp(*packet, check);
  if (!datagram) return tl::make_unexpected(datagram.error());
  return UdpFrame{.destination_mac = ethernet->header.destination,
                  .source_mac = ethernet->header.source,
                  .vlan = ethernet->header.vlan,
                  .source = packet->header.source,
                  .destination = packet->header.destination,
                  .source_port = datagram->header.source,
                  .destination_port = datagram->header.destination,
                  .ttl = packet->header.ttl,
                  .ip_id = packet->header.id,
                  .dont_fragment = packet->header.dont_fragment,
                  .payload = datagram->payload};
}

}  // namespace rackcast::net
