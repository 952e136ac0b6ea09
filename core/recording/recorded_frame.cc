#include "core/recording/recorded_frame.h"

namespace rackcast {

namespace {

net::MacAddress mac_to(const net::IpAddress& address) {
  if (address.is_v4() && address.v4().is_broadcast()) return net::MacAddress::broadcast();
  if (address.is_multicast()) {
    if (address.is_v4()) return net::multicast_mac(address.v4());
    const auto octets = address.octets();
    return {{0x33, 0x33, octets[12], octets[13], octets[14], octets[15]}};  // RFC 2464 section 7
  }
  return made_up_mac(address);
}

}  // namespace

net::MacAddress made_up_mac(const net::IpAddress& address) {
  const auto last = address.octets().last(4);
  return {{0x02, 0x00, last[0], last[1], last[2], last[3]}};
}

std::span<std::byte> encode_recorded_frame(std::span<std::byte> out, const RecordEntry& entry,
                                           std::span<const std::byte> payload, const net::MacAddress& own) {
  const net::IpAddress& source = entry.source.address;
  const net::IpAddress& destination = entry.destination.address;
  if (source.is_v4() != destination.is_v4()) return {};
  net::MacAddress to = own;
  if (!entry.hardware.is_zero()) {
    to = entry.hardware;
  } else if (entry.outbound || destination.is_multicast() || (destination.is_v4() && destination.v4().is_broadcast())) {
    to = mac_to(destination);
  }
  const net::MacAddress from = entry.outbound ? own : made_up_mac(source);
  const std::uint8_t ttl = entry.ttl != 0 ? entry.ttl : net::kIpv4TtlDefault;
  if (source.is_v6()) {
    return net::encode_udp6_frame(out, {.destination_mac = to,
                                        .source_mac = from,
                                        .source = source.v6(),
                                        .destination = destination.v6(),
                                        .source_port = entry.source.port,
                                        .destination_port = entry.destination.port,
                                        .hop_limit = ttl,
                                        .payload = payload});
  }
  return net::encode_udp_frame(out, {.destination_mac = to,
                                     .source_mac = from,
                                     .vlan = {},
                                     .source = source.v4(),
                                     .destination = destination.v4(),
                                     .source_port = entry.source.port,
                                     .destination_port = entry.destination.port,
                                     .ttl = ttl,
                                     .payload = payload});
}

}  // namespace rackcast
