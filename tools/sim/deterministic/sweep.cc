#include "tools/sim/deterministic/sweep.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <thread>

#include "io_backends/sim/random.h"

namespace rackcast::sim {

namespace {

constexpr net::Ipv4Address kLabServer{10, 0, 0, 1};  // where rack_layout.h puts it
constexpr std::uint64_t kTreeSeed = 20'240'101;
constexpr std::uint64_t kReplacementSeed = 20'240'102;

using Parameters = std::vector<std::pair<std::string, std::string>>;

// Milder than the scenarios' own where they would only wait, so that five hundred seeds take minutes; drawn anew for
// each seed where the server should stand any value.
Parameters parameters_of(std::string_view scenario, io::SeededRandom& random) {
  const auto between = [&random](std::uint64_t low, std::uint64_t high) {
    return std::to_string(low + random.below(high - low + 1));
  };
  Parameters all{{"rack_size", between(15, 50)}, {"delay", between(20, 400)}};
  if (random.chance(0.3)) all.emplace_back("cable", "1000");
  if (scenario == "waves") all.emplace_back("gap", between(1, 10));
  if (scenario == "lossy_rack") {
    all.emplace_back("loss", random.chance(0.7) ? between(0, 8) : between(9, 30));
    all.emplace_back("duplicate", between(0, 5));
    all.emplace_back("reorder", between(0, 5));
    all.emplace_back("reorder_delay", between(1, 20));
    all.emplace_back("time_max", "7200");  // 512-byte blocks in lock-step: a second for each that is lost
  }
  if (scenario == "slow_readers") {
    all.emplace_back("ack_delay", between(1, 50));
    all.emplace_back("share", between(10, 60));
  }
  if (scenario == "reboot_midway") all.emplace_back("after", random.chance(0.5) ? "0.5" : "3");
  // iPXE's last DISCOVER leaves after seven seconds: whoever is cut off for less must be done in the end.
  if (scenario == "stp_delay") all.emplace_back("seconds", between(1, 6));
  if (scenario == "hostile") all.emplace_back("bad_dhcp", "50");
  return all;
}

// How a soak goes on: mostly for two power-ons of a machine, and for half an hour with leases of a minute where these
// are to end meanwhile, by renewal (installers do) or by running out, when the pool is too small for all machines.
enum class Soak : std::uint8_t { kShort, kRenewing, kReusing };
constexpr std::uint64_t kLongSoakEvery = 4;  // so many seeds of this scenario, each kind in turn
constexpr std::uint32_t kShortLeaseSeconds = 60;
constexpr std::uint32_t kSquattersMax = 2;  // the engine drops a message that meets three
constexpr std::uint32_t kTightPool = 12;    // addresses of a rack, whose machines come one after the other

Soak soak_of(std::string_view scenario, std::uint64_t seed) {
  const std::uint64_t turn = seed / all_scenarios().size();
  if (scenario != "soak" || turn % kLongSoakEvery != 0) return Soak::kShort;
  return turn / kLongSoakEvery % 2 == 0 ? Soak::kRenewing : Soak::kReusing;
}

void add_soak(Soak soak, io::SeededRandom& random, ScenarioRequest& request) {
  const bool lasts = soak != Soak::kShort;
  request.parameters.emplace_back("hours", lasts ? "0.5" : "0.02");
  request.parameters.emplace_back("every", std::to_string((lasts ? 600 : 30) + random.below(31)));
  if (soak == Soak::kReusing) request.profiles = {{find_profile("plain"), 1}};  // whose system lets a lease run out
}

// A source or the service keeps its places for machines that are gone until the server's patience is over; whoever
// waits for such a place may give up sooner.
bool holds_places_for_nobody(const RunPlan& plan) {
  const bool reset = std::any_of(plan.machines.begin(), plan.machines.end(),
                                 [](const MachinePlan& machine) { return machine.restart_at != kNever; });
  return reset || plan.weather.loss > 0 || plan.hostile.silent_readers > 0 || plan.hostile.spoofed_per_second > 0;
}

// xinetd's limits for TFTP, such that every machine can be done: of the queue tight ones, as xinetd refuses wide ones.
AdmissionConfig admission_of(const RunPlan& plan, io::SeededRandom& random) {
  AdmissionConfig limits;
  if (!random.chance(0.4)) return limits;
  const auto machines = static_cast<std::uint32_t>(plan.machines.size());
  const auto up_to = [&random](std::uint32_t low, std::uint32_t high) {
    return low + static_cast<std::uint32_t>(random.below(high - low + 1));
  };
  const bool roomy = holds_places_for_nobody(plan);
  if (!roomy && random.chance(0.25)) {
    limits.policy = AdmissionPolicy::kXinetd;
    limits.per_source = up_to(2, 4);
    limits.instances = machines * *limits.per_source;
    limits.cps = Cps{.rate = machines * 2, .wait_seconds = 1};
    return limits;
  }
  limits.per_source = roomy ? up_to(4, 8) : up_to(1, 3);
  if (random.chance(0.5)) limits.cps = Cps{.rate = up_to(machines / 2, machines * 2), .wait_seconds = 10};
  // Slow readers keep their places for longer than others ask for one.
  const bool slow = std::any_of(plan.machines.begin(), plan.machines.end(),
                                [](const MachinePlan& machine) { return machine.pace.ack_delay > Span{}; });
  if (!roomy && !slow && random.chance(0.5)) limits.instances = up_to(machines / 4, machines);
  return limits;
}

std::vector<ProfileShare> profiles_of(io::SeededRandom& random) {
  std::vector<ProfileShare> shares;
  for (const Profile& profile : all_profiles())
    if (random.chance(0.5)) shares.push_back({&profile, 1});
  if (shares.empty() || random.chance(0.5)) shares.push_back({&all_profiles().front(), 4});
  return shares;
}

// Under loss a machine may hear nothing until its patience is over; of fifty so many must be done all the same. Beyond
// kLossWithPatience firmware gives up by design (six tries for each of a thousand exchanges of which half fail): there
// machines have several times its tries, and the run has the time these take, so that who is not done was not served.
constexpr std::uint32_t kLossyDonePercentMin = 90;
constexpr double kLossWithPatience = 0.08;
constexpr std::uint8_t kMuchPatience = 4;
constexpr Span kMuchTime = std::chrono::hours(12);

// More tries are no help to who never repeats an ACK: each block is the server's to bring through, in its few tries.
bool repeats_acks(const Profile& profile) {
  return std::all_of(profile.steps.begin(), profile.steps.end(),
                     [](const Step& step) { return step.tftp == nullptr || step.tftp->repeats_acks; });
}

void give_patience(RunPlan& plan) {
  plan.time_max = std::max(plan.time_max, kMuchTime);
  for (MachinePlan& machine : plan.machines) {
    machine.pace.patience = kMuchPatience;
    if (!repeats_acks(*machine.profile)) machine.profile = &all_profiles().front();
  }
}

std::string failure_line(std::uint64_t seed, std::uint32_t number, const MachineRecord& machine) {
  return "seed " + std::to_string(seed) + ", machine " + std::to_string(number) + " (" + std::string(machine.profile) +
         ") failed in " + std::string(stage_name(machine.stage)) + ": " + std::string(failure_name(machine.failure)) +
         " " + machine.detail;
}

}  // namespace

void judge_machines(const RunPlan& plan, const RunRecord& record, SeedOutcome& outcome) {
  const bool loses = plan.weather.loss > 0;
  const std::string seed = "seed " + std::to_string(outcome.seed);
  for (std::uint32_t i = 0; i < record.machines.size(); ++i) {
    const MachineRecord& machine = record.machines[i];
    if (!is_done(machine)) {
      if (!loses || !is_silence(machine.failure)) outcome.failures.push_back(failure_line(outcome.seed, i, machine));
      continue;
    }
    ++outcome.done;
    if (machine.bytes < kSweepMachineBytesMin)
      outcome.failures.push_back(seed + ", machine " + std::to_string(i) + " is done with " +
                                 std::to_string(machine.bytes) + " bytes: too few to show anything");
  }
  if (outcome.done * 100 < record.machines.size() * kLossyDonePercentMin)
    outcome.failures.push_back(seed + ": only " + std::to_string(outcome.done) + " of " +
                               std::to_string(record.machines.size()) + " machines are done");
}

SweepTrees::SweepTrees() {
  for (const InstallBy install : {InstallBy::kHttp, InstallBy::kFtp}) {
    LabTreeSizes sizes;
    variants_.push_back({std::make_shared<TreeContent>(lab_tree(sizes, kLabServer, install, kTreeSeed))});
    sizes.kernel = 700'001;
    sizes.initrd = 1'300'032;  // pieces meet within it
    sizes.packages = 2;
    variants_.push_back(
        {std::make_shared<TreeContent>(lab_tree(sizes, kLabServer, install, kTreeSeed)), std::uint64_t{500'000}});
    sizes = {};
    sizes.kernel = 512 * 1'000;  // ends with an empty block where blocks are 512 or 1024 bytes
    sizes.initrd = 1'024 * 500;
    sizes.package = 300'000;
    variants_.push_back({std::make_shared<TreeContent>(lab_tree(sizes, kLabServer, install, kTreeSeed))});
  }
}

Result<VirtualRun> run_of_seed(std::uint64_t seed, const SweepOptions& options, const SweepTrees& trees) {
  io::SeededRandom random(seed);
  ScenarioRequest request;
  request.name =
      options.scenario.empty() ? std::string(all_scenarios()[seed % all_scenarios().size()].name) : options.scenario;
  request.clients = options.clients;
  request.seed = seed;
  request.profiles = profiles_of(random);
  request.parameters = parameters_of(request.name, random);
  const Soak soak = soak_of(request.name, seed);
  if (request.name == "soak") add_soak(soak, random, request);
  PlanResult planned = make_plan(request);
  if (!planned.error.empty()) return fail(planned.error);

  VirtualRun run;
  run.plan = std::move(planned.plan);
  const SweepTrees::Variant& variant = trees.of(random.next());
  run.tree = variant.tree;
  run.server.resident_bytes_max = variant.resident_bytes_max;
  run.server.lanes = 1 + static_cast<unsigned>(random.below(3));
  run.server.tftp.single_port = random.chance(0.15);
  if (random.chance(0.2)) run.server.tftp.max_windowsize = 4;
  if (random.chance(0.2)) run.server.stores.commit_time = std::chrono::milliseconds(5);
  if (random.chance(0.3)) {
    // The kernel is replaced while machines load it: each gets one of the two whole.
    const auto replaced = random_content(run.tree->at("vmlinuz")->bytes().size() + 1'000, kReplacementSeed);
    const auto when = std::chrono::milliseconds(200 + random.below(2'000));
    run.replacements.push_back({Instant(when), "vmlinuz", replaced});
  }
  run.server.tftp.admission = admission_of(run.plan, random);
  run.checks = checks_of(run.server.tftp.admission);
  if (run.plan.weather.loss > kLossWithPatience) {
    give_patience(run.plan);
    run.checks.turns =
        true;  // who lost each of its first few answers may be forged, and is answered no more for a while
  }
  if (soak != Soak::kShort) run.server.dhcp.lease_seconds = {kShortLeaseSeconds, kShortLeaseSeconds};
  if (soak == Soak::kReusing) run.server.dhcp.pool_max = kTightPool;
  // Last, so that what is drawn above stays as it was. (A tight pool has no address to spare.)
  if (soak == Soak::kShort && random.chance(0.2)) {
    run.server.dhcp.conflict_probe = random.chance(0.5) ? ConflictProbe::kArp : ConflictProbe::kIcmp;
    run.server.dhcp.squatters = static_cast<std::uint32_t>(random.below(kSquattersMax + 1));
  }
  return run;
}

SeedOutcome run_seed(std::uint64_t seed, const SweepOptions& options, const SweepTrees& trees) {
  SeedOutcome outcome;
  outcome.seed = seed;
  const Result<VirtualRun> run = run_of_seed(seed, options, trees);
  if (!run) {
    outcome.failures.push_back(run.error().message);
    return outcome;
  }
  const VirtualOutcome result = run_virtual_checked(*run);
  outcome.scenario = run->plan.scenario;
  outcome.machines = static_cast<std::uint32_t>(run->plan.machines.size());
  outcome.bytes = result.bytes;
  outcome.datagrams = result.datagrams;
  outcome.trace_hash = result.trace_hash;
  outcome.leases = result.leases;
  outcome.cpu_seconds = result.record.simulator_cpu_seconds;
  for (const Violation& violation : result.violations) outcome.failures.push_back(violation_line(seed, violation));
  judge_machines(run->plan, result.record, outcome);
  return outcome;
}

std::vector<SeedOutcome> sweep(const SweepOptions& options, const OnSeed& on_failure) {
  const SweepTrees trees;
  const std::uint64_t count = options.last - options.first + 1;
  std::vector<SeedOutcome> outcomes(count);
  std::atomic<std::uint64_t> next{0};
  std::mutex told;
  const auto work = [&] {
    for (std::uint64_t i = next.fetch_add(1); i < count; i = next.fetch_add(1)) {
      outcomes[i] = run_seed(options.first + i, options, trees);
      if (outcomes[i].failures.empty() || !on_failure) continue;
      const std::scoped_lock lock(told);
      on_failure(outcomes[i]);
    }
  };
  std::vector<std::thread> threads;
  for (unsigned i = 1; i < std::max(1U, options.threads); ++i) threads.emplace_back(work);
  work();
  for (std::thread& thread : threads) thread.join();
  return outcomes;
}

}  // namespace rackcast::sim
