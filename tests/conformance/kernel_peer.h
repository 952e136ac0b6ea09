// Clients on the far side of the link as plain kernel sockets. Construct inside the clients' namespace.
#pragma once

#include <memory>

#include "tests/conformance/world.h"

namespace rackcast::testing {

[[nodiscard]] std::unique_ptr<Peer> make_kernel_peer(const net::IpAddress& address, net::UdpPort port);
[[nodiscard]] std::unique_ptr<FrameListener> make_kernel_frame_listener(net::UdpPort port);

// Prints errno and aborts: the test's own surroundings are broken.
void require(bool ok, const char* what);

}  // namespace rackcast::testing
