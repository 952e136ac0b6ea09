// Group membership of one socket. Lane thread or set-up.
#pragma once

#include "core/packet_io.h"

namespace rackcast::io {

// False: not a group, wrong family for the socket, or refused by the kernel (20 memberships per socket by default).
[[nodiscard]] bool join_multicast_group(int socket, const net::IpAddress& group, InterfaceIndex interface);

}  // namespace rackcast::io
