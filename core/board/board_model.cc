#include "core/board/board_model.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "core/config/config.h"
#include "core/random_seed.h"

namespace rackcast {

namespace {

constexpr std::size_t kBucketsAtStart = 64;

// Anybody can forge a TFTP request; acknowledging what was sent takes being there, and so does a TCP connection.
bool shows_a_real_peer(const Event& event) {
  switch (event.kind) {
    case EventKind::kTransferStarted:
      return event.protocol != Protocol::kTftp;
    case EventKind::kTransferProgress:
    case EventKind::kTransferDone:
      return true;
    default:
      return false;
  }
}

}  // namespace

BoardModel::BoardModel(std::vector<std::string> boot_files, std::size_t machines_max, std::size_t strangers_max)
    : machines_max_(std::max<std::size_t>(1, machines_max)),
      strangers_max_(std::max<std::size_t>(1, strangers_max)),
      boot_files_(std::move(boot_files)),
      macs_(kBucketsAtStart, KeyHash{random_seed()}),
      addresses_(kBucketsAtStart, KeyHash{random_seed()}) {}

void BoardModel::set_boot_files(std::vector<std::string> boot_files) {
  const std::scoped_lock lock(mutex_);
  boot_files_ = std::move(boot_files);
}

BoardModel::List::iterator BoardModel::touch(List::iterator machine) {
  List& list = list_of(*machine);
  list.splice(list.begin(), list, machine);
  return machine;
}

void BoardModel::evict(List& list) {
  const auto last = std::prev(list.end());
  if (!last->mac.is_zero()) macs_.erase(last->mac);
  if (const auto found = addresses_.find(last->address); found != addresses_.end() && found->second == last)
    addresses_.erase(found);
  list.erase(last);
  ++totals_.evicted;
}

BoardModel::List::iterator BoardModel::make(List& list, std::size_t max) {
  if (list.size() >= max) evict(list);
  list.emplace_front();
  return list.begin();
}

MachineTrack* BoardModel::by_mac(const net::MacAddress& mac) {
  if (mac.is_zero()) return nullptr;
  if (const auto found = macs_.find(mac); found != macs_.end()) return &*touch(found->second);
  const auto machine = make(machines_, machines_max_);
  machine->mac = mac;
  macs_.emplace(mac, machine);
  return &*machine;
}

MachineTrack* BoardModel::by_address(const net::IpAddress& address, bool make_stranger) {
  if (const auto found = addresses_.find(address); found != addresses_.end()) return &*touch(found->second);
  if (!make_stranger) return nullptr;
  const auto machine = make(strangers_, strangers_max_);
  machine->address = address;
  addresses_.emplace(address, machine);
  return &*machine;
}

// The lease names the machine at an address. One that we knew only by that address becomes this machine when it has no
// history of its own (we were restarted in the middle of its boot); an older holder of the address only loses it.
void BoardModel::assign_address(const net::MacAddress& mac, const net::IpAddress& address) {
  if (mac.is_zero() || address.is_any()) return;
  const auto at_address = addresses_.find(address);
  auto machine = macs_.find(mac);
  if (at_address != addresses_.end() && at_address->second->mac.is_zero()) {
    const auto nameless = at_address->second;
    if (machine == macs_.end()) {
      if (machines_.size() >= machines_max_) evict(machines_);
      machines_.splice(machines_.begin(), strangers_, nameless);
      nameless->mac = mac;
      machine = macs_.emplace(mac, nameless).first;
    } else {
      addresses_.erase(at_address);
      strangers_.erase(nameless);
    }
  }
  if (machine == macs_.end()) {
    by_mac(mac);
    machine = macs_.find(mac);
  }
  const auto track = machine->second;
  if (const auto old = addresses_.find(track->address);
      old != addresses_.end() && old->second == track && track->address != address)
    addresses_.erase(old);
  track->address = address;
  addresses_.insert_or_assign(address, track);
}

void BoardModel::on_dhcp(const Event& event) {
  if (event.kind == EventKind::kDhcpAck || event.kind == EventKind::kBootpReply)
    assign_address(event.mac, event.address);
  if (MachineTrack* const machine = by_mac(event.mac)) machine->on_dhcp(event);
}

void BoardModel::on_transfer(const Event& event) {
  switch (event.kind) {
    case EventKind::kTransferDone:
      ++totals_.transfers_done;
      totals_.bytes_sent += event.upload ? 0 : event.bytes_done;
      break;
    case EventKind::kTransferFailed:
      ++totals_.transfers_failed;
      totals_.bytes_sent += event.upload ? 0 : event.bytes_done;
      break;
    case EventKind::kNotFound:
      ++totals_.not_found;
      break;
    case EventKind::kRefused:
      ++totals_.refused;
      break;
    default:
      break;
  }
  MachineTrack* machine = by_mac(event.mac);
  if (machine == nullptr) {
    if (event.address.is_any()) return;
    machine = by_address(event.address, shows_a_real_peer(event));
    if (machine == nullptr) return;
  } else if (machine->address.is_any()) {
    assign_address(event.mac, event.address);
  }
  // What a machine sends is no step of its boot, whatever it is called.
  machine->on_transfer(event, event.upload ? PathClass{} : classify_path(event.path, boot_files_));
}

void BoardModel::on_event(const Event& event) {
  const std::scoped_lock lock(mutex_);
  ++totals_.events;
  switch (event.kind) {
    case EventKind::kNotice:
    case EventKind::kWarning:
      return;
    case EventKind::kTransferStarted:
    case EventKind::kTransferProgress:
    case EventKind::kTransferDone:
    case EventKind::kTransferFailed:
    case EventKind::kNotFound:
    case EventKind::kRefused:
      on_transfer(event);
      return;
    default:
      on_dhcp(event);
  }
}

void BoardModel::on_machine(const Machine& machine) {
  const std::scoped_lock lock(mutex_);
  assign_address(machine.mac, net::IpAddress(machine.address));
  if (MachineTrack* const track = by_mac(machine.mac)) track->on_machine(machine);
}

std::vector<MachineView> BoardModel::machines(WallTime now) const {
  std::vector<MachineView> views;
  {
    const std::scoped_lock lock(mutex_);
    views.reserve(machines_.size() + strangers_.size());
    for (const List* list : {&machines_, &strangers_})
      for (const MachineTrack& machine : *list) views.push_back(machine.view(now));
  }
  std::sort(views.begin(), views.end(), [](const MachineView& a, const MachineView& b) {
    return std::tie(a.address, a.mac) < std::tie(b.address, b.mac);
  });
  return views;
}

BoardStats BoardModel::stats(WallTime now) const {
  const std::scoped_lock lock(mutex_);
  BoardStats stats = totals_;
  stats.machines = machines_.size() + strangers_.size();
  for (const List* list : {&machines_, &strangers_}) {
    for (const MachineTrack& machine : *list) {
      const MachineView view = machine.view(now);
      ++stats.at_stage[static_cast<std::size_t>(view.stage)];
      if (view.stuck_since) ++stats.stuck;
    }
  }
  return stats;
}

std::vector<std::string> boot_files_of(const Config& config) {
  std::vector<std::string> files;
  const auto add = [&](const std::string& file) {
    if (file.empty() || file.find("://") != std::string::npos || file.find("{{") != std::string::npos) return;
    files.push_back(file.substr(file.find_first_not_of('/') == std::string::npos ? 0 : file.find_first_not_of('/')));
  };
  if (!config.dhcp) return files;
  for (const auto& [architecture, file] : config.dhcp->boot.by_architecture) add(file);
  for (const HostConfig& host : config.dhcp->hosts)
    if (host.filename) add(*host.filename);
  std::sort(files.begin(), files.end());
  files.erase(std::unique(files.begin(), files.end()), files.end());
  return files;
}

}  // namespace rackcast
