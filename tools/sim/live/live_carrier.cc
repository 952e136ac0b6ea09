#include "tools/sim/live/live_carrier.h"

#include <algorithm>
#include <set>

#include "proto/dhcp/message.h"
#include "tools/sim/live/frame_link.h"
#include "tools/sim/live/relay_link.h"
#include "tools/sim/machines/mac_plan.h"

namespace rackcast::sim {
namespace {

constexpr std::uint64_t kWeatherSeed = 0x77EA'7E12;  // apart from the machines' own randomness

// Whence the plan's machines send DHCP.
std::set<net::UdpPort> dhcp_ports_of(const RunPlan& plan) {
  std::set<const Profile*> profiles;
  for (const MachinePlan& machine : plan.machines) profiles.insert(machine.profile);
  std::set<net::UdpPort> ports{dhcp4::kClientPort};
  for (const Profile* profile : profiles) {
    if (profile == nullptr) continue;
    for (const Step& step : profile->steps)
      if (step.dhcp != nullptr && step.dhcp->boot_server != BootServerRule::kNotAsked)
        ports.insert(step.dhcp->boot_server_source);
  }
  return ports;
}

}  // namespace

LiveCarrier::LiveCarrier(const RunPlan& plan, Reach reach, AddressRoutes routes)
    : plan_(plan),
      reach_(reach),
      routes_(std::move(routes)),
      weather_(plan.weather, plan.seed ^ kWeatherSeed),
      machines_(plan.machines.size()) {}

Result<std::unique_ptr<LiveCarrier>> LiveCarrier::open(const LiveNetwork& network, const RunPlan& plan) {
  auto routes = AddressRoutes::open(network.interface);
  if (!routes) return tl::make_unexpected(routes.error());
  if (std::string obstacle = arp_obstacle(network.interface); !obstacle.empty()) return fail(std::move(obstacle));
  const auto descriptors = claim_descriptors();
  if (!descriptors) return tl::make_unexpected(descriptors.error());
  std::unique_ptr<LiveCarrier> carrier(new LiveCarrier(plan, network.reach, std::move(*routes)));
  auto tftp = TftpPorts::open(carrier->loop_, carrier->timer_, *carrier);
  if (!tftp) return tl::make_unexpected(tftp.error());
  carrier->tftp_ = std::move(*tftp);
  carrier->fetcher_ =
      std::make_unique<Fetcher>(carrier->loop_, static_cast<FetchReceiver&>(*carrier), *descriptors, network.reach);
  if (network.dhcp && network.relay) {
    auto link = RelayLink::open(carrier->loop_, *network.relay, network.server, dhcp_ports_of(plan), *carrier);
    if (!link) return tl::make_unexpected(link.error());
    carrier->dhcp_ = std::move(*link);
  } else if (network.dhcp) {
    auto link = FrameLink::open(carrier->loop_, carrier->timer_, network.interface, dhcp_ports_of(plan), *carrier);
    if (!link) return tl::make_unexpected(link.error());
    carrier->frames_ = link->get();
    carrier->dhcp_ = std::move(*link);
  }
  return carrier;
}

void LiveCarrier::turn(Instant until) {
  Instant next = std::min(until, held_.next());
  if (!cut_fetches_.empty()) next = std::min(next, cut_fetches_.begin()->first);
  loop_.turn(timer_, next);
  const Instant now = timer_.now();
  release_held(now);
  release_cut_fetches(now);
}

void LiveCarrier::flush() {
  if (routes_.pending()) routes_.flush();  // an address first, then what is sent from it
  if (dhcp_ != nullptr) dhcp_->flush();
  tftp_->flush();
  find_routeless();
  fail_troubled();
}

// One pass over the machines, however many were refused at once.
void LiveCarrier::find_routeless() {
  const std::vector<RefusedRoute> refused = routes_.take_refused();
  if (refused.empty()) return;
  std::unordered_map<std::uint32_t, const RefusedRoute*> addresses;
  std::vector<const RefusedRoute*> subnets;
  for (const RefusedRoute& route : refused) {
    if (route.prefix.length == 32)
      addresses.emplace(route.prefix.base.value(), &route);
    else
      subnets.push_back(&route);
  }
  for (std::uint32_t machine = 0; machine < machines_.size(); ++machine) {
    const net::Ipv4Address own = machines_[machine].address;
    if (own.is_any()) continue;
    const RefusedRoute* route = nullptr;
    if (const auto found = addresses.find(own.value()); found != addresses.end()) route = found->second;
    for (const RefusedRoute* subnet : subnets)
      if (route == nullptr && subnet->prefix.contains(own)) route = subnet;
    if (route == nullptr) continue;
    troubled_.try_emplace(machine, route->reason);
    give_up_address(MachineId{machine});
  }
}

void LiveCarrier::fail_troubled() {
  const auto troubled = std::exchange(troubled_, {});
  for (const auto& [machine, detail] : troubled) rack_->on_local_failure(timer_.now(), MachineId{machine}, detail);
}

// The first trouble is the machine's failure: what follows follows from it.
bool LiveCarrier::may_use(MachineId machine, const net::IpAddress& address) {
  if (reach_.includes(address)) return true;
  troubled_.try_emplace(machine.value(), beyond_reach(address));
  return false;
}

bool LiveCarrier::is_cut(Instant now, MachineId machine) {
  if (plan_of(machine).cut_until <= now) return false;
  ++counts_.cut;
  return true;
}

template <typename MakeHeld>
unsigned LiveCarrier::weather(Instant now, MachineId machine, MakeHeld make_held) {
  if (is_cut(now, machine)) return 0;
  if (weather_.fair()) return 1;
  const Fate fate = weather_.next();
  if (fate.lost) {
    ++counts_.lost;
    return 0;
  }
  if (fate.late) {
    HeldDatagram held = make_held();
    held.machine = machine;
    held.due = now + weather_.lateness();
    if (held_.hold(std::move(held))) {
      ++counts_.late;
      return fate.twice ? 1 : 0;
    }
  }
  if (fate.twice) ++counts_.duplicated;
  return fate.twice ? 2 : 1;
}

void LiveCarrier::send_dhcp(MachineId machine, const DhcpSend& how, std::span<const std::byte> message) {
  if (dhcp_ == nullptr) return;
  if (!how.broadcast && !may_use(machine, how.server)) return;
  const unsigned times = weather(timer_.now(), machine, [&] {
    HeldDatagram held;
    held.kind = HeldKind::kDhcpOut;
    held.how = how;
    held.payload.assign(message.begin(), message.end());
    return held;
  });
  for (unsigned i = 0; i < times; ++i) dhcp_->send(identity_of(machine).mac, how, message);
}

void LiveCarrier::send_tftp(MachineId machine, net::UdpPort from, const net::Endpoint& to,
                            std::span<const std::byte> payload) {
  if (!may_use(machine, to.address)) return;
  const unsigned times = weather(timer_.now(), machine, [&] {
    HeldDatagram held;
    held.kind = HeldKind::kTftpOut;
    held.port = from;
    held.peer = to;
    held.payload.assign(payload.begin(), payload.end());
    return held;
  });
  Port& port = machines_[machine.value()];
  if (times == 0 || port.address.is_any()) return;
  for (unsigned i = 0; i < times; ++i) put_tftp(port, from, to, payload);
}

// Precondition: the machine has an address.
void LiveCarrier::put_tftp(Port& port, net::UdpPort from, const net::Endpoint& to, std::span<const std::byte> payload) {
  const std::uint8_t socket = port.ports.socket_for(from);
  // What is full leaves now, perhaps from addresses that are still to be had.
  const bool full = tftp_->full(socket) || (frames_ != nullptr && frames_->full());
  if (full && routes_.pending()) routes_.flush();
  const net::Endpoint own{port.address, tftp_->local_port(socket)};
  if (frames_ != nullptr && frames_->send_datagram(own, to, payload)) return;
  tftp_->send(socket, port.address, to, payload);
}

void LiveCarrier::fetch(MachineId machine, const FetchRequest& request) {
  if (!may_use(machine, request.server.address)) return;
  if (routes_.pending()) routes_.flush();
  const MachinePlan& plan = plan_of(machine);
  FetchOrder order{machine, machines_[machine.value()].address, plan.pace.bytes_per_second, request};
  const Instant now = timer_.now();
  if (is_cut(now, machine)) {
    cut_fetches_.emplace(plan.cut_until, std::move(order));
  } else {
    fetcher_->order(now, std::move(order));
  }
}

void LiveCarrier::cancel_fetches(MachineId machine) {
  std::erase_if(cut_fetches_, [&](const auto& entry) { return entry.second.machine == machine; });
  fetcher_->cancel(machine);
}

void LiveCarrier::use_address(MachineId machine, net::Ipv4Address address, std::uint8_t prefix_bits) {
  if (address.is_any()) troubled_.erase(machine.value());  // a reset
  Port& port = machines_[machine.value()];
  if (port.address == address) return;
  give_up_address(machine);
  if (address.is_any() || !may_use(machine, address)) return;
  port.address = address;
  if (prefix_bits_ == 0) prefix_bits_ = prefix_bits;
  routes_.add(address, prefix_bits);
  by_address_[address.value()] = machine;
}

void LiveCarrier::give_up_address(MachineId machine) {
  Port& port = machines_[machine.value()];
  port.ports.clear();
  if (port.address.is_any()) return;
  routes_.remove(port.address);
  const auto found = by_address_.find(port.address.value());
  if (found != by_address_.end() && found->second == machine) by_address_.erase(found);
  fetcher_->cancel(machine);  // what it kept open ends with its address
  port.address = {};
}

void LiveCarrier::on_dhcp_to_mac(Instant now, const net::MacAddress& mac, const net::Endpoint& from, net::UdpPort to,
                                 std::span<const std::byte> message) {
  const auto machine = machine_of(mac);
  if (!machine || machine->value() >= machines_.size()) {
    ++counts_.for_nobody;
    return;
  }
  deliver_dhcp(now, *machine, from, to, message);
}

void LiveCarrier::on_dhcp_to_address(Instant now, const net::Endpoint& to, const net::Endpoint& from,
                                     std::span<const std::byte> message) {
  const auto found = by_address_.find(to.address.v4().value());
  if (found == by_address_.end()) {
    ++counts_.for_nobody;
    return;
  }
  deliver_dhcp(now, found->second, from, to.port, message);
}

void LiveCarrier::deliver_dhcp(Instant now, MachineId machine, const net::Endpoint& from, net::UdpPort to,
                               std::span<const std::byte> message) {
  if (answered_by_.is_any() && from.address.is_v4()) answered_by_ = from.address.v4();
  const unsigned times = weather(now, machine, [&] {
    HeldDatagram held;
    held.kind = HeldKind::kDhcpIn;
    held.port = to;
    held.peer = from;
    held.payload.assign(message.begin(), message.end());
    return held;
  });
  for (unsigned i = 0; i < times; ++i) rack_->on_dhcp(now, machine, from, to, message);
}

void LiveCarrier::on_tftp_datagram(Instant now, net::Ipv4Address local, std::uint8_t socket, const net::Endpoint& from,
                                   std::span<const std::byte> payload) {
  const auto found = by_address_.find(local.value());
  if (found == by_address_.end()) {
    ++counts_.for_nobody;
    return;
  }
  const MachineId machine = found->second;
  const net::UdpPort port = machines_[machine.value()].ports.port_at(socket);
  const unsigned times = weather(now, machine, [&] {
    HeldDatagram held;
    held.kind = HeldKind::kTftpIn;
    held.port = port;
    held.peer = from;
    held.payload.assign(payload.begin(), payload.end());
    return held;
  });
  for (unsigned i = 0; i < times; ++i) rack_->on_tftp(now, machine, port, from, payload);
}

void LiveCarrier::on_fetch_event(Instant now, MachineId machine, const FetchEvent& event) {
  rack_->on_fetch(now, machine, event);
}

void LiveCarrier::release_held(Instant now) {
  while (held_.next() <= now) carry(now, held_.take());
}

void LiveCarrier::carry(Instant now, const HeldDatagram& held) {
  Port& port = machines_[held.machine.value()];
  switch (held.kind) {
    case HeldKind::kDhcpOut:
      dhcp_->send(identity_of(held.machine).mac, held.how, held.payload);
      return;
    case HeldKind::kTftpOut:
      if (!port.address.is_any()) put_tftp(port, held.port, held.peer, held.payload);
      return;
    case HeldKind::kDhcpIn:
      rack_->on_dhcp(now, held.machine, held.peer, held.port, held.payload);
      return;
    case HeldKind::kTftpIn:
      rack_->on_tftp(now, held.machine, held.port, held.peer, held.payload);
      return;
  }
}

void LiveCarrier::release_cut_fetches(Instant now) {
  while (!cut_fetches_.empty() && cut_fetches_.begin()->first <= now) {
    fetcher_->order(now, std::move(cut_fetches_.begin()->second));
    cut_fetches_.erase(cut_fetches_.begin());
  }
}

std::uint64_t LiveCarrier::dropped_here() {
  return tftp_->overflows() + (dhcp_ != nullptr ? dhcp_->overflows() : 0);
}

std::vector<std::string> LiveCarrier::notes() {
  std::vector<std::string> notes;
  const auto count = [](std::uint64_t n) { return std::to_string(n) + " "; };
  if (tftp_->unsent() > 0)
    notes.push_back(count(tftp_->unsent()) + "TFTP datagrams could not leave this host: " + tftp_->last_error());
  if (dhcp_ != nullptr && dhcp_->unsent() > 0)
    notes.push_back(count(dhcp_->unsent()) + "DHCP messages or frames could not leave this host");
  if (routes_.refused() > 0)
    notes.push_back(count(routes_.refused()) + "routes for machines were refused: " + routes_.last_error());
  if (fetcher_->beyond_reach() > 0)
    notes.push_back(count(fetcher_->beyond_reach()) + "redirects away from loopback were not followed");
  if (fetcher_->had_to_wait() > 0)
    notes.push_back("up to " + count(fetcher_->had_to_wait()) +
                    "fetches waited for a descriptor; raise the limit (ulimit -n) to load the server fully");
  return notes;
}

}  // namespace rackcast::sim
