#include "io_backends/sim/sim_host.h"

#include <algorithm>

#include "io_backends/sim/sim_network.h"
#include "io_backends/socket/steering.h"

namespace rackcast::io {
namespace {

constexpr std::uint16_t kEphemeralPortFirst = 32'768;
constexpr std::uint8_t kUnicastTtl = 64;
constexpr std::uint8_t kMulticastTtl = 1;

bool in_prefix(const InterfaceAddress& own, const net::IpAddress& address) {
  if (own.address.is_v4() != address.is_v4()) return false;
  const auto a = own.address.octets();
  const auto b = address.octets();
  unsigned bits = own.prefix_bits;
  for (std::size_t i = 0; i < a.size() && bits > 0; ++i) {
    const unsigned here = std::min(bits, 8U);
    const unsigned mask = (0xFF00U >> here) & 0xFFU;
    if ((a[i] & mask) != (b[i] & mask)) return false;
    bits -= here;
  }
  return true;
}

net::IpAddress first_address(const SimNic& nic, bool v4) {
  for (const InterfaceAddress& own : nic.addresses) {
    if (own.address.is_v4() == v4) return own.address;
  }
  return v4 ? net::IpAddress(net::Ipv4Address{}) : net::IpAddress(net::Ipv6Address{});
}

}  // namespace

bool nic_has(const SimNic& nic, const net::IpAddress& address) {
  return std::any_of(nic.addresses.begin(), nic.addresses.end(),
                     [&](const InterfaceAddress& own) { return own.address == address; });
}

bool is_broadcast_on(const SimNic& nic, const net::IpAddress& address) {
  if (!address.is_v4()) return false;
  if (address.v4().is_broadcast()) return true;
  return std::any_of(nic.addresses.begin(), nic.addresses.end(), [&](const InterfaceAddress& own) {
    if (!own.address.is_v4() || own.prefix_bits > 30) return false;
    const std::uint32_t host_bits = ~std::uint32_t{0} >> own.prefix_bits;
    return (own.address.v4().value() | host_bits) == address.v4().value();
  });
}

SimNic& SimHost::add_nic(SegmentId segment, net::MacAddress mac, std::string nic_name) {
  SimNic& nic = network_.add_nic(*this, segment, mac);
  nic.name = std::move(nic_name);
  nic.index = InterfaceIndex{static_cast<std::uint32_t>(nics_.size() + 2)};
  nics_.push_back(&nic);
  for (const Socket& socket : sockets_) {
    if (socket.receiver != nullptr && socket.nic == nullptr) network_.set_listening(nic, socket.spec.bind.port, true);
  }
  return nic;
}

void SimHost::add_address(SimNic& nic, const net::IpAddress& address, std::uint8_t prefix_bits) {
  nic.addresses.push_back({address, prefix_bits});
  network_.set_owner(nic, address, true);
}

void SimHost::clear_addresses(SimNic& nic) {
  for (const InterfaceAddress& own : nic.addresses) network_.set_owner(nic, own.address, false);
  nic.addresses.clear();
}

SimNic* SimHost::nic_by_index(InterfaceIndex index) const {
  const std::uint32_t at = index.value() - 2;
  return index.value() >= 2 && at < nics_.size() ? nics_[at] : nullptr;
}

bool SimHost::owns(const net::IpAddress& address) const {
  return std::any_of(nics_.begin(), nics_.end(), [&](const SimNic* nic) { return nic_has(*nic, address); });
}

bool SimHost::place_taken(const SimSocketSpec& spec) const {
  const auto it = by_port_.find(spec.bind.port.value());
  if (it == by_port_.end()) return false;
  return std::any_of(it->second.begin(), it->second.end(), [&](SimSocketId id) {
    const SimSocketSpec& other = sockets_[id.value()].spec;
    const bool same_family = other.bind.address.is_v4() == spec.bind.address.is_v4();
    const bool same_interface = other.interface.empty() || spec.interface.empty() || other.interface == spec.interface;
    const bool same_address =
        other.bind.address.is_any() || spec.bind.address.is_any() || other.bind.address == spec.bind.address;
    const bool both_share = (other.steered && spec.steered) || (other.shared && spec.shared);
    return same_family && same_interface && same_address && !both_share;
  });
}

net::UdpPort SimHost::free_port() {
  while (by_port_.contains(next_port_) && !by_port_[next_port_].empty()) {
    next_port_ = next_port_ == 0xFFFF ? kEphemeralPortFirst : static_cast<std::uint16_t>(next_port_ + 1);
  }
  const net::UdpPort port{next_port_};
  next_port_ = next_port_ == 0xFFFF ? kEphemeralPortFirst : static_cast<std::uint16_t>(next_port_ + 1);
  return port;
}

std::optional<SimSocketId> SimHost::open(const SimSocketSpec& spec, SimReceiver& receiver) {
  Socket socket;
  socket.spec = spec;
  socket.receiver = &receiver;
  if (!spec.interface.empty()) {
    const auto it =
        std::find_if(nics_.begin(), nics_.end(), [&](const SimNic* n) { return n->name == spec.interface; });
    if (it == nics_.end()) return std::nullopt;
    socket.nic = *it;
  }
  if (spec.bind.port.value() == 0) socket.spec.bind.port = free_port();
  if (place_taken(socket.spec)) return std::nullopt;

  const auto closed =
      std::find_if(sockets_.begin(), sockets_.end(), [](const Socket& s) { return s.receiver == nullptr; });
  const SimSocketId id{static_cast<std::uint32_t>(closed - sockets_.begin())};
  const net::UdpPort port = socket.spec.bind.port;
  for (SimNic* nic : nics_) {
    if (socket.nic == nullptr || socket.nic == nic) network_.set_listening(*nic, port, true);
  }
  by_port_[port.value()].push_back(id);
  if (closed == sockets_.end()) {
    sockets_.push_back(std::move(socket));
  } else {
    *closed = std::move(socket);
  }
  return id;
}

void SimHost::close(SimSocketId id) {
  Socket& socket = sockets_[id.value()];
  for (SimNic* nic : nics_) {
    if (socket.nic == nullptr || socket.nic == nic) network_.set_listening(*nic, socket.spec.bind.port, false);
  }
  std::erase(by_port_[socket.spec.bind.port.value()], id);
  socket = {};
}

bool SimHost::join_group(SimSocketId id, const net::IpAddress& group, InterfaceIndex interface) {
  if (!group.is_multicast() || nics_.empty()) return false;
  Socket& socket = sockets_[id.value()];
  if (group.is_v4() != socket.spec.bind.address.is_v4()) return false;
  SimNic* nic = interface.value() == 0 ? nics_.front() : nic_by_index(interface);
  if (nic == nullptr) return false;
  socket.groups.push_back({group, nic->index});
  network_.set_member(*nic, group);
  return true;
}

SimNic* SimHost::way_out(const Socket& socket, const SimSendRequest& request) const {
  if (request.interface.value() != 0) return nic_by_index(request.interface);
  if (socket.nic != nullptr) return socket.nic;
  for (SimNic* nic : nics_) {
    for (const InterfaceAddress& own : nic->addresses) {
      if (in_prefix(own, request.peer.address)) return nic;
    }
  }
  const bool routed = !request.peer.address.is_multicast() && network_.owner_anywhere(request.peer.address).found();
  return routed && !nics_.empty() && !nics_.front()->addresses.empty() ? nics_.front() : nullptr;
}

std::optional<SimHost::Route> SimHost::route(const Socket& socket, const SimSendRequest& request) const {
  SimNic* nic = way_out(socket, request);
  if (nic == nullptr) return std::nullopt;
  net::IpAddress source = request.source;
  if (source.is_any()) source = socket.spec.bind.address;
  if (source.is_any() || source.is_multicast()) source = first_address(*nic, request.peer.address.is_v4());
  return Route{nic, source};
}

SimSendResult SimHost::send(SimSocketId id, const SimSendRequest& request, std::span<const std::byte> header,
                            std::span<const std::byte> body) {
  const Socket& socket = sockets_[id.value()];
  const net::IpAddress& peer = request.peer.address;
  if (peer.is_v4() != socket.spec.bind.address.is_v4()) return SimSendResult::kRefused;
  if (header.size() + body.size() > kBurstBytesMax) return SimSendResult::kRefused;
  if (!request.source.is_any() && !owns(request.source)) return SimSendResult::kRefused;
  const auto way = route(socket, request);
  if (!way) return SimSendResult::kUnreachable;

  SimTarget unicast;
  const bool group = peer.is_multicast();
  const bool broadcast = is_broadcast_on(*way->nic, peer);
  if (request.hardware) {
    // One frame, unfragmented, written by the sender itself.
    if (header.size() + body.size() + 28 > way->nic->to_network.faults.mtu) return SimSendResult::kRefused;
  } else if (broadcast) {
    if (!socket.spec.broadcast) return SimSendResult::kRefused;
  } else if (!group) {
    unicast = network_.owner_on(way->nic->segment, peer);
    if (!unicast.found()) unicast = network_.owner_anywhere(peer);
    if (!unicast.found()) {
      ++network_.counters().nobody_there;
      return SimSendResult::kUnresolved;
    }
  }

  const bool borrow = network_.borrows_bodies() && unicast.port.has_value();
  const FrameIndex index = network_.frames().take(header, borrow ? std::span<const std::byte>{} : body);
  SimFrame& frame = network_.frames().at(index);
  if (borrow) frame.body = body;
  frame.source = {way->source, socket.spec.bind.port};
  frame.destination = request.peer;
  frame.hardware = request.hardware;
  frame.ttl = request.ttl != 0 ? request.ttl : group ? kMulticastTtl : kUnicastTtl;
  network_.transmit(*way->nic, unicast, index);
  return SimSendResult::kSent;
}

bool SimHost::accepts(const Socket& socket, const SimNic& nic, const SimFrame& frame) const {
  if (socket.nic != nullptr && socket.nic != &nic) return false;
  const net::IpAddress& bound = socket.spec.bind.address;
  const net::IpAddress& to = frame.destination.address;
  if (bound.is_v4() != to.is_v4()) return false;
  return bound.is_any() || bound == to;
}

std::optional<SimSocketId> SimHost::pick_unicast(const SimNic& nic, const SimFrame& frame) const {
  const auto candidates = by_port_.find(frame.destination.port.value());
  if (candidates == by_port_.end()) return std::nullopt;
  std::optional<SimSocketId> best;
  int best_score = -1;
  std::uint32_t equals = 0;
  const auto score_of = [](const Socket& s) { return (s.spec.bind.address.is_any() ? 0 : 2) + (s.nic ? 1 : 0); };
  for (const SimSocketId id : candidates->second) {
    const Socket& socket = sockets_[id.value()];
    if (!accepts(socket, nic, frame)) continue;
    const int score = score_of(socket);
    if (score > best_score) {
      best = id;
      best_score = score;
      equals = 0;
    }
    if (score == best_score) ++equals;
  }
  if (!best || equals < 2 || !sockets_[best->value()].spec.steered) return best;
  std::uint32_t skip = lane_of_source(frame.source.address, equals);
  for (const SimSocketId id : candidates->second) {
    const Socket& socket = sockets_[id.value()];
    if (accepts(socket, nic, frame) && score_of(socket) == best_score && skip-- == 0) return id;
  }
  return best;
}

void SimHost::receive(SimNic& nic, FrameIndex index) {
  const SimFrame& frame = network_.frames().at(index);
  const net::IpAddress& to = frame.destination.address;
  const bool group = to.is_multicast();
  // A machine without an address takes whatever comes to its MAC: that is how it gets its first one.
  const bool unaddressed = frame.hardware && nic.addresses.empty();
  const bool everybody = group || is_broadcast_on(nic, to);
  const net::IpAddress local = everybody || unaddressed ? first_address(nic, to.is_v4()) : to;
  const SimArrival arrival{index, &nic, local};
  if (!everybody && !unaddressed && !owns(to)) {
    ++network_.counters().nobody_there;
    return;
  }
  if (!everybody) {
    const auto socket = pick_unicast(nic, frame);
    if (!socket) {
      ++network_.counters().no_socket;
      return;
    }
    ++network_.counters().delivered;
    sockets_[socket->value()].receiver->on_arrival(*socket, arrival);
    return;
  }
  bool anyone = false;
  // By reference and position: a receiver may open or close sockets meanwhile.
  const std::vector<SimSocketId>& candidates = by_port_[frame.destination.port.value()];
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    const SimSocketId id = candidates[i];
    const Socket& socket = sockets_[id.value()];
    const bool member = std::any_of(socket.groups.begin(), socket.groups.end(),
                                    [&](const Membership& m) { return m.group == to && m.interface == nic.index; });
    if (!accepts(socket, nic, frame) || (group && !member)) continue;
    anyone = true;
    ++network_.counters().delivered;
    socket.receiver->on_arrival(id, arrival);
  }
  if (!anyone) ++network_.counters().no_socket;
}

}  // namespace rackcast::io
