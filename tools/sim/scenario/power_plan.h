// When who is switched on, and on again: a plan's agenda of power, in order of time, for whichever engine carries it
// out.
//
//   while (power.next() <= now) rack.power_on(now, power.take());
//
// Equal times come in the order of machines. Single-threaded; allocates at construction, two entries a machine at most.
#pragma once

#include <queue>
#include <tuple>
#include <vector>

#include "tools/sim/scenario/scenario.h"

namespace rackcast::sim {

class PowerPlan {
 public:
  explicit PowerPlan(const RunPlan& plan);  // borrowed

  [[nodiscard]] Instant next() const { return events_.empty() ? kNever : events_.top().at; }  // kNever: all is done
  // Who is switched on at next(): for the first time, or by the reset button. Precondition: next() != kNever.
  MachineId take();

 private:
  struct Event {
    Instant at{};
    std::uint32_t machine = 0;
    bool operator>(const Event& other) const { return std::tie(at, machine) > std::tie(other.at, other.machine); }
  };

  void add_restart(Instant at, std::uint32_t machine);

  const RunPlan& plan_;
  std::priority_queue<Event, std::vector<Event>, std::greater<>> events_;
};

}  // namespace rackcast::sim
