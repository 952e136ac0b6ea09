#include "tools/sim/virtual_engine.h"

namespace rackcast::sim {

Result<LiveOutcome> run_virtual(const RunPlan& /*plan*/, const RunFacts& /*facts*/, const std::string& /*tree*/,
                                Observer& /*observer*/, const RunTick& /*tick*/, const std::atomic<bool>& /*stop*/) {
  return fail("--virtual is not built into this program; leave it out to run against a real server");
}

}  // namespace rackcast::sim
