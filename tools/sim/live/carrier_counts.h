// What happened to the datagrams of a run on this side of the wire.
#pragma once

#include <cstdint>

namespace rackcast::sim {

struct CarrierCounts {
  std::uint64_t lost = 0;  // by the scenario's weather
  std::uint64_t duplicated = 0;
  std::uint64_t late = 0;
  std::uint64_t cut = 0;         // the machine's port did not forward yet
  std::uint64_t for_nobody = 0;  // came in for no machine of this run
};

}  // namespace rackcast::sim
