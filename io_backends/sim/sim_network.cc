#include "io_backends/sim/sim_network.h"

#include <algorithm>
#include <utility>

namespace rackcast::io {
namespace {

// A token is either a task (top bit) or an arrival: frame index, and a port (its bit) or an interface.
constexpr std::uint64_t kTaskBit = std::uint64_t{1} << 63U;
constexpr unsigned kFrameShift = 31;
constexpr std::uint64_t kPortBit = std::uint64_t{1} << 30U;

std::uint64_t arrival_token(FrameIndex frame, const SimTarget& to) {
  const std::uint64_t receiver = to.nic != nullptr ? to.nic->id.value() : kPortBit | to.port->value();
  return (std::uint64_t{frame.value()} << kFrameShift) | receiver;
}

}  // namespace

SimNetwork::SimNetwork(SimNetworkOptions options)
    : start_(options.start),
      now_(options.start),
      wall_start_(options.wall_start),
      borrow_bodies_(options.borrow_bodies),
      default_faults_(options.faults),
      random_(options.seed),
      frames_(options.frames_preallocated, options.payload_reserve) {
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
  set_member(nic.segment, group, {.nic = &nic, .port = {}});
}

void SimNetwork::set_member(SegmentId segment, const net::IpAddress& group, const SimTarget& member) {
  auto& members = segments_[segment.value()].members[group];
  if (std::find(members.begin(), members.end(), member) == members.end()) members.push_back(member);
}

SimTarget SimNetwork::owner_on(SegmentId segment, const net::IpAddress& address) const {
  const auto& owners = segments_[segment.value()].owners;
  if (const auto it = owners.find(address); it != owners.end()) return {.nic = it->second, .port = {}};
  const SimTarget anywhere = owner_anywhere(address);
  return anywhere.port && port(*anywhere.port).segment == segment ? anywhere : SimTarget{};
}

SimTarget SimNetwork::owner_anywhere(const net::IpAddress& address) const {
  if (address.is_v4()) {
    const auto port = ports_by_address_.find(address.v4().value());
    if (port != ports_by_address_.end()) return {.nic = nullptr, .port = port->second};
  }
  const auto it = owners_.find(address);
  return it == owners_.end() ? SimTarget{} : SimTarget{.nic = it->second, .port = {}};
}

void SimNetwork::reserve_ports(std::size_t count) {
  ports_.reserve(count);
  ports_by_address_.reserve(count);
}

PortId SimNetwork::add_port(SegmentId segment, net::MacAddress mac, const LinkFaults& faults,
                            SimPortReceiver& receiver) {
  const PortId id{static_cast<std::uint32_t>(ports_.size())};
  SimPort& port = ports_.emplace_back();
  port.segment = segment;
  port.mac = mac;
  port.faults = &faults;
  port.receiver = &receiver;
  segments_[segment.value()].ports.push_back(id);
  return id;
}

void SimNetwork::set_address(PortId id, net::Ipv4Address address) {
  SimPort& port = ports_[id.value()];
  if (const auto it = ports_by_address_.find(port.address.value()); it != ports_by_address_.end() && it->second == id)
    ports_by_address_.erase(it);  // unless another took it meanwhile
  port.address = address;
  if (!address.is_any()) ports_by_address_[address.value()] = id;
}

void SimNetwork::join_group(PortId id, const net::IpAddress& group) {
  set_member(ports_[id.value()].segment, group, {.nic = nullptr, .port = id});
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
  const FrameIndex frame{static_cast<std::uint32_t>(token >> kFrameShift)};
  const auto receiver = static_cast<std::uint32_t>(token & (kPortBit - 1));
  if (tap_ != nullptr) tap_->on_arrived(frames_.at(frame));
  if ((token & kPortBit) != 0) {
    ++counters_.delivered;
    ports_[receiver].receiver->on_frame(PortId{receiver}, frames_.at(frame));
  } else {
    SimNic& to = nic(NicId{receiver});
    to.host->receive(to, frame);
  }
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

void SimNetwork::note(const Passage& passage, FrameIndex index) {
  count(passage.verdict);
  const bool lost = passage.verdict != LinkVerdict::kPasses;
  if (passage.reordered) ++counters_.reordered;
  if (passage.duplicated) ++counters_.duplicated;
  if (tap_ == nullptr) return;
  if (lost) tap_->on_fault(frames_.at(index), SimFault::kLost);
  if (passage.reordered) tap_->on_fault(frames_.at(index), SimFault::kReordered);
  if (passage.duplicated) tap_->on_fault(frames_.at(index), SimFault::kDuplicated);
}

void SimNetwork::nobody_there(FrameIndex index) {
  ++counters_.nobody_there;
  if (tap_ != nullptr) tap_->on_fault(frames_.at(index), SimFault::kNobodyThere);
}

// The second half of the way: from the switch down the receiver's cable.
void SimNetwork::send_to(const SimTarget& to, MonotonicTime entered, FrameIndex index) {
  const SimFrame& frame = frames_.at(index);
  const std::size_t bytes = frame.size();
  const bool v6 = frame.destination.address.is_v6();
  Passage passage;
  if (to.nic != nullptr) {
    passage = to.nic->from_network.pass(entered, bytes, v6, random_);
  } else {
    SimPort& port = ports_[to.port->value()];
    passage = port.from_network.pass(*port.faults, entered, bytes, v6, random_);
  }
  note(passage, index);
  if (passage.verdict != LinkVerdict::kPasses) return;
  for (int copy = 0; copy < (passage.duplicated ? 2 : 1); ++copy) {
    frames_.add_reference(index);
    events_.push(passage.out, this, arrival_token(index, to));
  }
}

void SimNetwork::transmit(SimNic& from, const SimTarget& unicast, FrameIndex index) {
  ++counters_.sent;
  const SimFrame& frame = frames_.at(index);
  if (tap_ != nullptr) tap_->on_sent(frame);
  const Passage passage = from.to_network.pass(now_, frame.size(), frame.destination.address.is_v6(), random_);
  forward(from.segment, {.nic = &from, .port = {}}, unicast, passage, index);
}

void SimNetwork::send(PortId id, const net::Endpoint& source, const net::Endpoint& destination,
                      std::span<const std::byte> payload) {
  constexpr std::uint8_t kUnicastTtl = 64;
  ++counters_.sent;
  const FrameIndex index = frames_.take(payload, {});
  SimFrame& frame = frames_.at(index);
  frame.source = source;
  frame.destination = destination;
  frame.hardware.reset();
  frame.ttl = kUnicastTtl;
  if (tap_ != nullptr) tap_->on_sent(frame);

  SimPort& from = ports_[id.value()];
  SimTarget unicast;
  const net::IpAddress& to = destination.address;
  if (!to.is_multicast() && to != net::IpAddress(net::Ipv4Address::broadcast())) {
    unicast = owner_anywhere(to);
    if (!unicast.found()) {  // nobody answers ARP, or no router knows the way
      nobody_there(index);
      frames_.drop_reference(index);
      return;
    }
  }
  const Passage passage = from.to_network.pass(*from.faults, now_, payload.size(), false, random_);
  forward(from.segment, {.nic = nullptr, .port = id}, unicast, passage, index);
}

SimTarget SimNetwork::owner_of(const Segment& segment, const net::MacAddress& mac) const {
  if (const auto it = segment.macs.find(mac); it != segment.macs.end()) return {.nic = it->second, .port = {}};
  const auto port = std::find_if(segment.ports.begin(), segment.ports.end(),
                                 [&](PortId id) { return ports_[id.value()].mac == mac; });
  return port == segment.ports.end() ? SimTarget{} : SimTarget{.nic = nullptr, .port = *port};
}

void SimNetwork::forward(SegmentId segment_id, const SimTarget& from, const SimTarget& unicast, const Passage& passage,
                         FrameIndex index) {
  note(passage, index);
  const SimFrame& frame = frames_.at(index);
  const Segment& segment = segments_[segment_id.value()];
  const int copies = passage.verdict != LinkVerdict::kPasses ? 0 : passage.duplicated ? 2 : 1;
  for (int copy = 0; copy < copies; ++copy) {
    if (frame.hardware) {
      const SimTarget to = owner_of(segment, *frame.hardware);
      if (to.found())
        send_to(to, passage.out, index);
      else
        nobody_there(index);
    } else if (unicast.found()) {
      send_to(unicast, passage.out, index);
    } else {
      forward_to_group(segment, from, passage.out, index);
    }
  }
  frames_.drop_reference(index);
}

void SimNetwork::forward_to_group(const Segment& segment, const SimTarget& from, MonotonicTime entered,
                                  FrameIndex index) {
  const net::Endpoint destination = frames_.at(index).destination;
  if (destination.address.is_multicast()) {
    const auto it = segment.members.find(destination.address);
    if (it == segment.members.end()) return;
    for (const SimTarget& member : it->second) {
      if (member != from) send_to(member, entered, index);
    }
    return;
  }
  if (const auto it = segment.listeners.find(destination.port.value()); it != segment.listeners.end()) {
    for (const Listening& listening : it->second) {
      if (listening.nic != from.nic) send_to({.nic = listening.nic, .port = {}}, entered, index);
    }
  }
  for (const PortId port : segment.ports) {
    if (from.port != port && ports_[port.value()].receiver->hears_broadcast(port, destination.port))
      send_to({.nic = nullptr, .port = port}, entered, index);
  }
}

}  // namespace rackcast::io
