#include "tools/sim/verdict/verdict.h"

#include <algorithm>
#include <map>

#include "tools/sim/verdict/units.h"

namespace rackcast::sim {
namespace {

constexpr Span kNotReached{-1};

// Precondition: sorted, not empty.
Span percentile(const std::vector<Span>& sorted, std::size_t percent) {
  const std::size_t rank = (sorted.size() * percent + 99) / 100;  // rounded up, from 1
  return sorted[std::max<std::size_t>(rank, 1) - 1];
}

std::vector<FailureGroup> failures_of(const RunRecord& record) {
  std::array<FailureGroup, kFailureCount> groups{};
  for (std::uint32_t i = 0; i < record.machines.size(); ++i) {
    const MachineRecord& machine = record.machines[i];
    if (is_done(machine)) continue;
    const Failure failure = machine.failure == Failure::kNone ? Failure::kRunEnded : machine.failure;
    FailureGroup& group = groups[static_cast<std::size_t>(failure)];
    if (group.machines++ == 0) group = {failure, 1, i, machine.stage, machine.detail};
  }
  std::vector<FailureGroup> present;
  for (FailureGroup& group : groups)
    if (group.machines > 0) present.push_back(std::move(group));
  std::stable_sort(present.begin(), present.end(),
                   [](const FailureGroup& a, const FailureGroup& b) { return a.machines > b.machines; });
  return present;
}

std::vector<BootFailures> boot_failures_of(const RunRecord& record) {
  std::vector<BootFailures> present;
  for (std::size_t i = 0; i < kFailureCount; ++i)
    if (record.failed_boots[i].boots > 0) present.push_back({static_cast<Failure>(i), record.failed_boots[i]});
  std::stable_sort(present.begin(), present.end(),
                   [](const BootFailures& a, const BootFailures& b) { return a.failed.boots > b.failed.boots; });
  return present;
}

std::vector<ProfileVerdict> profiles_of(const RunRecord& record) {
  struct Tally {
    ProfileVerdict verdict;
    std::vector<Span> times;
  };
  std::map<std::string_view, Tally> tallies;
  for (const MachineRecord& machine : record.machines) {
    Tally& tally = tallies[machine.profile];
    ++tally.verdict.machines;
    if (!is_done(machine)) continue;
    ++tally.verdict.done;
    tally.times.push_back(time_to(machine, Stage::kDone));
  }
  std::vector<ProfileVerdict> profiles;
  for (auto& [name, tally] : tallies) {
    tally.verdict.profile = name;
    tally.verdict.to_done = spread_of(std::move(tally.times));
    profiles.push_back(tally.verdict);
  }
  return profiles;
}

void measure_times(const RunRecord& record, Verdict& verdict) {
  for (std::size_t stage = 0; stage < kStageCount; ++stage) {
    std::vector<Span> times;
    for (const MachineRecord& machine : record.machines)
      if (const Span time = time_to(machine, static_cast<Stage>(stage)); time != kNotReached) times.push_back(time);
    verdict.time_to[stage] = spread_of(std::move(times));
  }
}

void measure_traffic(const RunRecord& record, Verdict& verdict) {
  const auto incidents = [&](Incident incident) { return record.incidents[static_cast<std::size_t>(incident)]; };
  verdict.retransmits = incidents(Incident::kRetransmit);
  verdict.repeated_blocks = incidents(Incident::kRepeatedBlock);
  verdict.refusals = incidents(Incident::kRefusal);
  verdict.naks = incidents(Incident::kNak);
  verdict.not_found = incidents(Incident::kNotFound);
  verdict.bytes = record.bytes;
  if (record.took > Span{}) verdict.goodput = static_cast<double>(record.bytes) / seconds_of(record.took);
  std::uint64_t most = 0;
  for (const RateSample& sample : record.rate) most = std::max(most, sample.bytes);
  if (record.rate_tick > Span{}) verdict.goodput_peak = static_cast<double>(most) / seconds_of(record.rate_tick);
}

}  // namespace

TimeSpread spread_of(std::vector<Span> times) {
  if (times.empty()) return {};
  std::sort(times.begin(), times.end());
  return {static_cast<std::uint32_t>(times.size()), percentile(times, 50), percentile(times, 90), percentile(times, 99),
          times.back()};
}

Span time_to(const MachineRecord& machine, Stage stage) {
  const Instant at = machine.entered[static_cast<std::size_t>(stage)];
  if (at == kNever) return kNotReached;
  return at - *std::min_element(machine.entered.begin(), machine.entered.end());
}

Verdict verdict_of(const RunRecord& record) {
  Verdict verdict;
  verdict.machines = static_cast<std::uint32_t>(record.machines.size());
  for (const MachineRecord& machine : record.machines) {
    if (is_done(machine)) ++verdict.done;
    if (is_silence(machine.failure)) ++verdict.timeouts;
    verdict.restarts += machine.restarts;
    verdict.boots_done += machine.boots_done;
  }
  verdict.failed = verdict.machines - verdict.done;
  verdict.failures = failures_of(record);
  verdict.boot_failures = boot_failures_of(record);
  for (const BootFailures& group : verdict.boot_failures) verdict.boots_failed += group.failed.boots;
  verdict.interrupted = record.interrupted;
  verdict.violations = record.violations;
  verdict.double_leases = record.double_leases;
  verdict.profiles = profiles_of(record);
  measure_times(record, verdict);
  measure_traffic(record, verdict);
  verdict.files = record.files;
  verdict.files_checked = record.files_checked;
  verdict.unproven = record.files_unproven;
  verdict.files_unchecked = record.files_unchecked;
  verdict.bytes_right = record.wrong_files.empty();
  verdict.passed = verdict.machines > 0 && verdict.failed == 0 && verdict.boots_failed == 0 && verdict.bytes_right &&
                   verdict.files_unchecked == 0 && verdict.violations == 0 && verdict.double_leases == 0 &&
                   !verdict.interrupted;
  return verdict;
}

}  // namespace rackcast::sim
