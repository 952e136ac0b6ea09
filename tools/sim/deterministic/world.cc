#include "tools/sim/deterministic/world.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <utility>

#include "proto/dhcp/message.h"
#include "tools/sim/machines/dhcp_reply.h"
#include "tools/sim/scenario/rack_machines.h"
#include "tools/sim/verdict/packages.h"

namespace rackcast::sim {

namespace {

constexpr unsigned kItemShift = 32;  // a token's lower half is which one

constexpr std::size_t kFramesStart = 256;
constexpr std::size_t kPayloadStart = 24;  // an ACK, the header of a DATA
constexpr Span kSettleStep = std::chrono::seconds(1);
constexpr std::size_t kUplinkQueueBytes = 16U << 20U;

io::LinkFaults cable_faults(const Weather& weather) {
  io::LinkFaults faults;
  faults.delay = weather.delay;
  faults.loss = weather.loss;
  faults.duplicate = weather.duplicate;
  faults.reorder = weather.reorder;
  faults.reorder_delay = weather.reorder_delay;
  faults.rate_bits_per_second = weather.rate_bits_per_second;
  return faults;
}

io::SimNetworkOptions network_options(const RunPlan& plan) {
  io::SimNetworkOptions options;
  options.seed = plan.seed;
  options.faults.delay = Duration::zero();  // of hosts: the weather is on the machines' cables
  options.frames_preallocated = kFramesStart;
  options.payload_reserve = kPayloadStart;
  options.borrow_bodies = true;  // the tree keeps every generation
  return options;
}

}  // namespace

World::World(WorldOptions options, Observer& observer, io::SimTap* tap)
    : options_(std::move(options)),
      plan_(*options_.plan),
      layout_(lay_out(plan_)),
      facts_(options_.facts),
      cable_(cable_faults(plan_.weather)),
      cut_(cable_),
      network_(network_options(plan_)),
      start_(network_.now().monotonic),
      tree_(*options_.tree, options_.server.resident_bytes_max),
      power_(plan_),
      tap_(tap) {
  cut_.partitioned = true;
  network_.set_tap(this);
  build_network();
  build_machines(observer);
  add_agenda();
}

World::~World() {
  network_.set_tap(nullptr);
  network_.forget(this);
}

void World::build_network() {
  for (std::size_t i = 0; i < layout_.segments.size(); ++i) {
    const SegmentPlan& plan = layout_.segments[i];
    segments_.push_back(network_.add_segment());
    io::SimHost& host = network_.add_host(i == 0 ? "server" : "relay");
    const auto low = static_cast<std::uint8_t>(i);
    const auto high = static_cast<std::uint8_t>(i >> 8U);
    io::SimNic& nic = host.add_nic(segments_.back(), {{0x02, 0x52, 0x53, 0, high, low}});
    host.add_address(nic, plan.gateway, plan.prefix.length);
    if (i > 0) {
      relays_.push_back(std::make_unique<DhcpRelay>(host, layout_.server()));
      continue;
    }
    nic.to_network.faults.rate_bits_per_second = options_.server.uplink_bits_per_second;
    nic.to_network.faults.queue_bytes_max = kUplinkQueueBytes;
    VirtualServerOptions server = options_.server;
    // Invented machines take places in its tables as well.
    const SegmentPlan& first = layout_.segments.front();
    const bool invented = plan_.hostile.bad_dhcp_per_second > 0;
    server.machines =
        static_cast<std::uint32_t>(plan_.machines.size()) + (invented ? first.last.value() - first.first.value() : 0);
    for (const SegmentPlan& segment : layout_.segments)
      for (std::uint32_t n = 0; n < server.dhcp.squatters; ++n)
        server.stores.in_use.emplace_back(segment.first.value() + n);
    const auto config = server_config(layout_, std::string(kTreeRoot), server.tftp, server.dhcp);
    server_ = std::make_unique<VirtualServer>(host, tree_, config, server, plan_.seed);
  }
}

// Without DHCP: those that the pools would have given.
void World::give_addresses(std::vector<RackMachine>& machines) const {
  std::vector<net::Ipv4Address> next;  // by segment
  for (const SegmentPlan& segment : layout_.segments) next.push_back(segment.first);
  for (std::size_t i = 0; i < machines.size(); ++i) {
    net::Ipv4Address& mine = next[layout_.segment_of[i]];
    machines[i].address = mine;
    mine = net::Ipv4Address(mine.value() + 1);
  }
}

void World::build_machines(Observer& observer) {
  const std::size_t count = plan_.machines.size();
  facts_.server = layout_.server();
  facts_.wall_start_seconds =
      std::chrono::duration_cast<std::chrono::seconds>(network_.now().wall.time_since_epoch()).count();
  if (facts_.packages.empty()) {
    for (const auto& [path, file] : tree_.files())
      if (is_package(path)) facts_.packages.push_back(path);
  }
  latest_address_.resize(count);
  network_.reserve_ports(count + plan_.hostile.sources);
  std::vector<RackMachine> machines = rack_machines(plan_);
  if ((facts_.skipped_stages & (1U << static_cast<unsigned>(Stage::kDhcp))) != 0) give_addresses(machines);
  for (std::uint32_t i = 0; i < count; ++i) {
    // A port's number is its machine's.
    (void)network_.add_port(segments_[layout_.segment_of[i]], machines[i].identity.mac,
                            plan_.machines[i].cut_until > Instant{} ? cut_ : cable_, *this);
  }
  StreamOptions streams;
  streams.server = layout_.server();
  streams.root = kTreeRoot;
  streams.bytes_per_second = options_.stream_bytes_per_second;
  StreamClients& clients = *this;
  streams_ = std::make_unique<VirtualStreams>(network_, tree_, clients, streams, count, plan_.seed);
  std::string largest;
  std::uint64_t largest_bytes = 0;
  for (const auto& [path, file] : tree_.files()) {
    if (file.image->size_bytes > largest_bytes && !is_package(path)) largest = path;
    largest_bytes = std::max(largest_bytes, largest == path ? file.image->size_bytes : 0);
  }
  hostile_ = std::make_unique<HostileTraffic>(network_, segments_.front(), plan_.hostile, layout_.server(), largest,
                                              cable_, plan_.seed);
  Carrier& carrier = *this;
  rack_ = std::make_unique<Rack>(machines, facts_, carrier, observer);
}

void World::add_agenda() {
  arm_power();
  for (std::size_t i = 0; i < plan_.machines.size(); ++i)
    if (plan_.machines[i].cut_until > Instant{}) at(plan_.machines[i].cut_until, AgendaItem::kUncut, i);
  for (std::size_t i = 0; i < options_.replacements.size(); ++i)
    at(options_.replacements[i].at, AgendaItem::kReplace, i);
}

void World::at(Instant time, AgendaItem item, std::size_t which) {
  network_.schedule(start_ + time.time_since_epoch(), this, (static_cast<std::uint64_t>(item) << kItemShift) | which);
  ++agenda_left_;
}

void World::arm_power() {
  if (power_.next() != kNever) at(power_.next(), AgendaItem::kPower, 0);
}

void World::on_event(std::uint64_t token) {
  const auto which = static_cast<std::uint32_t>(token);
  --agenda_left_;
  if (is_over_) return;  // whoever was still to be switched on stays off
  switch (static_cast<AgendaItem>(token >> kItemShift)) {
    case AgendaItem::kPower:
      while (power_.next() <= now()) switch_on(power_.take());
      return arm_power();
    case AgendaItem::kUncut:
      return network_.set_faults(io::PortId{which}, cable_);
    case AgendaItem::kReplace: {
      const Replacement& replacement = options_.replacements[which];
      return tree_.replace(replacement.path, replacement.content, now().time_since_epoch());
    }
  }
}

// For the first time, or by the reset button: connections and address are gone before the firmware starts.
void World::switch_on(MachineId machine) {
  streams_->cancel(machine);
  network_.set_address(io::PortId{machine.value()}, {});
  rack_->power_on(now(), machine);
}

bool World::over() const {
  return (agenda_left_ == 0 && rack_->running() == 0) || now() >= Instant(plan_.time_max);
}

bool World::step() {
  if (over()) return false;
  const Instant deadline = rack_->next_deadline();
  const MonotonicTime due = deadline == kNever ? rackcast::kNever : start_ + deadline.time_since_epoch();
  const MonotonicTime end = start_ + plan_.time_max;
  network_.advance_to(std::min({network_.next_event_time(), due, end}));
  if (rack_->next_deadline() <= now()) rack_->on_deadline(now());
  return true;
}

void World::run() {
  while (step()) continue;
  run_out();
}

void World::run_out() {
  is_over_ = true;
  hostile_->stop();
  rack_->end(now());
}

void World::watch_probes(std::function<void(const net::MacAddress& client, Instant answered)> told) {
  server_->watch_probes([this, told = std::move(told)](const ProbeAddress& probe, MonotonicTime answered) {
    told(probe.client, Instant(answered - start_));
  });
}

bool World::settle(Span bound) {
  hostile_->stop();
  for (std::uint32_t i = 0; i < plan_.machines.size(); ++i) {
    rack_->power_off(now(), MachineId{i});
    streams_->cancel(MachineId{i});
    network_.set_address(io::PortId{i}, {});
  }
  for (Span waited{}; server_->in_flight() > 0 && waited < bound; waited += kSettleStep) rest(kSettleStep);
  return server_->in_flight() == 0;
}

void World::rest(Span time) {
  network_.advance_to(network_.now().monotonic + time);
}

void World::send_dhcp(MachineId machine, const DhcpSend& how, std::span<const std::byte> message) {
  net::Endpoint source{net::Ipv4Address(), how.source_port};
  net::Endpoint to{net::Ipv4Address::broadcast(), how.server_port};
  if (!how.broadcast) {
    source.address = how.source;
    to.address = how.server;
  }
  network_.send(io::PortId{machine.value()}, source, to, message);
}

void World::send_tftp(MachineId machine, net::UdpPort from, const net::Endpoint& to,
                      std::span<const std::byte> payload) {
  const net::Ipv4Address own = network_.port(io::PortId{machine.value()}).address;
  if (own.is_any()) {
    ++lost_way_;
    return;
  }
  network_.send(io::PortId{machine.value()}, {own, from}, to, payload);
}

void World::fetch(MachineId machine, const FetchRequest& request) {
  streams_->fetch(machine, request);
}

void World::cancel_fetches(MachineId machine) {
  streams_->cancel(machine);
}

void World::use_address(MachineId machine, net::Ipv4Address address, std::uint8_t) {
  network_.set_address(io::PortId{machine.value()}, address);
  if (!address.is_any()) latest_address_[machine.value()] = address;
}

StreamPath World::path_of(MachineId machine) const {
  const MachinePlan& plan = plan_.machines[machine.value()];
  StreamPath path;
  path.address = network_.port(io::PortId{machine.value()}).address;
  path.round_trip = 2 * plan_.weather.delay;
  path.loss = plan_.weather.loss;
  path.open_from = plan.cut_until;
  const std::uint64_t cable = plan_.weather.rate_bits_per_second / 8;
  const std::uint64_t pace = plan.pace.bytes_per_second;
  path.bytes_per_second = cable == 0 || pace == 0 ? std::max(cable, pace) : std::min(cable, pace);
  return path;
}

void World::on_fetch(MachineId machine, const FetchEvent& event) {
  trace_hash_ =
      std::rotl(trace_hash_ ^ event.bytes ^ (std::uint64_t{machine.value()} << 40U), 13) * 0x9E37'79B9'7F4A'7C15ULL;
  rack_->on_fetch(now(), machine, event);
}

void World::on_frame(io::PortId port, const io::SimFrame& frame) {
  std::span<const std::byte> message(frame.payload);
  if (!frame.body.empty()) {
    joined_.assign(frame.payload.begin(), frame.payload.end());
    joined_.insert(joined_.end(), frame.body.begin(), frame.body.end());
    message = joined_;
  }
  const MachineId machine{port.value()};
  const net::UdpPort to = frame.destination.port;
  if (to == dhcp4::kClientPort || (to == kBootServerPort && rack_->listens_to_dhcp(machine)))
    rack_->on_dhcp(now(), machine, frame.source, to, message);
  else
    rack_->on_tftp(now(), machine, to, frame.source, message);
}

bool World::hears_broadcast(io::PortId port, net::UdpPort to) const {
  return to == dhcp4::kClientPort && rack_->listens_to_dhcp(MachineId{port.value()});
}

void World::on_sent(const io::SimFrame& frame) {
  if (tap_ != nullptr) tap_->on_sent(frame);
}

void World::on_arrived(const io::SimFrame& frame) {
  std::uint64_t head = 0;
  std::memcpy(&head, frame.payload.data(), std::min(sizeof head, frame.payload.size()));
  std::uint32_t body = 0;
  if (frame.body.size() >= sizeof body) std::memcpy(&body, frame.body.data(), sizeof body);
  head ^= std::uint64_t{body} << 32U;
  const auto when = static_cast<std::uint64_t>(network_.now().monotonic.time_since_epoch().count());
  const std::uint64_t where = net::hash(frame.destination, frame.size());
  trace_hash_ = std::rotl(trace_hash_ ^ when ^ head, 13) * 0x9E37'79B9'7F4A'7C15ULL + where;
  if (tap_ != nullptr) tap_->on_arrived(frame);
}

void World::on_fault(const io::SimFrame& frame, io::SimFault fault) {
  if (tap_ != nullptr) tap_->on_fault(frame, fault);
}

}  // namespace rackcast::sim
