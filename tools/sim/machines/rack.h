// All machines of a run: owns them, routes to them, and keeps their deadlines. What both engines drive.
//
//     while (rack.running() > 0 && now < end) {
//       carry what came in: rack.on_...;
//       if (rack.next_deadline() <= now) rack.on_deadline(now);
//     }
//
// Single-threaded. Allocates for its machines at construction, and for strings as machines go on; nothing per datagram.
// Precondition of every call with a machine: its number is below size(). Equal deadlines are served in an order that
// depends on the calls alone, so that a run can be replayed.
#pragma once

#include <cstdint>
#include <deque>
#include <span>

#include "tools/sim/machines/deadline_queue.h"
#include "tools/sim/machines/machine.h"

namespace rackcast::sim {

struct RackMachine {
  MachineIdentity identity;  // its id is its place in the rack
  const Profile* profile = nullptr;
  ReadingPace pace;
  net::Ipv4Address address;  // without DHCP; any() otherwise
  std::uint64_t seed = 0;
};

class Rack {
 public:
  // References outlive the rack.
  Rack(std::span<const RackMachine> machines, const RunFacts& facts, Carrier& carrier, Observer& observer);
  ~Rack();
  Rack(const Rack&) = delete;
  Rack& operator=(const Rack&) = delete;

  void power_on(Instant now, MachineId machine);   // from any state: a reset. Forgets all but its identity.
  void power_off(Instant now, MachineId machine);  // silent from now on, never done

  // `message`: the UDP payload of a datagram that reached this machine (its own MAC or broadcast) at port `to`, which
  // is 68 or one that its DHCP was sent from.
  void on_dhcp(Instant now, MachineId machine, const net::Endpoint& from, net::UdpPort to,
               std::span<const std::byte> message);
  void on_tftp(Instant now, MachineId machine, net::UdpPort to, const net::Endpoint& from,
               std::span<const std::byte> payload);
  void on_fetch(Instant now, MachineId machine, const FetchEvent& event);
  void on_local_failure(Instant now, MachineId machine, std::string_view detail);  // the carrier cannot carry for it

  // Never later than the first deadline; a little early where one was moved back since.
  [[nodiscard]] Instant next_deadline() const { return deadlines_.earliest(); }
  void on_deadline(Instant now);  // everything due; afterwards next_deadline() > now

  // Does this machine wait for a DHCP reply? For carriers that deliver broadcasts to thousands.
  [[nodiscard]] bool listens_to_dhcp(MachineId machine) const { return machines_[machine.value()].listens_to_dhcp(); }

  [[nodiscard]] std::size_t size() const { return machines_.size(); }
  [[nodiscard]] std::size_t running() const { return running_; }  // powered on, neither done nor failed
  [[nodiscard]] Stage stage(MachineId machine) const { return machines_[machine.value()].stage(); }
  // The run is over: what still runs fails with kRunEnded.
  void end(Instant now);

 private:
  template <typename Call>
  void with(MachineId machine, Call call);

  std::deque<Machine> machines_;  // they are not moved
  DeadlineQueue deadlines_;
  std::size_t running_ = 0;
};

}  // namespace rackcast::sim
