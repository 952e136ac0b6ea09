#include "io_backends/sim/sim_io.h"

#include <algorithm>
#include <cassert>
#include <string>

namespace rackcast::io {
namespace {

// Tokens: how many of the oldest departing slots leave, or (with this bit) a hold that ends.
constexpr std::uint64_t kHoldBit = std::uint64_t{1} << 63U;

// What the kernel books for a datagram beyond its payload, about.
constexpr std::size_t kDatagramOverhead = 512;

constexpr std::size_t kLinkMtu = 1'500;
constexpr std::size_t kIpAndUdpHeader = 28;

}  // namespace

Result<std::vector<std::unique_ptr<SimIo>>> SimIo::open_lanes(SimHost& host,
                                                              std::span<const std::vector<SocketSpec>> lanes,
                                                              SimIoOptions options) {
  std::vector<std::unique_ptr<SimIo>> opened;
  for (std::size_t lane = 0; lane < lanes.size(); ++lane) {
    std::unique_ptr<SimIo> io(new SimIo(host, options, lane));
    for (std::size_t i = 0; i < lanes[lane].size(); ++i) {
      const SocketSpec& spec = lanes[lane][i];
      net::UdpPort port = spec.bind.port;
      // A group on port 0 is on the port its first member got; members have the same place in each lane's list.
      if (lane > 0 && spec.steer_by_source && port.value() == 0 && i < opened.front()->sockets_.size()) {
        port = opened.front()->local_endpoint(SocketId{static_cast<std::uint16_t>(i)}).port;
      }
      if (auto done = io->open(spec, port); !done) return tl::make_unexpected(done.error());
    }
    opened.push_back(std::move(io));
  }
  return opened;
}

SimIo::SimIo(SimHost& host, SimIoOptions options, std::uint64_t lane)
    : host_(host),
      network_(host.network()),
      options_(options),
      lane_(lane),
      slots_(options.slot_count, 0),
      inbox_(options.receive_queue_max),
      departing_(options.slot_count) {
  holds_.reserve(options.slot_count);
  free_holds_.reserve(options.slot_count);
}

SimIo::~SimIo() {
  while (departing_count_ > 0) depart_oldest();  // accepted means handed to the network
  network_.forget(this);
  for (const Socket& socket : sockets_) host_.close(socket.id);
  for (; inbox_count_ > 0; --inbox_count_) {
    network_.frames().drop_reference(inbox_[inbox_head_].arrival.frame);
    inbox_head_ = (inbox_head_ + 1) % inbox_.size();
  }
}

Result<void> SimIo::open(const SocketSpec& spec, net::UdpPort port) {
  SimSocketSpec wanted;
  wanted.bind = {spec.bind.address, port};
  wanted.interface = spec.interface;
  wanted.steered = spec.steer_by_source;
  wanted.shared = spec.share_port;
  wanted.broadcast = spec.broadcast;
  const auto id = host_.open(wanted, *this);
  if (!id) {
    return fail("UDP " + std::string(wanted.bind.text().view()) + " on " + host_.name() +
                ": the port is in use, or there is no interface " + spec.interface);
  }
  if (socket_of_.size() <= id->value()) socket_of_.resize(id->value() + 1);
  socket_of_[id->value()] = SocketId{static_cast<std::uint16_t>(sockets_.size())};
  sockets_.push_back({*id, spec});
  slots_.add_queue();
  return {};
}

IoCapabilities SimIo::capabilities() const {
  return {.name = "sim",
          .segmentation_offload = options_.segmentation_offload,
          .frame_to_mac = true,
          .multicast = true,
          .slots = slots_.size()};
}

void SimIo::on_arrival(SimSocketId socket, const SimArrival& arrival) {
  if (inbox_count_ == inbox_.size()) {
    ++stats_.receive_overflow;
    return;
  }
  network_.frames().add_reference(arrival.frame);
  inbox_[(inbox_head_ + inbox_count_) % inbox_.size()] = {arrival, socket_of_[socket.value()]};
  ++inbox_count_;
  ask_for_turn();
}

void SimIo::ask_for_turn() {
  if (options_.turn_target == nullptr || turn_asked_) return;
  turn_asked_ = true;
  network_.schedule(network_.now().monotonic + options_.turn_delay, options_.turn_target, lane_);
}

std::size_t SimIo::poll(std::span<ReceivedDatagram> out, MonotonicTime) {
  if (woken_.exchange(false, std::memory_order_acq_rel)) ++stats_.wakes;
  turn_asked_ = false;
  const std::size_t count = std::min({out.size(), inbox_count_, kBatchMax});
  for (std::size_t i = 0; i < count; ++i) {
    const Waiting& waiting = inbox_[inbox_head_];
    const SimFrame& frame = network_.frames().at(waiting.arrival.frame);
    const std::span<const std::byte> payload(frame.payload);
    ReceivedDatagram& datagram = out[i];
    datagram.peer = frame.source;
    datagram.local = {waiting.arrival.local, frame.destination.port};
    datagram.destination = frame.destination.address;
    datagram.interface = waiting.arrival.nic->index;
    const bool link_local = frame.source.address.is_v6() && frame.source.address.v6().is_link_local();
    datagram.scope_id = link_local ? waiting.arrival.nic->index.value() : 0;
    datagram.socket = waiting.socket;
    datagram.truncated = payload.size() > kReceiveBytesMax;
    datagram.payload = payload.first(std::min(payload.size(), kReceiveBytesMax));
    datagram.buffer = waiting.arrival.frame.value();
    inbox_head_ = (inbox_head_ + 1) % inbox_.size();
    ++stats_.datagrams_received;
    stats_.bytes_received += datagram.payload.size();
    if (datagram.truncated) ++stats_.truncated;
  }
  inbox_count_ -= count;
  if (inbox_count_ > 0) ask_for_turn();
  return count;
}

void SimIo::release(std::span<const ReceivedDatagram> datagrams) {
  for (const ReceivedDatagram& datagram : datagrams) network_.frames().drop_reference(FrameIndex{datagram.buffer});
}

TxSlot* SimIo::reserve() {
  TxSlot* slot = slots_.reserve();
  if (slot == nullptr) ++stats_.slots_exhausted;
  return slot;
}

void SimIo::commit(TxSlot* slot) {
  assert(slot->count() > 0 && slot->destination.socket.value() < sockets_.size());
  slots_.push_back(slot->destination.socket.value(), slot);
}

void SimIo::cancel(TxSlot* slot) {
  slots_.cancel(slot);
}

std::size_t SimIo::charge_of(const TxSlot& slot) const {
  return slot.bytes() + slot.count() * kDatagramOverhead;
}

FlushReport SimIo::flush() {
  FlushReport report;
  std::uint64_t leaving = 0;
  for (std::size_t queue = 0; queue < sockets_.size(); ++queue) {
    Socket& socket = sockets_[queue];
    while (TxSlot* slot = slots_.front(queue)) {
      const std::size_t charge = charge_of(*slot);
      // An empty buffer takes any datagram, as the kernel's does.
      if (socket.held_bytes > 0 && socket.held_bytes + charge > static_cast<std::size_t>(socket.spec.buffer_bytes)) {
        ++stats_.send_blocked;
        break;
      }
      slots_.pop_front(queue);
      socket.held_bytes += charge;
      ++report.accepted;
      if (options_.transmit_delay > Duration::zero()) {
        departing_[(departing_head_ + departing_count_++) % departing_.size()] = slot;
        ++leaving;
      } else {
        depart(slot);
      }
    }
    report.blocked += static_cast<std::uint32_t>(slots_.queued(queue));
  }
  if (leaving > 0) network_.schedule(network_.now().monotonic + options_.transmit_delay, this, leaving);
  return report;
}

void SimIo::on_event(std::uint64_t token) {
  if ((token & kHoldBit) == 0) {
    for (std::uint64_t i = 0; i < token; ++i) depart_oldest();
    if (has_work()) ask_for_turn();
    return;
  }
  const auto index = static_cast<std::uint32_t>(token & ~kHoldBit);
  const Hold& hold = holds_[index];
  sockets_[hold.socket.value()].held_bytes -= hold.bytes;
  const auto it = neighbour_bytes_.find(hold.neighbour);
  it->second -= hold.bytes;
  if (it->second == 0) neighbour_bytes_.erase(it);
  free_holds_.push_back(index);
  if (has_work()) ask_for_turn();
}

void SimIo::depart_oldest() {
  TxSlot* slot = departing_[departing_head_];
  departing_head_ = (departing_head_ + 1) % departing_.size();
  --departing_count_;
  depart(slot);
}

// The slot's bytes leave the host: they are read now, and the pin is free afterwards.
void SimIo::depart(TxSlot* slot) {
  Socket& socket = sockets_[slot->destination.socket.value()];
  socket.held_bytes -= charge_of(*slot);
  std::uint64_t sent = 0;
  for (const TxSlot::Datagram& datagram : slot->datagrams()) {
    const std::size_t bytes = std::size_t{datagram.header_size} + datagram.body_size;
    const SimSendResult result = send_datagram(*slot, datagram);
    if (result == SimSendResult::kUnreachable || result == SimSendResult::kRefused) {
      ++(result == SimSendResult::kUnreachable ? stats_.send_unreachable : stats_.send_failed);
      break;
    }
    if (result == SimSendResult::kUnresolved) wait_for_neighbour(*slot, bytes + kDatagramOverhead);
    ++sent;
    stats_.bytes_sent += bytes;
  }
  stats_.datagrams_sent += sent;
  if (slot->destination.hardware) stats_.frames_sent += sent;
  // A burst too long for the link is not segmented by a kernel either.
  const TxSlot::Datagram& first = slot->datagrams().front();
  const bool fits = std::size_t{first.header_size} + first.body_size + kIpAndUdpHeader <= kLinkMtu;
  if (options_.segmentation_offload && fits && sent > 1 && !slot->destination.hardware) ++stats_.bursts_offloaded;
  slots_.finish(slot);
}

SimSendResult SimIo::send_datagram(const TxSlot& slot, const TxSlot::Datagram& datagram) {
  const Destination& to = slot.destination;
  SimSendRequest request;
  request.peer = to.peer;
  request.source = to.source;
  request.interface = to.interface;
  request.hardware = to.hardware;
  request.ttl = to.ttl;
  const Socket& socket = sockets_[to.socket.value()];
  if (request.ttl == 0 && to.peer.address.is_multicast()) request.ttl = socket.spec.multicast_ttl;
  return host_.send(socket.id, request, slot.header(datagram), std::span(datagram.body, datagram.body_size));
}

// The sender's kernel keeps the datagram until ARP gives up; it counts as sent and holds send buffer meanwhile.
void SimIo::wait_for_neighbour(const TxSlot& slot, std::size_t bytes) {
  std::size_t& waiting = neighbour_bytes_[slot.destination.peer.address];
  if (waiting + bytes > options_.neighbour_queue_bytes && waiting > 0) return;  // the neighbour's queue drops it
  waiting += bytes;
  sockets_[slot.destination.socket.value()].held_bytes += bytes;
  if (free_holds_.empty()) {
    free_holds_.push_back(static_cast<std::uint32_t>(holds_.size()));
    holds_.emplace_back();
  }
  const std::uint32_t index = free_holds_.back();
  free_holds_.pop_back();
  holds_[index] = {slot.destination.socket, slot.destination.peer.address, bytes};
  network_.schedule(network_.now().monotonic + options_.neighbour_timeout, this, kHoldBit | index);
}

bool SimIo::has_work() const {
  if (inbox_count_ > 0 || woken_.load(std::memory_order_acquire)) return true;
  for (std::size_t queue = 0; queue < sockets_.size(); ++queue) {
    const Socket& socket = sockets_[queue];
    if (slots_.empty(queue)) continue;
    const std::size_t charge = charge_of(*slots_.front(queue));
    const auto room = static_cast<std::size_t>(socket.spec.buffer_bytes);
    if (socket.held_bytes == 0 || socket.held_bytes + charge <= room) return true;
  }
  return false;
}

bool SimIo::join_group(SocketId socket, const net::IpAddress& group, InterfaceIndex interface) {
  return host_.join_group(sockets_[socket.value()].id, group, interface);
}

net::Endpoint SimIo::local_endpoint(SocketId socket) const {
  return host_.local_endpoint(sockets_[socket.value()].id);
}

}  // namespace rackcast::io
