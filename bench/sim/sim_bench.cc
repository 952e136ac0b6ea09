// What the deterministic simulator sustains on one core: whole boots of machines (DHCP, TFTP, HTTP; 2.2 MB each), the
// server's engines included, and what a machine costs in memory.
//   build/release/bench/sim_bench --benchmark_repetitions=5 --benchmark_report_aggregates_only
//   machines/s     whole boots per second of CPU
//   us/datagram    CPU per datagram on the wire, both ends and the network
//   B/machine      heap at its peak, without what an empty process has and without the tree: machines, network, server;
//                  more than kPromisedBytes at kPromisedMachines is an error
#include <benchmark/benchmark.h>
#include <malloc.h>

#include <algorithm>
#include <memory>

#include "tools/sim/deterministic/lab_tree.h"
#include "tools/sim/deterministic/virtual_run.h"

namespace rackcast::sim {
namespace {

RunPlan plan_of(std::uint32_t machines) {
  ScenarioRequest request;
  request.name = "boot_storm";
  request.clients = machines;
  return make_plan(request).plan;
}

std::shared_ptr<const TreeContent> tree() {
  return std::make_shared<TreeContent>(lab_tree({}, net::Ipv4Address(10, 0, 0, 1), InstallBy::kHttp, 1));
}

// With every checker and the recorder, as the sweep runs.
void CheckedBoots(benchmark::State& state) {
  VirtualRun run;
  run.plan = plan_of(static_cast<std::uint32_t>(state.range(0)));
  run.tree = tree();
  double machines = 0;
  double cpu_us = 0;
  double datagrams = 0;
  for ([[maybe_unused]] const auto& turn : state) {
    const VirtualOutcome outcome = run_virtual_checked(run);
    if (outcome.violation_count > 0) state.SkipWithError("an invariant was violated");
    machines += static_cast<double>(outcome.record.machines.size());
    cpu_us += outcome.record.simulator_cpu_seconds * 1e6;
    datagrams += static_cast<double>(outcome.datagrams);
  }
  state.counters["machines/s"] = benchmark::Counter(machines / cpu_us * 1e6);
  state.counters["us/datagram"] = benchmark::Counter(cpu_us / datagrams);
}
BENCHMARK(CheckedBoots)->Arg(50)->Arg(500)->Unit(benchmark::kMillisecond);

std::size_t heap_bytes() {
  const struct mallinfo2 facts = mallinfo2();
  return facts.uordblks + facts.hblkhd;
}

constexpr std::int64_t kPromisedMachines = 10'000;
constexpr std::size_t kPromisedBytes = 4'096;  // of each

// The peak over a whole run, looked at every few milliseconds of virtual time.
void MemoryPerMachine(benchmark::State& state) {
  const RunPlan plan = plan_of(static_cast<std::uint32_t>(state.range(0)));
  const auto files = tree();
  std::size_t peak = 0;
  for ([[maybe_unused]] const auto& turn : state) {
    const std::size_t before = heap_bytes();
    NoObserver nobody;
    WorldOptions options;
    options.plan = &plan;
    options.tree = files.get();
    World world(std::move(options), nobody);
    Instant next{};
    while (world.step()) {
      if (world.now() < next) continue;
      next = world.now() + std::chrono::milliseconds(5);
      peak = std::max(peak, heap_bytes() - before);
    }
    world.run_out();
  }
  if (state.range(0) == kPromisedMachines && peak > kPromisedBytes * static_cast<std::size_t>(kPromisedMachines))
    state.SkipWithError("a machine takes more than 4 096 bytes");
  state.counters["B/machine"] = benchmark::Counter(static_cast<double>(peak) / static_cast<double>(state.range(0)));
}
// The smoke run takes the small one; the figure for ten thousand is asked for by name.
BENCHMARK(MemoryPerMachine)->Arg(1'000)->Arg(kPromisedMachines)->Iterations(1)->Unit(benchmark::kSecond);

}  // namespace
}  // namespace rackcast::sim
