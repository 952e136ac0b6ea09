#include "core/board/machine_track.h"

#include <algorithm>

namespace rackcast {
namespace {

std::size_t index_of(Stage stage) {
  return static_cast<std::size_t>(stage);
}

bool is_firmware(const Machine& machine) {
  const std::string_view vendor = machine.vendor_class;
  return !machine.ipxe && (vendor.starts_with("PXEClient") || vendor.starts_with("HTTPClient"));
}

}  // namespace

void MachineTrack::progress(WallTime at) {
  progress_at_ = std::max(progress_at_, at);
}

void MachineTrack::reach(Stage stage, WallTime at) {
  if (boots_ == 0) boots_ = 1;
  StageTimes& times = stages_[index_of(stage)];
  if (!times.first) times.first = at;
  times.last = at;
  if (furthest_ && *furthest_ >= stage) return;
  furthest_ = stage;
  progress(at);
}

// A DHCP dialogue later than the last transfer of the boot before already belongs to the new one.
void MachineTrack::start_boot(WallTime at) {
  furthest_.reset();
  stages_ = {};
  running_.clear();
  package_fetched_ = false;
  released_at_.reset();
  asked_again_.reset();
  file_.clear();
  file_done_ = file_total_ = bytes_boot_ = 0;
  retransmits_ = not_found_ = not_followed_ = 0;
  refusals_.clear();
  progress_at_ = at;
  ++boots_;
  for (std::size_t i = 0; i < dhcp_at_.size(); ++i)
    if (dhcp_at_[i] && *dhcp_at_[i] > traffic_at_) reach(static_cast<Stage>(i), *dhcp_at_[i]);
}

void MachineTrack::on_discover(const Event& event) {
  dhcp_at_[index_of(Stage::kDiscover)] = event.at;
  // An installed machine that asks for an address either boots from the network again or runs its own system, and then
  // it stays done. Its record, published with the ACK, or an NBP fetched will tell.
  if (reached(Stage::kPackages) || released_at_)
    asked_again_ = event.at;
  else
    reach(Stage::kDiscover, event.at);
}

void MachineTrack::on_address(const Event& event, Stage stage) {
  dhcp_at_[index_of(stage)] = event.at;
  if (reached(Stage::kPackages) || released_at_) return;
  reach(stage, event.at);
  // Linux asking for its address again is the sign that the kernel runs.
  if (stage == Stage::kAck && reached(Stage::kKernel)) progress(event.at);
}

void MachineTrack::on_dhcp(const Event& event) {
  seen_ = std::max(seen_, event.at);
  if (!event.hostname.empty()) hostname_ = std::string(event.hostname.view());
  switch (event.kind) {
    case EventKind::kDhcpDiscover:
    case EventKind::kBootpRequest:
      if (!event.detail.empty()) refuse(event);
      on_discover(event);
      return;
    case EventKind::kDhcpRequest:
      if (!event.detail.empty()) refuse(event);
      return;
    case EventKind::kDhcpOffer:
      on_address(event, Stage::kOffer);
      return;
    case EventKind::kDhcpAck:
    case EventKind::kBootpReply:
      on_address(event, Stage::kAck);
      return;
    case EventKind::kDhcpRelease:
      if (reached(Stage::kKickstart) && !released_at_) released_at_ = event.at;
      return;
    default:
      return;
  }
}

void MachineTrack::on_machine(const Machine& machine) {
  seen_ = std::max(seen_, machine.seen);
  firmware_ = is_firmware(machine);
  netboots_ = netboots_ || firmware_ || machine.ipxe;
  if (machine.architecture != 0xFFFF) architecture_ = machine.architecture;
  if (!machine.hostname.empty()) hostname_ = std::string(machine.hostname.view());
  if (asked_again_ && firmware_ && machine.seen >= *asked_again_) start_boot(*asked_again_);
}

MachineTrack::Running* MachineTrack::running_for(const Event& event) {
  const auto found = std::find_if(running_.begin(), running_.end(), [&](const Running& running) {
    return running.protocol == event.protocol && running.transfer == event.transfer;
  });
  if (found != running_.end()) return &*found;
  if (event.kind != EventKind::kTransferStarted && event.kind != EventKind::kTransferProgress) return nullptr;
  if (running_.size() == kRunningMax)
    std::erase_if(running_, [&](const Running& running) { return event.at - running.at >= kTransferForgotten; });
  if (running_.size() == kRunningMax) {
    ++not_followed_;
    return nullptr;
  }
  // First heard of in the middle (we were restarted, or lost its start): what it moved before is not ours to count.
  return &running_.emplace_back(Running{event.protocol, event.transfer, event.bytes_done, event.retransmits, event.at});
}

void MachineTrack::follow(const Event& event) {
  Running whole;  // a transfer that is reported only at its end (small files) counts whole
  Running* running = running_for(event);
  if (running == nullptr) {
    if (event.kind == EventKind::kTransferStarted || event.kind == EventKind::kTransferProgress) return;
    running = &whole;
  }
  const std::uint64_t moved = event.bytes_done > running->bytes_done ? event.bytes_done - running->bytes_done : 0;
  const std::uint32_t again = event.retransmits > running->retransmits ? event.retransmits - running->retransmits : 0;
  running->bytes_done += moved;
  running->retransmits += again;
  running->at = event.at;
  if (!event.upload) bytes_boot_ += moved;
  retransmits_ += again;
  if (moved == 0) return;
  rate_.add(moved, event.at);
  progress(event.at);
}

void MachineTrack::end(const Event& event) {
  std::erase_if(running_, [&](const Running& running) {
    return running.protocol == event.protocol && running.transfer == event.transfer;
  });
}

void MachineTrack::refuse(const Event& event) {
  const std::string_view reason = event.detail.empty() ? std::string_view("refused") : event.detail.view();
  auto found = std::find_if(refusals_.begin(), refusals_.end(), [&](const Refusal& r) { return r.reason == reason; });
  if (found == refusals_.end() && refusals_.size() < kReasonsMax) {
    refusals_.push_back({std::string(reason), 1});
    return;
  }
  if (found == refusals_.end())
    found = std::find_if(refusals_.begin(), refusals_.end(), [](const Refusal& r) { return r.reason == "other"; });
  if (found == refusals_.end()) {
    refusals_.push_back({"other", 0});
    found = refusals_.end() - 1;
  }
  ++found->count;
}

void MachineTrack::on_transfer(const Event& event, const PathClass& path) {
  seen_ = std::max(seen_, event.at);
  if (event.kind == EventKind::kNotFound) {
    ++not_found_;
    return;
  }
  if (event.kind == EventKind::kRefused) {
    refuse(event);
    return;
  }
  const bool started = event.kind == EventKind::kTransferStarted;
  const bool failed = event.kind == EventKind::kTransferFailed;
  // Only firmware fetches an NBP; once a kernel was fetched, it means that the machine started over.
  if (started && path.stage == Stage::kNbp && !path.module && reached(Stage::kKernel)) start_boot(event.at);
  if (boots_ == 0) boots_ = 1;
  traffic_at_ = std::max(traffic_at_, event.at);
  follow(event);
  // A transfer that failed having moved nothing (a size probe, a refused data connection) is no step forward.
  if (path.stage && !(failed && event.bytes_done == 0)) {
    reach(*path.stage, event.at);
    netboots_ = netboots_ || *path.stage <= Stage::kInitrd;
    if (*path.stage >= Stage::kKickstart) asked_again_.reset();
  }
  // Asking for the same file again is no progress: that is what a machine behind a firewall does.
  if (started && event.path.view() != file_) progress(event.at);
  file_ = std::string(event.path.view());
  file_done_ = event.bytes_done;
  file_total_ = event.bytes_total;
  if (event.kind == EventKind::kTransferDone) {
    progress(event.at);
    package_fetched_ = package_fetched_ || path.package;
  }
  if (failed || event.kind == EventKind::kTransferDone) end(event);
}

bool MachineTrack::is_done(WallTime now) const {
  if (released_at_) return true;
  return reached(Stage::kPackages) && package_fetched_ && !transferring(now) && now - traffic_at_ >= kQuietWhenDone;
}

bool MachineTrack::transferring(WallTime now) const {
  return std::any_of(running_.begin(), running_.end(),
                     [&](const Running& running) { return now - running.at < kTransferForgotten; });
}

Duration MachineTrack::patience(WallTime now) const {
  if (transferring(now)) return kStuckInTransfer;
  if (!reached(Stage::kAck)) return kStuckInDhcp;
  if (!reached(Stage::kKernel)) return kStuckInBootLoader;
  return reached(Stage::kKickstart) ? kStuckInInstaller : kStuckAfterKernel;
}

std::optional<WallTime> MachineTrack::stuck_since(WallTime now) const {
  if (!furthest_ || is_done(now)) return std::nullopt;
  // A machine that only wanted an address has it.
  if (furthest_ == Stage::kAck && !netboots_ && !transferring(now)) return std::nullopt;
  if (now - progress_at_ <= patience(now)) return std::nullopt;
  return progress_at_;
}

MachineView MachineTrack::view(WallTime now) const {
  MachineView view;
  view.mac = mac;
  view.address = address;
  view.hostname = hostname_;
  view.architecture = architecture_;
  view.stages = stages_;
  view.stage = furthest_.value_or(Stage::kDiscover);
  view.done = is_done(now);
  if (view.done) {
    view.stage = Stage::kDone;
    const WallTime at = released_at_.value_or(traffic_at_ + kQuietWhenDone);
    view.stages[index_of(Stage::kDone)] = {at, at};
  }
  view.file = file_;
  view.bytes_done = file_done_;
  view.bytes_total = file_total_;
  if (file_total_ > 0)
    view.percent = std::min(100.0, 100.0 * static_cast<double>(file_done_) / static_cast<double>(file_total_));
  view.bytes_boot = bytes_boot_;
  view.rate_bytes_per_s = rate_.value(now);
  view.retransmits = retransmits_;
  view.not_found = not_found_;
  view.not_followed = not_followed_;
  view.refusals = refusals_;
  view.stuck_since = stuck_since(now);
  view.boots = boots_;
  view.seen = seen_;
  return view;
}

}  // namespace rackcast
