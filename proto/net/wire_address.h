// Addresses through the cursor and writer. Private to proto/net.
#pragma once

#include <algorithm>
#include <span>

#include "proto/bytes/cursor.h"
#include "proto/bytes/writer.h"
#include "proto/net/address.h"

namespace rackcast::net {

inline MacAddress read_mac(bytes::Cursor& in) {
  MacAddress mac;
  const auto data = in.bytes(mac.octets.size());  // empty when there are too few
  std::transform(data.begin(), data.end(), mac.octets.begin(),
                 [](std::byte b) { return std::to_integer<std::uint8_t>(b); });
  return mac;
}

inline Ipv4Address read_ipv4_address(bytes::Cursor& in) {
  return Ipv4Address(in.be32());
}

inline void put_mac(bytes::Writer& out, const MacAddress& mac) {
  out.bytes(std::as_bytes(std::span(mac.octets)));
}

inline void put_ipv4_address(bytes::Writer& out, Ipv4Address address) {
  out.be32(address.value());
}

}  // namespace rackcast::net
