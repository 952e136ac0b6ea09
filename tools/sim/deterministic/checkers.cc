#include "tools/sim/deterministic/checkers.h"

#include <algorithm>
#include <cstdio>
#include <map>

#include "core/images/path.h"
#include "proto/bytes/ascii.h"
#include "tools/sim/deterministic/world.h"

namespace rackcast::sim {

namespace {

std::string address_text(std::uint32_t address) {
  return std::string(net::Ipv4Address(address).text().view());
}

std::string seconds_text(Span span) {
  std::array<char, 32> room{};
  std::snprintf(room.data(), room.size(), "%.6f s", std::chrono::duration<double>(span).count());
  return room.data();
}

}  // namespace

std::string_view invariant_name(Invariant invariant) {
  static constexpr std::array<std::string_view, kInvariantCount> kNames{
      "one machine per address",   "bytes of one generation",   "every transfer ends", "nothing leaks",
      "no more bytes than needed", "no source above its limit", "nobody starved",      "no answer withheld"};
  return kNames[static_cast<std::size_t>(invariant)];
}

std::string violation_line(std::uint64_t seed, const Violation& violation) {
  std::string line = "seed " + std::to_string(seed);
  if (violation.machine) line += ", machine " + std::to_string(violation.machine->value());
  line += ", " + seconds_text(violation.at.time_since_epoch()) + ": ";
  line += invariant_name(violation.invariant);
  return line + ": " + violation.what;
}

void LeaseChecker::on_lease(Instant now, MachineId machine, const LeaseReceived& lease) {
  const auto holder = book_.give(now, machine, lease);
  if (!holder) return;
  out_.add({Invariant::kLease, now, machine,
            address_text(lease.address.value()) + " is machine " + std::to_string(holder->machine.value()) +
                "'s until " + seconds_text(holder->until.time_since_epoch())});
}

// What a client means by a name is the server's to find out: for one that the tree does not have, any file of that name
// in another folder or another case, without a byte too many, may be what came; for one that begins with no text, any.
std::vector<const VirtualTree::File*> FileChecker::meant_by(std::string_view path) const {
  while (!path.empty() && path.back() == '\xFF') path.remove_suffix(1);
  const NormalizedPath normalized = normalize_path(path, kTreeRoot);
  if (normalized.reject) return {};
  if (const VirtualTree::File* known = tree_.find(normalized.path.view())) return {known};
  const auto last_part = [](std::string_view name) { return name.substr(name.rfind('/') + 1); };
  const std::string_view asked = last_part(normalized.path.view());
  const bool garbage = !asked.empty() && (asked.front() < ' ' || asked.front() == '?');
  std::vector<const VirtualTree::File*> files;
  for (const auto& [name, file] : tree_.files())
    if (garbage || bytes::equal_any_case(last_part(name), asked)) files.push_back(&file);
  return files;
}

void FileChecker::on_file(Instant now, MachineId machine, const FileReceived& file) {
  const std::vector<const VirtualTree::File*> meant = meant_by(file.path);
  const std::string path(file.path);
  if (meant.empty()) {
    out_.add({Invariant::kFile, now, machine, path + " came whole, but the tree has no such file"});
    return;
  }
  std::size_t generations = 0;
  for (const VirtualTree::File* known : meant) {
    generations += known->generations.size();
    for (const FileGeneration& generation : known->generations)
      if (generation.bytes == file.bytes && generation.digest == file.digest) return;
  }
  out_.add({Invariant::kFile, now, machine,
            path + ": " + std::to_string(file.bytes) + " bytes that are none of its " + std::to_string(generations) +
                " generations"});
}

bool EndChecker::at_end(const World& world, bool settled) {
  if (settled) return true;
  out_.add({Invariant::kEnd, world.now(), std::nullopt,
            std::to_string(world.server().in_flight()) + " transfers or held replies did not end"});
  return false;
}

void LeakChecker::at_end(World& world) {
  const std::pair<const char*, std::size_t> left[] = {
      {"image pins", world.server().pins_in_use()},
      {"transmit slots", world.server().slots_in_use()},
      {"received datagrams not released", world.server().datagrams_held()},
      {"answers of the stores", world.server().stores().waiting()},
      {"frames", world.network().frames().in_use()},
      {"HTTP and FTP fetches", world.streams().running()},
  };
  for (const auto& [what, count] : left)
    if (count > 0)
      out_.add({Invariant::kLeak, world.now(), std::nullopt, std::to_string(count) + " " + what + " left over"});
}

void BytesChecker::on_closed(Instant now, const TransferFacts& transfer) {
  const std::uint64_t repeated = transfer.bytes_sent - transfer.bytes_needed;
  const std::uint64_t allowed =
      transfer.bytes_needed / 10 + std::uint64_t{transfer.faults} * transfer.window * transfer.datagram_bytes;
  if (repeated <= allowed) return;
  out_.add({Invariant::kBytes, now, std::nullopt,
            "to " + std::string(transfer.client.text().view()) + " from port " + std::to_string(transfer.tid.value()) +
                ": " + std::to_string(transfer.bytes_sent) + " bytes sent, " + std::to_string(transfer.bytes_needed) +
                " needed, " + std::to_string(transfer.faults) +
                " datagrams lost, reordered, duplicated or late, window " + std::to_string(transfer.window)});
}

void SourceChecker::on_started(Instant now, const TransferFacts& transfer) {
  if (per_source_ == 0) return;
  const std::uint32_t running = ++running_[transfer.client.address.v4().value()];
  if (running <= per_source_) return;
  out_.add({Invariant::kSource, now, std::nullopt,
            std::string(transfer.client.address.text().view()) + " has " + std::to_string(running) +
                " transfers at once, its limit is " + std::to_string(per_source_)});
}

void SourceChecker::on_ended(const TransferFacts& transfer) {
  if (per_source_ == 0) return;
  const auto it = running_.find(transfer.client.address.v4().value());
  if (it != running_.end() && --it->second == 0) running_.erase(it);
}

FairnessChecker::FairnessChecker(Violations& out, const RunPlan& plan, bool queued)
    : out_(out), plan_(plan), queued_(queued), outcomes_(plan.machines.size()) {}

void FairnessChecker::on_stage(Instant now, MachineId machine, Stage stage) {
  Outcome& outcome = outcomes_[machine.value()];
  if (stage == Stage::kOff) outcome = {};  // a reset
  if (stage == Stage::kDone) outcome.took = now - plan_.machines[machine.value()].power_on;
}

void FairnessChecker::on_failure(MachineId machine, Failure failure) {
  outcomes_[machine.value()].failure = failure;
}

void FairnessChecker::at_end(Instant now) {
  if (plan_.weather.loss > 0) return;
  tell_starved(now);
  // Clients take blocks in order: what was overtaken is lost to a window, and waits for a time-out as if it were.
  if (plan_.weather.reorder > 0 || queued_) return;
  struct Times {
    std::vector<Span> done;
    std::pair<Span, std::uint32_t> slowest;  // and which machine, done or still at it
  };
  std::map<std::string_view, Times> by_profile;
  for (std::uint32_t i = 0; i < outcomes_.size(); ++i) {
    const MachinePlan& machine = plan_.machines[i];
    const Outcome& outcome = outcomes_[i];
    const bool at_it = outcome.failure == Failure::kNone || outcome.failure == Failure::kRunEnded;
    if (machine.exempt_from_fairness || !at_it || now <= machine.power_on) continue;
    Times& times = by_profile[machine.profile->name];
    if (outcome.took > Span{}) times.done.push_back(outcome.took);
    times.slowest = std::max(times.slowest, {outcome.took > Span{} ? outcome.took : now - machine.power_on, i});
  }
  for (auto& [profile, times] : by_profile) {
    if (times.done.empty()) continue;
    const auto middle = times.done.begin() + static_cast<std::ptrdiff_t>(times.done.size() / 2);
    std::nth_element(times.done.begin(), middle, times.done.end());
    const auto [slowest, machine] = times.slowest;
    if (slowest <= 2 * *middle) continue;
    const std::string took = outcomes_[machine].took > Span{} ? "took " : "is not done after ";
    out_.add(
        {Invariant::kFairness, now, MachineId{machine},
         took + seconds_text(slowest) + ", the median of " + std::string(profile) + " is " + seconds_text(*middle)});
  }
}

// Nothing was lost on the way of these, and yet they heard nothing.
void FairnessChecker::tell_starved(Instant now) const {
  for (std::uint32_t i = 0; i < outcomes_.size(); ++i) {
    if (!is_silence(outcomes_[i].failure) || plan_.machines[i].cut_until > Instant{}) continue;
    out_.add({Invariant::kFairness, now, MachineId{i},
              "starved: " + std::string(failure_name(outcomes_[i].failure)) + ", though nothing was lost"});
  }
}

}  // namespace rackcast::sim
