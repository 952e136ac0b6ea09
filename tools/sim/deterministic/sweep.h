// Many seeds, each a world of its own: scenario, profiles, weather, server layout and tree are drawn from the seed, so
// that a number is all that is needed to see a failure again.
//
// Seeds run in `threads` threads, each world in one; the result does not depend on how many.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "tools/sim/deterministic/lab_tree.h"
#include "tools/sim/deterministic/virtual_run.h"

namespace rackcast::sim {

struct SweepOptions {
  std::uint64_t first = 1;
  std::uint64_t last = 500;  // inclusive
  std::string scenario;      // empty: all in turn
  std::uint32_t clients = 50;
  unsigned threads = 2;
};

// The trees of all seeds, made once. Immutable afterwards: shared by threads.
class SweepTrees {
 public:
  SweepTrees();
  struct Variant {
    std::shared_ptr<const TreeContent> tree;
    std::uint64_t resident_bytes_max = ~std::uint64_t{0};
  };
  [[nodiscard]] const Variant& of(std::uint64_t seed) const { return variants_[seed % variants_.size()]; }

 private:
  std::vector<Variant> variants_;
};

// What a seed means. Error: an unknown scenario.
[[nodiscard]] Result<VirtualRun> run_of_seed(std::uint64_t seed, const SweepOptions& options, const SweepTrees& trees);

struct SeedOutcome {
  std::uint64_t seed = 0;
  std::string scenario;
  std::uint32_t machines = 0;
  std::uint32_t done = 0;
  std::uint64_t bytes = 0;
  std::uint64_t datagrams = 0;
  std::uint64_t trace_hash = 0;
  LeaseTurns leases;
  double cpu_seconds = 0;
  std::vector<std::string> failures;  // violations, and machines that had no reason to fail; one line each
};

// Every machine must be done, with enough bytes to mean something; where the plan loses datagrams one in ten may end in
// silence (no offer, no ACK, time-out). Adds what is wrong to `outcome`, and who is done.
inline constexpr std::uint64_t kSweepMachineBytesMin = 2'000'000;
void judge_machines(const RunPlan& plan, const RunRecord& record, SeedOutcome& outcome);

[[nodiscard]] SeedOutcome run_seed(std::uint64_t seed, const SweepOptions& options, const SweepTrees& trees);

// In the order of seeds. `on_failure`: at once, from any of the threads but one at a time; null: nobody waits.
using OnSeed = std::function<void(const SeedOutcome&)>;
[[nodiscard]] std::vector<SeedOutcome> sweep(const SweepOptions& options, const OnSeed& on_failure);

}  // namespace rackcast::sim
