#include "tools/sim/verdict/recorder.h"

#include <algorithm>
#include <utility>

#include "tools/sim/verdict/units.h"

namespace rackcast::sim {
namespace {

std::size_t index_of(Stage stage) {
  return static_cast<std::size_t>(stage);
}

void begin_boot(MachineRecord& machine) {
  machine.entered.fill(kNever);
  machine.ended = kNever;
  machine.stage = Stage::kOff;
  machine.failure = Failure::kNone;
  machine.detail.clear();
  machine.bytes = 0;
}

}  // namespace

Recorder::Recorder(const RunPlan& plan, std::string server, bool virtual_time, ExpectedFiles* truth)
    : ledger_(static_cast<std::uint32_t>(plan.machines.size()), truth),
      leases_(static_cast<std::uint32_t>(plan.machines.size())) {
  record_.scenario = plan.scenario;
  record_.server = std::move(server);
  record_.seed = plan.seed;
  record_.virtual_time = virtual_time;
  record_.rate_tick = kRateTickFirst;
  record_.rate.reserve(kRateSamplesMax);
  record_.machines.resize(plan.machines.size());
  for (std::size_t i = 0; i < plan.machines.size(); ++i) {
    MachineRecord& machine = record_.machines[i];
    begin_boot(machine);
    if (plan.machines[i].profile != nullptr) machine.profile = plan.machines[i].profile->name;
    count_in(machine);
  }
}

void Recorder::count_out(const MachineRecord& machine) {
  if (is_done(machine)) {
    --count_.done;
    count_.done_bytes -= machine.bytes;
  } else if (machine.failure != Failure::kNone) {
    --count_.failed;
    --count_.stopped[index_of(machine.stage)];
  } else {
    --count_.inside[index_of(machine.stage)];
  }
}

void Recorder::count_in(const MachineRecord& machine) {
  if (is_done(machine)) {
    ++count_.done;
    count_.done_bytes += machine.bytes;
  } else if (machine.failure != Failure::kNone) {
    ++count_.failed;
    ++count_.stopped[index_of(machine.stage)];
  } else {
    ++count_.inside[index_of(machine.stage)];
  }
}

// Two ticks become one, so that the samples span twice the time.
void Recorder::halve_samples() {
  std::vector<RateSample>& rate = record_.rate;
  for (std::size_t i = 0; i < rate.size(); i += 2) {
    RateSample joined = rate[i];
    if (i + 1 < rate.size()) {
      const RateSample& second = rate[i + 1];
      joined.bytes += second.bytes;
      joined.refusals += second.refusals;
      joined.done = second.done;
      joined.failed = second.failed;
    }
    rate[i / 2] = joined;
  }
  rate.resize((rate.size() + 1) / 2);
  record_.rate_tick *= 2;
}

// The tick that `now` falls into; ticks without events in between are filled in.
RateSample& Recorder::sample(Instant now) {
  std::vector<RateSample>& rate = record_.rate;
  if (!rate.empty() && now - rate.back().at < record_.rate_tick) return rate.back();
  const Span since = std::max(now.time_since_epoch(), Span{});
  while (since / record_.rate_tick >= static_cast<Span::rep>(kRateSamplesMax)) halve_samples();
  const auto index = static_cast<std::size_t>(since / record_.rate_tick);
  while (rate.size() <= index) {
    RateSample next;
    next.at = Instant(record_.rate_tick * static_cast<Span::rep>(rate.size()));
    next.done = count_.done;
    next.failed = count_.failed;
    rate.push_back(next);
  }
  return rate.back();
}

void Recorder::on_stage(Instant now, MachineId id, Stage stage) {
  RateSample& tick = sample(now);
  MachineRecord& machine = record_.machines[id.value()];
  count_out(machine);
  if (stage == Stage::kOff) {
    if (machine.stage != Stage::kOff || machine.failure != Failure::kNone) ++machine.restarts;
    begin_boot(machine);
  } else {
    machine.stage = stage;
    Instant& entered = machine.entered[index_of(stage)];
    if (entered == kNever) entered = now;
    if (stage == Stage::kDone) {
      machine.ended = now;
      ++machine.boots_done;
    }
  }
  count_in(machine);
  tick.done = count_.done;
  tick.failed = count_.failed;
}

void Recorder::on_lease(Instant now, MachineId id, const LeaseReceived& lease) {
  const auto holder = leases_.give(now, id, lease);
  if (!holder || ++record_.double_leases > kDoubleLeasesShownMax) return;
  const std::string until = holder->until == kNever ? "for ever" : "until " + text_of(holder->until.time_since_epoch());
  record_.double_lease_lines.push_back(std::string(lease.address.text().view()) + " was given to machine " +
                                       std::to_string(id.value()) + " at " + text_of(now.time_since_epoch()) +
                                       "; machine " + std::to_string(holder->machine.value()) + " has it " + until);
}

void Recorder::on_file(Instant /*now*/, MachineId machine, const FileReceived& file) {
  ledger_.add(machine, file);
}

void Recorder::on_bytes(Instant now, MachineId machine, std::uint64_t bytes) {
  sample(now).bytes += bytes;
  record_.bytes += bytes;
  MachineRecord& record = record_.machines[machine.value()];
  record.bytes += bytes;
  if (is_done(record)) count_.done_bytes += bytes;
}

void Recorder::on_incident(Instant now, MachineId id, Incident incident) {
  MachineRecord& machine = record_.machines[id.value()];
  ++record_.incidents[static_cast<std::size_t>(incident)];
  switch (incident) {
    case Incident::kRetransmit:
      ++machine.retransmits;
      break;
    case Incident::kRepeatedBlock:
      ++machine.repeated_blocks;
      break;
    case Incident::kNotFound:
      ++machine.not_found;
      break;
    case Incident::kRefusal:
      ++machine.refusals;
      ++sample(now).refusals;
      break;
    case Incident::kNak:
      leases_.take_back(id);
      break;
  }
}

void Recorder::on_failure(Instant now, MachineId id, Failure failure, std::string_view detail) {
  RateSample& tick = sample(now);
  MachineRecord& machine = record_.machines[id.value()];
  if (machine.failure != Failure::kNone) return;  // the first thing that went wrong counts
  count_out(machine);
  machine.failure = failure;
  machine.ended = now;
  machine.detail = detail.substr(0, kDetailBytesMax);
  count_failed_boot(id);
  count_in(machine);
  tick.done = count_.done;
  tick.failed = count_.failed;
}

// Here and not when it restarts, which makes the machine's record forget why.
void Recorder::count_failed_boot(MachineId id) {
  const MachineRecord& machine = record_.machines[id.value()];
  if (machine.failure == Failure::kRunEnded && machine.stage == Stage::kOff) return;  // it never began one
  FailedBoots& failed = record_.failed_boots[static_cast<std::size_t>(machine.failure)];
  if (failed.boots++ == 0) failed = {1, id.value(), machine.stage, machine.detail};
}

void Recorder::note(std::string text) {
  if (record_.notes.size() >= kNotesMax) return;
  if (std::find(record_.notes.begin(), record_.notes.end(), text) != record_.notes.end()) return;
  record_.notes.push_back(std::move(text));
}

ProgressSnapshot Recorder::snapshot(Instant now) const {
  ProgressSnapshot snapshot;
  snapshot.now = now;
  snapshot.machines = static_cast<std::uint32_t>(record_.machines.size());
  snapshot.done = count_.done;
  snapshot.failed = count_.failed;
  snapshot.inside = count_.inside;
  std::uint32_t beyond = count_.done;
  for (std::size_t stage = kStageCount; stage-- > 0;) {
    snapshot.passed[stage] = beyond;
    beyond += count_.inside[stage] + count_.stopped[stage];
  }
  snapshot.bytes = record_.bytes;
  snapshot.done_bytes = count_.done_bytes;
  snapshot.refusals = record_.incidents[static_cast<std::size_t>(Incident::kRefusal)];
  return snapshot;
}

// Wrong bytes are worse than any other end of a boot, and take its place.
void Recorder::blame(const LedgerOutcome& outcome) {
  for (const WrongBytes& wrong : outcome.machines) {
    MachineRecord& machine = record_.machines[wrong.machine.value()];
    count_out(machine);
    machine.failure = Failure::kWrongBytes;
    machine.detail = wrong.detail.substr(0, kDetailBytesMax);
    count_in(machine);
  }
  record_.rate.back().done = count_.done;
  record_.rate.back().failed = count_.failed;
  record_.wrong_files = outcome.wrong_files;
  record_.files = outcome.files;
  record_.files_checked = outcome.files_checked;
  record_.files_unproven = outcome.files_unproven;
  record_.files_unchecked = outcome.files_unchecked;
  for (const std::string& text : outcome.notes) note(text);
}

RunRecord Recorder::finish(Instant now) {
  for (std::uint32_t i = 0; i < record_.machines.size(); ++i) {
    const MachineRecord& machine = record_.machines[i];
    if (machine.stage == Stage::kDone || machine.failure != Failure::kNone) continue;
    on_failure(
        now, MachineId(i), Failure::kRunEnded,
        machine.stage == Stage::kOff ? "never switched on" : "still in " + std::string(stage_name(machine.stage)));
  }
  sample(now);
  record_.took = now.time_since_epoch();
  blame(ledger_.check());
  return std::move(record_);
}

}  // namespace rackcast::sim
