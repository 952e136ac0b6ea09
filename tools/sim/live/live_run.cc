#include "tools/sim/live/live_run.h"

#include <algorithm>

#include "tools/sim/live/hostile_actor.h"
#include "tools/sim/live/run_notes.h"
#include "tools/sim/live/server_cpu_search.h"
#include "tools/sim/scenario/power_plan.h"
#include "tools/sim/scenario/rack_machines.h"

namespace rackcast::sim {
namespace {

constexpr Span kTick = std::chrono::milliseconds(100);

// Without DHCP, addresses are counted up from the operator's first.
std::vector<RackMachine> addressed_machines(const RunPlan& plan, const LiveSettings& settings) {
  std::vector<RackMachine> machines = rack_machines(plan);
  if (settings.network.dhcp) return machines;
  for (std::uint32_t i = 0; i < machines.size(); ++i)
    machines[i].address = net::Ipv4Address(settings.first_address.value() + i);
  return machines;
}

bool is_hostile(const HostilePlan& plan) {
  return plan.garbage_per_second + plan.spoofed_per_second + plan.silent_readers + plan.scans_per_second +
             plan.bad_dhcp_per_second >
         0;
}

class LiveRun {
 public:
  LiveRun(const RunPlan& plan, const RunFacts& facts, const LiveSettings& settings, Observer& observer,
          LiveCarrier& carrier, ServerCpuSearch& server_cpu)
      : plan_(plan),
        settings_(settings),
        carrier_(carrier),
        machines_(addressed_machines(plan, settings)),
        rack_(machines_, facts, carrier, observer),
        power_(plan),
        server_cpu_(server_cpu) {
    carrier.attach(rack_);
  }

  // False: interrupted.
  bool run(const RunTick& tick, const std::atomic<bool>& stop) {
    const Instant end = Instant{} + plan_.time_max;
    Instant next_tick{};
    bool interrupted = false;
    if (!settings_.network.dhcp) carrier_.routes().add_subnet(settings_.first_address, settings_.prefix_bits);
    meet_server(settings_.network.server);
    while (!over() && !interrupted) {
      const Instant now = carrier_.timer().now();
      meet_server(carrier_.answered_by());
      if (now >= end) break;
      switch_machines(now);
      if (rack_.next_deadline() <= now) rack_.on_deadline(now);
      if (hostile_ != nullptr) hostile_->step(now);
      carrier_.flush();
      if (now >= next_tick) {
        tick(now, rack_);
        next_tick = now + kTick;
      }
      carrier_.turn(std::min({end, next_tick, next_event(), rack_.next_deadline()}));
      carrier_.flush();
      interrupted = stop.load(std::memory_order_relaxed);
    }
    took_ = carrier_.timer().now() - Instant{};
    rack_.end(Instant{} + took_);
    tick(Instant{} + took_, rack_);
    return !interrupted;
  }

  [[nodiscard]] const std::string& trouble() const { return trouble_; }
  [[nodiscard]] Span took() const { return took_; }
  [[nodiscard]] const HostileActor* hostile() const { return hostile_.get(); }

 private:
  // What needs the server's address: told by the operator, or by the first answer.
  void meet_server(net::Ipv4Address server) {
    if (met_ || server.is_any()) return;
    met_ = true;
    if (!server_cpu_.begun()) server_cpu_.begin([server] { return ServerCpu::find(server); });
    if (!is_hostile(plan_.hostile)) return;
    if (!settings_.network.reach.includes(server)) {
      trouble_ = "no hostile actor: " + beyond_reach(server);
      return;
    }
    const std::uint8_t bits = carrier_.prefix_bits() != 0 ? carrier_.prefix_bits() : settings_.prefix_bits;
    auto actor = HostileActor::open(plan_.hostile, {server, bits, settings_.largest_file}, plan_.seed, carrier_);
    if (actor)
      hostile_ = std::move(*actor);
    else
      trouble_ = actor.error().message;
  }

  [[nodiscard]] bool over() const { return power_.next() == kNever && rack_.running() == 0; }

  [[nodiscard]] Instant next_event() const {
    Instant next = power_.next();
    if (hostile_ != nullptr) next = std::min(next, carrier_.timer().now() + HostileActor::kTick);
    return next;
  }

  void switch_machines(Instant now) {
    while (power_.next() <= now) rack_.power_on(now, power_.take());
  }

  const RunPlan& plan_;
  const LiveSettings& settings_;
  LiveCarrier& carrier_;
  std::vector<RackMachine> machines_;
  Rack rack_;
  PowerPlan power_;
  bool met_ = false;
  ServerCpuSearch& server_cpu_;
  std::unique_ptr<HostileActor> hostile_;
  std::string trouble_;
  Span took_{};
};

}  // namespace

Result<LiveOutcome> run_live(const RunPlan& plan, const RunFacts& facts, const LiveSettings& settings,
                             Observer& observer, const RunTick& tick, const std::atomic<bool>& stop) {
  ServerCpuSearch server_cpu;
  if (const auto& told = settings.server_processes; !told.empty())
    server_cpu.look([&] { return ServerCpu::of({told.begin(), told.end()}); });
  else if (!settings.network.server.is_any())
    server_cpu.look([&] { return ServerCpu::find(settings.network.server); });
  auto carrier = LiveCarrier::open(settings.network, plan);  // time begins
  if (!carrier) return tl::make_unexpected(carrier.error());
  const double own_at_start = own_cpu_seconds();

  LiveRun run(plan, facts, settings, observer, **carrier, server_cpu);
  LiveOutcome outcome;
  outcome.interrupted = !run.run(tick, stop);
  outcome.took = run.took();
  outcome.simulator_cpu_seconds = own_cpu_seconds() - own_at_start;
  outcome.server_cpu_seconds = server_cpu.seconds().value_or(-1);
  outcome.datagrams_dropped_here = (*carrier)->dropped_here();
  outcome.notes = (*carrier)->notes();
  add_notes((*carrier)->counts(), outcome.notes);
  if (run.hostile() != nullptr) add_hostile_notes(run.hostile()->sent(), run.hostile()->unsent(), outcome.notes);
  if (!run.trouble().empty()) outcome.notes.push_back(run.trouble());
  if (settings.network.dhcp && (*carrier)->answered_by().is_any())
    outcome.notes.push_back("no server answered DHCP on " + settings.network.interface +
                            "; see that one listens on this wire and has addresses for it");
  return outcome;
}

}  // namespace rackcast::sim
