// Which datagrams may be answered at all. Pure.
#pragma once

#include "core/packet_io.h"

namespace rackcast::engine::tftpd {

// RFC 1123 section 4.2.3.3 and every reuseport member: a request sent to a group reaches each lane and each server.
[[nodiscard]] inline bool sent_to_a_group(const ReceivedDatagram& datagram) {
  const net::IpAddress& to = datagram.destination;
  if (to.is_multicast()) return true;
  // A directed broadcast shows as a destination that is not the address we would answer from.
  return to.is_v4() && !to.is_any() && to != datagram.local.address;
}

[[nodiscard]] inline bool answerable(const net::Endpoint& peer) {
  if (peer.port.value() == 0 || peer.address.is_any() || peer.address.is_multicast()) return false;
  return !(peer.address.is_v4() && peer.address.v4().is_broadcast());
}

}  // namespace rackcast::engine::tftpd
