// A run in virtual time from plan to record: what the command line and tests call.
//
// Thread: the caller's; two runs may go on side by side in two threads. Bounded by the plan's machines and time_max.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tools/sim/deterministic/check_set.h"
#include "tools/sim/deterministic/world.h"
#include "tools/sim/verdict/progress.h"
#include "tools/sim/verdict/record.h"

namespace rackcast::sim {

struct VirtualRun {
  RunPlan plan;
  std::shared_ptr<const TreeContent> tree;  // null: lab_tree() with default sizes
  RunFacts facts;
  VirtualServerOptions server;
  std::uint64_t stream_bytes_per_second = 1'250'000'000;
  std::vector<Replacement> replacements;
  CheckOptions checks;
  // Shown about every `progress_every` of virtual time; may stop the run by answering false. Null: nobody looks.
  std::function<bool(const ProgressSnapshot&)> on_progress;
  Span progress_every = std::chrono::seconds(1);
  // Shown the world when its machines are through, before it is settled: for who wants to read the server's counters.
  std::function<void(const World&)> on_end;
};

struct VirtualOutcome {
  RunRecord record;
  std::vector<Violation> violations;  // Violations::kKeptMax at most
  std::uint64_t violation_count = 0;
  std::uint64_t trace_hash = 0;  // equal for equal runs
  std::uint64_t datagrams = 0;
  std::uint64_t bytes = 0;  // useful ones that machines got, all boots
  LeaseTurns leases;
};

[[nodiscard]] VirtualOutcome run_virtual_checked(const VirtualRun& run);

}  // namespace rackcast::sim
