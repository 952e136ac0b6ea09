// The seam to the deterministic engine: the same plan, machines and recorder, another world.
#pragma once

#include <string>

#include "core/result.h"
#include "tools/sim/live/live_run.h"

namespace rackcast::sim {

// A run in virtual time: our own server, its tree and the machines in this process. `tree` may be empty: an invented
// one.
[[nodiscard]] Result<LiveOutcome> run_virtual(const RunPlan& plan, const RunFacts& facts, const std::string& tree,
                                              Observer& observer, const RunTick& tick, const std::atomic<bool>& stop);

}  // namespace rackcast::sim
