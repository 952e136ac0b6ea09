// What about this host will hurt later although nothing fails now: one sentence each, said at start and after a reload.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/config/config.h"
#include "io_backends/socket/interfaces.h"

namespace rackcast {

// `neighbours_max`: net.ipv4.neigh.default.gc_thresh3; 0 = not known. Pure.
//   - an interface of [server].interfaces that has no IPv4 address: nobody is answered there
//   - an address that somebody has already inside a range: it is never leased
//   - more addresses to lease than the kernel's neighbour table holds: it caps a flat network
[[nodiscard]] std::vector<std::string> host_notices(const Config& config,
                                                    std::span<const io::InterfaceFacts> interfaces,
                                                    std::uint64_t neighbours_max);

// 0 where /proc does not say.
[[nodiscard]] std::uint64_t neighbours_max_of_this_host();

}  // namespace rackcast
