#include "tools/sim/machines/rack.h"

#include <algorithm>

namespace rackcast::sim {

Rack::Rack(std::span<const RackMachine> machines, const RunFacts& facts, Carrier& carrier, Observer& observer)
    : deadlines_(machines.size()) {
  for (const RackMachine& machine : machines)
    machines_.emplace_back(Machine::Setup{.identity = machine.identity,
                                          .profile = *machine.profile,
                                          .pace = machine.pace,
                                          .address = machine.address,
                                          .seed = machine.seed,
                                          .facts = facts,
                                          .carrier = carrier,
                                          .observer = observer});
}

Rack::~Rack() = default;

// One call into a machine, and what it changes for the rack. A deadline that moved later is left where it is: it is
// put right when it comes up, so that the datagrams of a transfer do not touch the queue.
template <typename Call>
void Rack::with(MachineId id, Call call) {
  Machine& machine = machines_[id.value()];
  const bool ran = machine.running();
  call(machine);
  if (ran && !machine.running()) --running_;
  if (!ran && machine.running()) ++running_;
  if (const Instant due = machine.deadline(); due < deadlines_.due(id.value())) deadlines_.set(id.value(), due);
}

void Rack::power_on(Instant now, MachineId machine) {
  with(machine, [&](Machine& it) { it.power_on(now); });
}

void Rack::power_off(Instant now, MachineId machine) {
  with(machine, [&](Machine& it) { it.power_off(now); });
}

void Rack::on_dhcp(Instant now, MachineId machine, const net::Endpoint& from, net::UdpPort to,
                   std::span<const std::byte> message) {
  with(machine, [&](Machine& it) { it.on_dhcp(now, from, to, message); });
}

void Rack::on_tftp(Instant now, MachineId machine, net::UdpPort to, const net::Endpoint& from,
                   std::span<const std::byte> payload) {
  with(machine, [&](Machine& it) { it.on_tftp(now, to, from, payload); });
}

void Rack::on_fetch(Instant now, MachineId machine, const FetchEvent& event) {
  with(machine, [&](Machine& it) { it.on_fetch(now, event); });
}

void Rack::on_local_failure(Instant now, MachineId machine, std::string_view detail) {
  with(machine, [&](Machine& it) { it.on_local_failure(now, detail); });
}

void Rack::on_deadline(Instant now) {
  while (deadlines_.earliest() <= now) {
    const std::uint32_t first = deadlines_.first();
    Machine& machine = machines_[first];
    if (machine.deadline() <= now) with(MachineId(first), [&](Machine& it) { it.on_deadline(now); });
    // A machine moves its deadlines on when they come; the clock's smallest step keeps this loop finite regardless.
    deadlines_.set(first, std::max(machine.deadline(), now + Span(1)));
  }
}

void Rack::end(Instant now) {
  for (std::uint32_t id = 0; id < machines_.size(); ++id) with(MachineId(id), [&](Machine& it) { it.end(now); });
}

}  // namespace rackcast::sim
