// What a machine's part is lent, for tests that drive one part by hand.
#pragma once

#include "tests/tools/sim/machines/recording.h"
#include "tools/sim/machines/machine_facts.h"

namespace rackcast::sim::test {

struct PartWorld {
  MachineIdentity identity{MachineId(0), {{0x02, 0x52, 0x43, 0, 0, 1}}, {1, 2, 3}};
  RunFacts facts;
  ReadingPace pace;
  RecordingCarrier carrier;
  RecordingObserver observer;
  Random random{7};
  Instant now{std::chrono::seconds(100)};

  [[nodiscard]] MachineWorld world() { return {identity, facts, pace, carrier, observer, random}; }
};

}  // namespace rackcast::sim::test
