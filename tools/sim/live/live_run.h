// A whole run of the live engine: carries out a plan against a real server, on the calling thread, and ends by itself.
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <vector>

#include "core/result.h"
#include "tools/sim/live/live_carrier.h"

namespace rackcast::sim {

struct LiveSettings {
  LiveNetwork network;
  net::Ipv4Address first_address;     // of machine 0 without DHCP; the others follow
  std::uint8_t prefix_bits = 24;      // of its subnet
  std::vector<int> server_processes;  // whose CPU counts; empty: found by the server's address
  std::string largest_file;           // for the hostile scenario
};

struct LiveOutcome {
  Span took{};
  bool interrupted = false;
  double simulator_cpu_seconds = 0;
  double server_cpu_seconds = -1;
  std::uint64_t datagrams_dropped_here = 0;
  std::vector<std::string> notes;
};

// Called now and then: for progress. At least every kTickMax while the run lasts.
using RunTick = std::function<void(Instant now, const Rack& rack)>;

// `stop` turning true ends the run early, as its time limit does. Error: it could not begin.
[[nodiscard]] Result<LiveOutcome> run_live(const RunPlan& plan, const RunFacts& facts, const LiveSettings& settings,
                                           Observer& observer, const RunTick& tick, const std::atomic<bool>& stop);

}  // namespace rackcast::sim
