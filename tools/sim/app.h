// rackcast-sim without its main(): a run from options to exit code, so that tests run the program itself.
#pragma once

#include <atomic>

#include "tools/sim/options.h"

namespace rackcast::sim {

// Progress and errors on standard error, the verdict on standard output. `stop` ends the run early, with a verdict.
[[nodiscard]] int run_app(const SimOptions& options, const std::atomic<bool>& stop);

}  // namespace rackcast::sim
