#include "tools/sim/machines/machine.h"

#include <algorithm>

namespace rackcast::sim {

Machine::Machine(const Setup& setup)
    : profile_(setup.profile),
      facts_(setup.facts),
      carrier_(setup.carrier),
      observer_(setup.observer),
      identity_(setup.identity),
      pace_(setup.pace),
      static_address_(setup.address),
      random_(setup.seed) {}

MachineWorld Machine::world() {
  return {identity_, facts_, pace_, carrier_, observer_, random_};
}

// ---- power

void Machine::power_on(Instant now) {
  if (stage_ != Stage::kOff) observer_.on_stage(now, identity_.id, Stage::kOff);
  forget(now);
  running_ = true;
  if (!static_address_.is_any()) {
    address_ = static_address_;
    carrier_.use_address(identity_.id, address_, kStaticPrefixBits);
  }
  walk(now);
}

void Machine::power_off(Instant now) {
  forget(now);
}

// All but its identity: as after a reset.
void Machine::forget(Instant) {
  cancel_fetches();
  dhcp_.forget();
  tftp_.forget();
  if (!address_.is_any()) carrier_.use_address(identity_.id, net::Ipv4Address(), 0);
  address_ = {};
  lease_ = {};
  current_ = {};
  found_ = {};
  base_ = {};
  kickstart_ = {};
  packages_ = {};
  config_ = {};
  stage_ = Stage::kOff;
  running_ = false;
  step_ = 0;
  name_ = 0;
  ip_digits_ = 0;
  chains_ = 0;
}

void Machine::end(Instant now) {
  if (running_) fail(now, Failure::kRunEnded, "the run's time was over");
}

void Machine::on_local_failure(Instant now, std::string_view detail) {
  if (running_) fail(now, Failure::kLocal, detail);
}

void Machine::finish(Instant now) {
  running_ = false;
  dhcp_.forget();  // a lease is renewed no longer
  config_ = {};
  enter(now, Stage::kDone);
}

void Machine::fail(Instant now, Failure failure, std::string_view detail) {
  running_ = false;
  const std::string kept(detail);  // it may be a part's own, which is reset now
  cancel_fetches();
  dhcp_.forget();
  tftp_.forget();
  config_ = {};
  observer_.on_failure(now, identity_.id, failure, kept);
}

// ---- the walk

bool Machine::uses_dhcp() const {
  return (facts_.skipped_stages & (1U << static_cast<unsigned>(Stage::kDhcp))) == 0;
}

bool Machine::is_skipped(const Step& step) const {
  if (step.kind == StepKind::kDhcp && !uses_dhcp()) return true;
  return (facts_.skipped_stages & (1U << static_cast<unsigned>(step.stage))) != 0;
}

void Machine::enter(Instant now, Stage stage) {
  if (stage == stage_) return;
  stage_ = stage;
  observer_.on_stage(now, identity_.id, stage);
}

// To the next step that has something to wait for.
void Machine::walk(Instant now) {
  while (running_) {
    if (step_ == profile_.steps.size()) {
      finish(now);
      return;
    }
    name_ = 0;
    ip_digits_ = 0;
    if (!is_skipped(step()) && begin_step(now)) return;
    ++step_;
  }
}

void Machine::step_done(Instant now) {
  ++step_;
  walk(now);
}

bool Machine::begin_step(Instant now) {
  const Step& now_at = step();
  // Left out where the run or the configuration has none: such a stage is not entered.
  if (now_at.kind == StepKind::kPackages) return begin_packages(now);
  if (now_at.kind == StepKind::kKickstart) return begin_kickstart(now);
  enter(now, now_at.stage);
  if (now_at.kind != StepKind::kDhcp && base_.server.address.is_any()) base_ = root();  // of a loader without boot file
  switch (now_at.kind) {
    case StepKind::kDhcp:
      return begin_dhcp(now);
    case StepKind::kBootFile:
    case StepKind::kScript:
      return begin_boot_file(now);
    case StepKind::kFiles:
    case StepKind::kLookups:
      return begin_next_name(now);
    case StepKind::kReread:
      return begin_file(now, found_, true);
    case StepKind::kKernel:
      return begin_kernel(now);
    case StepKind::kInitrd:
      return begin_next_initrd(now);
    case StepKind::kKickstart:
    case StepKind::kPackages:
      break;
  }
  return false;
}

bool Machine::begin_dhcp(Instant now) {
  dhcp_.start(now, world(), *step().dhcp);
  return true;
}

void Machine::end_dhcp(Instant now) {
  if (lease_.address != address_) {
    address_ = lease_.address;
    carrier_.use_address(identity_.id, address_, lease_.prefix_bits);
  }
  observer_.on_lease(now, identity_.id, {lease_.address, lease_.server, lease_.seconds, lease_.since});
  step_done(now);
}

// ---- what comes in

void Machine::on_dhcp(Instant now, const net::Endpoint& from, net::UdpPort to, std::span<const std::byte> message) {
  if (!running_) return;
  switch (dhcp_.on_datagram(now, world(), {from.port, to}, message, lease_)) {
    case PartStatus::kDone:
      end_dhcp(now);
      break;
    case PartStatus::kFailed:
      fail(now, dhcp_.failure(), dhcp_.detail());
      break;
    default:
      break;
  }
}

void Machine::on_deadline(Instant now) {
  if (dhcp_.deadline() <= now && dhcp_.on_deadline(now, world()) == PartStatus::kFailed) {
    fail(now, dhcp_.failure(), dhcp_.detail());
    return;
  }
  if (tftp_.deadline() <= now) end_tftp(now, tftp_.on_deadline(now, world()));
  if (guard_ <= now) fail(now, Failure::kTimeout, "a fetch of which nothing was heard");
}

Instant Machine::deadline() const {
  return std::min({dhcp_.deadline(), tftp_.deadline(), guard_});
}

}  // namespace rackcast::sim
