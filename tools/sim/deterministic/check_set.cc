#include "tools/sim/deterministic/check_set.h"

#include "tools/sim/deterministic/world.h"

namespace rackcast::sim {

namespace {

constexpr net::UdpPort kTftpPort{69};

}  // namespace

CheckSet::Attached::Attached(CheckSet& set, World& w)
    : world(w),
      files(set.violations_, w.tree()),
      transfers(w.layout().server(), kTftpPort, set),
      withheld(set.violations_, w.layout().server(), w.layout().segment_of, set.options_.turns) {}

CheckOptions checks_of(const AdmissionConfig& limits) {
  CheckOptions options;
  options.per_source = limits.per_source.value_or(0);
  options.queued = limits.instances || limits.cps;
  options.turns = options.queued || limits.per_source;
  return options;
}

CheckSet::CheckSet(const RunPlan& plan, CheckOptions options, Observer* next)
    : plan_(plan),
      options_(options),
      next_(next),
      leases_(violations_, static_cast<std::uint32_t>(plan.machines.size())),
      ends_(violations_),
      leaks_(violations_),
      bytes_(violations_),
      sources_(violations_, options.per_source),
      fairness_(violations_, plan, options.queued) {}

void CheckSet::attach(World& world) {
  attached_ = std::make_unique<Attached>(*this, world);
  world.watch_probes(
      [this](const net::MacAddress& client, Instant answered) { attached_->withheld.on_probe(client, answered); });
}

void CheckSet::at_end(World& world) {
  next_ = nullptr;
  fairness_.at_end(world.now());
  const bool settled = world.settle(kSettleBound);
  attached_->transfers.close_all();
  if (!ends_.at_end(world, settled)) return;  // what did not end holds pins by right
  world.rest(kRestTime);
  leaks_.at_end(world);
}

Instant CheckSet::now() const {
  return attached_->world.now();
}

void CheckSet::on_stage(Instant at, MachineId machine, Stage stage) {
  fairness_.on_stage(at, machine, stage);
  if (stage == Stage::kOff && attached_) {
    const net::Ipv4Address address = attached_->world.address_of(machine);
    attached_->transfers.forget_client(address);
    attached_->withheld.forget(machine, address);
  }
  if (next_ != nullptr) next_->on_stage(at, machine, stage);
}

void CheckSet::on_lease(Instant at, MachineId machine, const LeaseReceived& lease) {
  leases_.on_lease(at, machine, lease);
  if (next_ != nullptr) next_->on_lease(at, machine, lease);
}

void CheckSet::on_file(Instant at, MachineId machine, const FileReceived& file) {
  attached_->files.on_file(at, machine, file);
  if (next_ != nullptr) next_->on_file(at, machine, file);
}

void CheckSet::on_bytes(Instant at, MachineId machine, std::uint64_t bytes) {
  if (next_ != nullptr) next_->on_bytes(at, machine, bytes);
}

void CheckSet::on_incident(Instant at, MachineId machine, Incident incident) {
  if (incident == Incident::kNak) leases_.on_nak(machine);
  if (next_ != nullptr) next_->on_incident(at, machine, incident);
}

void CheckSet::on_failure(Instant at, MachineId machine, Failure failure, std::string_view detail) {
  fairness_.on_failure(machine, failure);
  if (next_ != nullptr) next_->on_failure(at, machine, failure, detail);
}

void CheckSet::on_sent(const io::SimFrame& frame) {
  if (attached_ == nullptr) return;
  attached_->transfers.on_sent(now(), frame);
  attached_->withheld.on_sent(now(), frame);
}

void CheckSet::on_arrived(const io::SimFrame& frame) {
  if (attached_ == nullptr) return;
  attached_->transfers.on_arrived(now(), frame);
  attached_->withheld.on_arrived(now(), frame);
}

void CheckSet::on_fault(const io::SimFrame& frame, io::SimFault fault) {
  if (attached_ == nullptr) return;
  attached_->transfers.on_fault(now(), frame);
  if (fault == io::SimFault::kLost) attached_->withheld.on_lost(frame);
}

void CheckSet::on_started(const TransferFacts& transfer) {
  sources_.on_started(now(), transfer);
}

void CheckSet::on_ended(const TransferFacts& transfer) {
  sources_.on_ended(transfer);
}

void CheckSet::on_closed(const TransferFacts& transfer) {
  bytes_.on_closed(now(), transfer);
}

}  // namespace rackcast::sim
