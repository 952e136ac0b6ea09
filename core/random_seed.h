// A secret seed from the system's randomness, for hash tables that strangers fill. Set-up code only; engines get theirs
// as an argument, so that a simulation can replay.
#pragma once

#include <cstdint>
#include <random>

namespace rackcast {

[[nodiscard]] inline std::uint64_t random_seed() {
  std::random_device device;
  return (std::uint64_t{device()} << 32U) | device();
}

}  // namespace rackcast
