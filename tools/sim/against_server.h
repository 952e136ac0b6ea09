// The operator's plan against a real server: the live engine, from options to record.
#pragma once

#include <atomic>

#include "core/result.h"
#include "tools/sim/machines/machine_facts.h"
#include "tools/sim/options.h"
#include "tools/sim/verdict/progress.h"
#include "tools/sim/verdict/record.h"

namespace rackcast::sim {

// Error: it could not begin (refused by the guard, no interface, no addresses, no sockets).
[[nodiscard]] Result<RunRecord> run_against_server(const SimOptions& options, const RunPlan& plan,
                                                   const RunFacts& facts, ProgressMeter& meter,
                                                   const std::atomic<bool>& stop);

}  // namespace rackcast::sim
