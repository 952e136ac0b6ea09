#include "tools/sim/scenario/rack_machines.h"

#include "tools/sim/machines/mac_plan.h"

namespace rackcast::sim {
namespace {

// Runs of neighbouring seeds share no machine's randomness.
constexpr std::uint64_t kSeedStride = 0x9E37'79B9'7F4A'7C15ULL;

}  // namespace

std::vector<RackMachine> rack_machines(const RunPlan& plan) {
  std::vector<RackMachine> machines(plan.machines.size());
  for (std::uint32_t i = 0; i < machines.size(); ++i) {
    machines[i].identity = identity_of(MachineId{i});
    machines[i].profile = plan.machines[i].profile;
    machines[i].pace = plan.machines[i].pace;
    machines[i].seed = plan.seed * kSeedStride + i;
  }
  return machines;
}

}  // namespace rackcast::sim
