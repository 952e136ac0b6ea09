// The world of the socket and io_uring backends: two network namespaces and plain BSD sockets as clients.
#pragma once

#include <memory>

#include "tests/conformance/world.h"

namespace rackcast::testing {

[[nodiscard]] Result<std::unique_ptr<World>> make_kernel_world(const BackendKind& kind);

}  // namespace rackcast::testing
