// What the live engine counted, as the verdict's notes: a line where there is something to say, none where not.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tools/sim/live/carrier_counts.h"

namespace rackcast::sim {

void add_notes(const CarrierCounts& counts, std::vector<std::string>& notes);
void add_hostile_notes(std::uint64_t sent, std::uint64_t unsent, std::vector<std::string>& notes);

}  // namespace rackcast::sim
