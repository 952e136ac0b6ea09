#include "io_backends/sim/sim_network.h"

#include <algorithm>
#include <utility>

namespace rackcast::io {
namespace {

// A token is either a task (top bit) or an arrival: frame index and interface.
constexpr std::uint64_t kTaskBit = std::uint64_t{1} << 63U;

std::uint64_t arrival_token(FrameIndex frame, NicId nic) {
  return (std::uint64_t{frame.value()} << 31U) | nic.value();
}

}  // namespace

SimNetwork::SimNetwork(SimNetworkOptions options)
    : start_(options.start),
      now_(options.start),
      wall_start_(options.wall_start),
      default_faults_(options.faults),
      random_(options.seed),
      frames_(options.frames_preallocated) {
  events_.reserve(options.frames_preallocated);
}

SegmentId SimNetwork::add_segment() {
  segments_.emplace_back();
  return SegmentId{static_cast<std::uint32_t>(segments_.size() - 1)};
}

SimHost& SimNetwork::add_host(std::string name) {
  return hosts_.emplace_back(*this, std::move(name));
}

SimNic& SimNetwork::add_nic(SimHost& host, SegmentId segment, net::MacAddress mac) {
  auto nic = std::make_unique<SimNic>();
  nic->id = NicId{static_cast<std::uint32_t>(nics_.size())};
  nic->host = &host;
  nic->segment = segment;
  nic->mac = mac;
  nic->to_network.faults = default_faults_;
  nic->from_network.faults = default_faults_;
  segments_[segment.value()].macs[mac] = nic.get();
  nics_.push_back(std::move(nic));
  return *nics_.back();
}

void SimNetwork::set_all_faults(const LinkFaults& faults) {
  default_faults_ = faults;
  for (const auto& nic : nics_) {
    nic->to_network.faults = faults;
    nic->from_network.faults = faults;
  }
}

void SimNetwork::set_owner(SimNic& nic, const net::IpAddress& address, bool present) {
  for (auto* owners : {&segments_[nic.segment.value()].owners, &owners_}) {
    if (present) {
      (*owners)[address] = &nic;
    } else if (const auto it = owners->find(address); it != owners->end() && it->second == &nic) {
      owners->erase(it);  // another host may have taken the address meanwhile
    }
  }
}

void SimNetwork::set_listening(SimNic& nic, net::UdpPort port, bool present) {
  auto& listeners = segments_[nic.segment.value()].listeners[port.value()];
  const auto it = std::find_if(listeners.begin(), listeners.end(), [&](const Listening& l) { return l.nic == &nic; });
  if (present) {
    if (it == listeners.end()) {
      listeners.push_back({&nic, 1});
    } else {
      ++it->sockets;
    }
  } else if (it != listeners.end() && --it->sockets == 0) {
    listeners.erase(it);
  }
}

void SimNetwork::set_member(SimNic& nic, const net::IpAddress& group) {
  auto& members = segments_[nic.segment.value()].members[group];
  if (std::find(members.begin(), members.end(), &nic) == members.end()) members.push_back(&nic);
}

SimNic* SimNetwork::owner_on(SegmentId segment, const net::IpAddress& address) const {
  const auto& owners = segments_[segment.value()].owners;
  const auto it = owners.find(address);
  return it == owners.end() ? nullptr : it->second;
}

SimNic* SimNetwork::owner_anywhere(const net::IpAddress& address) const {
  const auto it = owners_.find(address);
  return it == owners_.end() ? nullptr : it->second;
}

void SimNetwork::advance_to(MonotonicTime time) {
  while (!events_.empty() && events_.next_time() <= time) {
    const SimEvent event = events_.pop();
    now_ = std::max(now_, event.at);
    event.target->on_event(event.token);
  }
  if (time != kNever) now_ = std::max(now_, time);
}

void SimNetwork::schedule(MonotonicTime at, std::function<void()> task) {
  const std::uint64_t id = next_task_++;
  tasks_.emplace(id, std::move(task));
  events_.push(at, this, kTaskBit | id);
}

void SimNetwork::on_event(std::uint64_t token) {
  if ((token & kTaskBit) != 0) {
    const auto it = tasks_.find(token & ~kTaskBit);
    const auto task = std::move(it->second);
    tasks_.erase(it);
    task();
    return;
  }
  const FrameIndex frame{static_cast<std::uint32_t>(token >> 31U)};
  SimNic& to = nic(NicId{static_cast<std::uint32_t>(token & 0x7FFF'FFFFU)});
  to.host->receive(to, frame);
  frames_.drop_reference(frame);
}

void SimNetwork::count(LinkVerdict verdict) {
  switch (verdict) {
    case LinkVerdict::kPasses:
      return;
    case LinkVerdict::kLost:
      ++counters_.lost;
      return;
    case LinkVerdict::kPartitioned:
      ++counters_.partitioned;
      return;
    case LinkVerdict::kFragmentsDropped:
      ++counters_.fragments_dropped;
      return;
    case LinkVerdict::kQueueFull:
      ++counters_.queue_full;
      return;
  }
}

// The second half of the way: from the switch down the receiver's cable.
void SimNetwork::send_to(SimNic& to, MonotonicTime entered, FrameIndex index) {
  const SimFrame& frame = frames_.at(index);
  const Passage passage =
      to.from_network.pass(entered, frame.payload.size(), frame.destination.address.is_v6(), random_);
  count(passage.verdict);
  if (passage.verdict != LinkVerdict::kPasses) return;
  if (passage.reordered) ++counters_.reordered;
  for (int copy = 0; copy < (passage.duplicated ? 2 : 1); ++copy) {
    frames_.add_reference(index);
    events_.push(passage.out, this, arrival_token(index, to.id));
  }
  if (passage.duplicated) ++counters_.duplicated;
}

void SimNetwork::transmit(SimNic& from, SimNic* unicast, FrameIndex index) {
  ++counters_.sent;
  const SimFrame& frame = frames_.at(index);
  const net::Endpoint& destination = frame.destination;
  const Passage passage = from.to_network.pass(now_, frame.payload.size(), destination.address.is_v6(), random_);
  count(passage.verdict);
  if (passage.reordered) ++counters_.reordered;
  if (passage.duplicated) ++counters_.duplicated;
  const Segment& segment = segments_[from.segment.value()];
  const int copies = passage.verdict != LinkVerdict::kPasses ? 0 : passage.duplicated ? 2 : 1;
  for (int copy = 0; copy < copies; ++copy) {
    if (frame.hardware) {
      const auto it = segment.macs.find(*frame.hardware);
      if (it != segment.macs.end()) {
        send_to(*it->second, passage.out, index);
      } else {
        ++counters_.nobody_there;
      }
    } else if (unicast != nullptr) {
      send_to(*unicast, passage.out, index);
    } else if (destination.address.is_multicast()) {
      const auto it = segment.members.find(destination.address);
      if (it == segment.members.end()) continue;
      for (SimNic* member : it->second) {
        if (member != &from) send_to(*member, passage.out, index);
      }
    } else {
      const auto it = segment.listeners.find(destination.port.value());
      if (it == segment.listeners.end()) continue;
      for (const Listening& listening : it->second) {
        if (listening.nic != &from) send_to(*listening.nic, passage.out, index);
      }
    }
  }
  frames_.drop_reference(index);
}

}  // namespace rackcast::io
