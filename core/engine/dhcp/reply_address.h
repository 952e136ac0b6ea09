// Where a reply goes (RFC 2131 §4.1; protocols reference §1.2), as one pure function.
//
//   relayed                       giaddr:67 (or the relay's own port, RFC 8357)
//   NAK                           255.255.255.255:68
//   renewing, rebinding, INFORM   the client's address:68, by ordinary routing
//   broadcast flag, or no frames  255.255.255.255:68
//   otherwise                     yiaddr:68 as a frame to chaddr: the machine has no address to answer ARP with yet
//
// ciaddr counts only in the states that may set it: otherwise a forged DISCOVER could aim our answer at anyone.
#pragma once

#include "core/engine/dhcp/network.h"
#include "core/engine/dhcp/reply_builder.h"

namespace rackcast::engine {

// `frame_to_mac`: the backend can send to a MAC (IoCapabilities); without it such replies are broadcast.
[[nodiscard]] Destination reply_destination(const Request& request, const Reply& reply, const InterfaceFacts& interface,
                                            bool frame_to_mac);

}  // namespace rackcast::engine
