#include "tools/sim/deterministic/virtual_run.h"

#include <ctime>
#include <set>

#include "core/images/path.h"
#include "tools/sim/deterministic/lab_tree.h"
#include "tools/sim/verdict/recorder.h"

namespace rackcast::sim {

namespace {

constexpr std::uint64_t kLabSeed = 1;

double thread_cpu_seconds() {
  timespec spent{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &spent);
  return static_cast<double>(spent.tv_sec) + static_cast<double>(spent.tv_nsec) * 1e-9;
}

// The tree of the run is the truth, but for files that are replaced meanwhile: FileChecker knows the generations.
class TreeTruth final : public ExpectedFiles {
 public:
  TreeTruth(const TreeContent& tree, const std::vector<Replacement>& replacements) : tree_(tree) {
    for (const Replacement& replacement : replacements) replaced_.insert(replacement.path);
  }
  ExpectedFile find(FileProtocol, std::string_view path) override {
    const NormalizedPath normalized = normalize_path(path, kTreeRoot);
    const auto it = tree_.find(std::string(normalized.path.view()));
    if (normalized.reject || it == tree_.end()) return {};
    if (replaced_.contains(it->first)) return {Knowledge::kChanged};
    return {Knowledge::kKnown, it->second->bytes().size(), it->second->digest()};
  }

 private:
  const TreeContent& tree_;
  std::set<std::string> replaced_;
};

void run_world(World& world, const VirtualRun& run, const Recorder& recorder) {
  if (!run.on_progress) return world.run();
  Instant next{};
  while (world.step()) {
    if (world.now() < next) continue;
    next = world.now() + run.progress_every;
    if (!run.on_progress(recorder.snapshot(world.now()))) break;
  }
  world.run_out();
}

}  // namespace

VirtualOutcome run_virtual_checked(const VirtualRun& run) {
  const double begin = thread_cpu_seconds();
  TreeContent made;
  if (run.tree == nullptr) made = lab_tree({}, lay_out(run.plan).server(), InstallBy::kHttp, kLabSeed);
  const TreeContent& tree = run.tree == nullptr ? made : *run.tree;
  TreeTruth truth(tree, run.replacements);
  Recorder recorder(run.plan, "virtual", true, &truth);
  CheckSet checks(run.plan, run.checks, &recorder);
  WorldOptions options;
  options.plan = &run.plan;
  options.tree = &tree;
  options.facts = run.facts;
  options.server = run.server;
  options.stream_bytes_per_second = run.stream_bytes_per_second;
  options.replacements = run.replacements;
  World world(std::move(options), checks, &checks);
  checks.attach(world);
  run_world(world, run, recorder);
  VirtualOutcome outcome;
  outcome.record = recorder.finish(world.now());
  if (run.on_end) run.on_end(world);
  checks.at_end(world);
  outcome.record.simulator_cpu_seconds = thread_cpu_seconds() - begin;
  outcome.violations = checks.violations().kept();
  outcome.violation_count = checks.violations().count();
  outcome.leases = checks.lease_turns();
  outcome.trace_hash = world.trace_hash();
  outcome.datagrams = world.network().counters().sent;
  for (const RateSample& sample : outcome.record.rate) outcome.bytes += sample.bytes;
  return outcome;
}

}  // namespace rackcast::sim
