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
  const std::uint32_t address = lease.address.value();
  if (const auto mine = address_of_.find(machine); mine != address_of_.end() && mine->second != address) {
    // One machine, one address: the server ends the old lease with the new one.
    const auto old = by_address_.find(mine->second);
    if (old != by_address_.end() && old->second.machine == machine) by_address_.erase(old);
  }
  const auto holder = by_address_.find(address);
  if (holder != by_address_.end() && holder->second.machine != machine && holder->second.until > now) {
    out_.add({Invariant::kLease, now, machine,
              address_text(address) + " is machine " + std::to_string(holder->second.machine.value()) + "'s until " +
                  seconds_text(holder->second.until.time_since_epoch())});
  }
  constexpr std::uint32_t kInfinite = 0xFFFF'FFFF;
  by_address_[address] = {machine, lease.seconds == kInfinite ? kNever : now + std::chrono::seconds(lease.seconds)};
  address_of_[machine] = address;
}

// What a client means by a name is the server's to find out: for one that the tree does not have, any file of that name
// in another folder or another case, without a byte too many, may be what came.
std::vector<const VirtualTree::File*> FileChecker::meant_by(std::string_view path) const {
  while (!path.empty() && path.back() == '\xFF') path.remove_suffix(1);
  const NormalizedPath normalized = normalize_path(path, kTreeRoot);
  if (normalized.reject) return {};
  if (const VirtualTree::File* known = tree_.find(normalized.path.view())) return {known};
  const auto last_part = [](std::string_view name) { return name.substr(name.rfind('/') + 1); };
  std::vector<const VirtualTree::File*> files;
  for (const auto& [name, file] : tree_.files())
    if (bytes::equal_any_case(last_part(name), last_part(normalized.path.view()))) files.push_back(&file);
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

void BytesChecker::on_repeat(Instant now, TransferFacts& transfer) {
  if (transfer.reported) return;
  const std::uint64_t repeated = transfer.bytes_sent - transfer.bytes_needed;
  const std::uint64_t allowed =
      transfer.bytes_needed / 10 + std::uint64_t{transfer.faults} * transfer.window * transfer.datagram_bytes;
  if (repeated <= allowed) return;
  transfer.reported = true;
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

FairnessChecker::FairnessChecker(Violations& out, const RunPlan& plan)
    : out_(out), plan_(plan), took_(plan.machines.size()) {}

void FairnessChecker::on_stage(Instant now, MachineId machine, Stage stage) {
  if (stage == Stage::kDone) took_[machine.value()] = now - plan_.machines[machine.value()].power_on;
}

void FairnessChecker::at_end(Instant now) {
  const Weather& weather = plan_.weather;
  if (weather.loss > 0 || weather.duplicate > 0 || weather.reorder > 0) return;
  std::map<std::string_view, std::vector<std::pair<Span, std::uint32_t>>> by_profile;
  for (std::uint32_t i = 0; i < took_.size(); ++i)
    if (took_[i] > Span{} && !plan_.machines[i].exempt_from_fairness)
      by_profile[plan_.machines[i].profile->name].emplace_back(took_[i], i);
  for (auto& [profile, times] : by_profile) {
    const auto middle = times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2);
    std::nth_element(times.begin(), middle, times.end());
    const Span median = middle->first;
    const auto [slowest, machine] = *std::max_element(times.begin(), times.end());
    if (slowest <= 2 * median) continue;
    out_.add(
        {Invariant::kFairness, now, MachineId{machine},
         "took " + seconds_text(slowest) + ", the median of " + std::string(profile) + " is " + seconds_text(median)});
  }
}

}  // namespace rackcast::sim
