// The world of the sim backend: the same link and addresses as the kernel's, in memory and virtual time.
#pragma once

#include <memory>

#include "tests/conformance/world.h"

namespace rackcast::testing {

[[nodiscard]] Result<std::unique_ptr<World>> make_sim_world(const BackendKind& kind);

}  // namespace rackcast::testing
