#include "tools/sim/scenario/power_plan.h"

#include <functional>

namespace rackcast::sim {

PowerPlan::PowerPlan(const RunPlan& plan) : plan_(plan) {
  for (std::uint32_t i = 0; i < plan.machines.size(); ++i) {
    events_.push({plan.machines[i].power_on, i});
    add_restart(plan.machines[i].restart_at, i);
  }
}

MachineId PowerPlan::take() {
  const Event event = events_.top();
  events_.pop();
  const MachinePlan& machine = plan_.machines[event.machine];
  if (event.at >= machine.restart_at && machine.restart_every > Span::zero())
    add_restart(event.at + machine.restart_every, event.machine);
  return MachineId{event.machine};
}

void PowerPlan::add_restart(Instant at, std::uint32_t machine) {
  if (at != kNever && at < plan_.restarts_end) events_.push({at, machine});
}

}  // namespace rackcast::sim
