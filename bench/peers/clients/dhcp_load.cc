#include "bench/peers/clients/dhcp_load.h"

#include <algorithm>
#include <set>

#include "tools/sim/machines/mac_plan.h"

namespace rackcast::bench {

using sim::Instant;
using sim::PartStatus;

namespace {

constexpr sim::Span kSweepEvery = std::chrono::milliseconds(50);  // how late a repetition may be

// A BIOS ROM's DHCP, and nothing after it.
Result<sim::DhcpHabits> rom_habits() {
  const sim::Profile& profile = sim::all_profiles().front();
  if (profile.steps.empty() || profile.steps.front().dhcp == nullptr)
    return fail("profile " + std::string(profile.name) + " does not begin with DHCP");
  sim::DhcpHabits habits = *profile.steps.front().dhcp;
  habits.boot_server = sim::BootServerRule::kNotAsked;
  return habits;
}

}  // namespace

struct DhcpLoad::Client {
  sim::MachineIdentity identity;
  sim::DhcpClient dhcp;
  sim::DhcpLease lease;
  bool running = false;
};

DhcpLoad::DhcpLoad(const DhcpLoadSettings& settings)
    : settings_(settings), random_(settings.seed), clients_(settings.clients) {
  for (std::uint32_t i = 0; i < clients_.size(); ++i) clients_[i].identity = sim::identity_of(sim::MachineId(i));
}

DhcpLoad::~DhcpLoad() = default;

Result<std::unique_ptr<DhcpLoad>> DhcpLoad::open(const DhcpLoadSettings& settings) {
  std::unique_ptr<DhcpLoad> load(new DhcpLoad(settings));
  const auto habits = rom_habits();
  if (!habits) return tl::make_unexpected(habits.error());
  load->habits_ = *habits;
  auto link = sim::FrameLink::open(load->loop_, load->timer_, settings.interface, {dhcp4::kClientPort}, *load);
  if (!link) return tl::make_unexpected(link.error());
  load->link_ = std::move(*link);
  return load;
}

DhcpLoadResult DhcpLoad::run() {
  begin_ = timer_.now();
  const Instant end_of_run = begin_ + settings_.time_max;
  running_ = settings_.clients;
  last_end_ = begin_;
  for (Client& client : clients_) {
    client.running = true;
    client.dhcp.start(timer_.now(), world_of(client), habits_);
  }
  link_->flush();
  Instant next_sweep = begin_ + kSweepEvery;
  for (Instant now = begin_; running_ > 0 && now < end_of_run; now = timer_.now()) {
    loop_.turn(timer_, std::min(next_sweep, end_of_run));
    if (now >= next_sweep) {
      sweep(now);
      next_sweep = now + kSweepEvery;
    }
    link_->flush();
  }
  result_.took = (running_ > 0 ? end_of_run : last_end_) - begin_;
  result_.dropped_here = link_->overflows();
  result_.unsent = link_->unsent();
  std::sort(result_.seconds.begin(), result_.seconds.end());
  count_addresses();
  return std::move(result_);
}

sim::MachineWorld DhcpLoad::world_of(Client& client) {
  return {client.identity, facts_, pace_, *this, *this, random_};
}

void DhcpLoad::on_dhcp_to_mac(Instant now, const net::MacAddress& mac, const net::Endpoint& from, net::UdpPort to,
                              std::span<const std::byte> message) {
  const auto machine = sim::machine_of(mac);
  if (!machine || machine->value() >= clients_.size()) return;
  Client& client = clients_[machine->value()];
  const PartStatus status = client.dhcp.on_datagram(now, world_of(client), {from.port, to}, message, client.lease);
  if (client.running) on_status(now, client, status);
}

void DhcpLoad::on_status(Instant now, Client& client, PartStatus status) {
  if (status != PartStatus::kDone && status != PartStatus::kFailed) return;
  client.running = false;
  --running_;
  last_end_ = now;
  if (status == PartStatus::kDone) {
    ++result_.finished;
    result_.seconds.push_back(std::chrono::duration<double>(now - begin_).count());
    return;
  }
  ++result_.failed;
  if (result_.first_failure.empty()) result_.first_failure = client.dhcp.detail();
}

void DhcpLoad::sweep(Instant now) {
  for (Client& client : clients_) {
    if (!client.running || client.dhcp.deadline() > now) continue;
    on_status(now, client, client.dhcp.on_deadline(now, world_of(client)));
  }
}

void DhcpLoad::count_addresses() {
  std::set<net::Ipv4Address> given;
  for (const Client& client : clients_) {
    if (client.lease.address.is_any()) continue;
    if (!given.insert(client.lease.address).second) ++result_.addresses_twice;
  }
}

void DhcpLoad::send_dhcp(sim::MachineId machine, const sim::DhcpSend& how, std::span<const std::byte> message) {
  link_->send(clients_[machine.value()].identity.mac, how, message);
}

void DhcpLoad::on_incident(Instant, sim::MachineId, sim::Incident incident) {
  if (incident == sim::Incident::kRetransmit) ++result_.retransmits;
  if (incident == sim::Incident::kNak) ++result_.naks;
}

}  // namespace rackcast::bench
