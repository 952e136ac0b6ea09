// Where a reply goes (RFC 2131 §4.1; protocols reference §1.2), as one pure function.
//
//   relayed                       giaddr:67, or the port the relay sent from where it may say so (RFC 8357)
//   to a boot server (port 4011)  the address and port it came from
//   NAK                           255.255.255.255:68
//   renewing, rebinding, INFORM   the client's address:68, by ordinary routing
//   broadcast flag, or no frames  255.255.255.255:68
//   otherwise                     yiaddr:68 as a frame to chaddr: the machine has no address to answer ARP with yet
//
// ciaddr counts only in the states that may set it: otherwise a forged DISCOVER could aim our answer at anyone. For the
// same reason sub-option 82.19 counts only where the datagram came from giaddr itself: a forged giaddr must not name
// any service of any host. A relay may well send from another of its addresses; it is answered on port 67.
#pragma once

#include "core/engine/dhcp/network.h"
#include "core/engine/dhcp/reply_builder.h"

namespace rackcast::engine {

// The request is relayed, asks for its answer on the port it came from, and may: it came from giaddr, not from port 0.
[[nodiscard]] bool may_choose_port(const Request& request);

// `frame_to_mac`: the backend can send to a MAC (IoCapabilities); without it such replies are broadcast.
[[nodiscard]] Destination reply_destination(const Request& request, const Reply& reply, const DhcpInterface& interface,
                                            bool frame_to_mac);

}  // namespace rackcast::engine
