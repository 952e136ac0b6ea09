// A lab's boot and install tree, made up: what every profile asks for is there, of sizes as told, and all of it random
// but for the configurations. For runs that name no tree, for tests and the sweep.
#pragma once

#include <cstdint>

#include "proto/net/address.h"
#include "tools/sim/deterministic/virtual_tree.h"

namespace rackcast::sim {

enum class InstallBy : std::uint8_t { kHttp, kFtp };

struct LabTreeSizes {
  std::size_t nbp = 40'000;
  std::size_t kernel = 400'000;
  std::size_t initrd = 700'000;
  std::size_t package = 250'000;
  std::uint32_t packages = 4;
};

// `server`: who the configurations point to. The same seed, the same bytes.
[[nodiscard]] TreeContent lab_tree(const LabTreeSizes& sizes, net::Ipv4Address server, InstallBy install,
                                   std::uint64_t seed);

}  // namespace rackcast::sim
