// The machines of a plan, as a rack takes them: identity, profile, pace and a seed each. Addresses are the DHCP
// server's to give; who runs without one fills them in. Pure: the same plan, the same machines, whichever engine runs
// them.
#pragma once

#include <vector>

#include "tools/sim/machines/rack.h"
#include "tools/sim/scenario/scenario.h"

namespace rackcast::sim {

[[nodiscard]] std::vector<RackMachine> rack_machines(const RunPlan& plan);

}  // namespace rackcast::sim
