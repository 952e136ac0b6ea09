// How often this thread called operator new so far (the test executable replaces it).
#pragma once

#include <cstdint>

namespace rackcast::testing {

[[nodiscard]] std::uint64_t allocation_count();

}  // namespace rackcast::testing
