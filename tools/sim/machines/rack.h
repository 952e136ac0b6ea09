// All machines of a run: owns them, routes to them, and keeps their deadlines. What both engines drive.
//
//     while (!rack.over() && now < end) { carry what came in: rack.on_...; if (rack.next_deadline() <= now) rack.on_deadline(now); }
//
// Single-threaded. Allocates for its machines at construction, and for strings as machines go on.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "tools/sim/machines/machine.h"

namespace rackcast::sim {

struct RackMachine {
  MachineIdentity identity;
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

  void power_on(Instant now, MachineId machine);   // from any state: a reset. Forgets all but its identity.
  void power_off(Instant now, MachineId machine);  // silent from now on, never done

  // `message`: the UDP payload of a datagram to port 68 that reached this machine (its own MAC or broadcast).
  void on_dhcp(Instant now, MachineId machine, const net::Endpoint& from, std::span<const std::byte> message);
  void on_tftp(Instant now, MachineId machine, net::UdpPort to, const net::Endpoint& from,
               std::span<const std::byte> payload);
  void on_fetch(Instant now, MachineId machine, const FetchEvent& event);

  [[nodiscard]] Instant next_deadline() const;
  void on_deadline(Instant now);  // everything due

  // Does this machine wait for a DHCP reply? For carriers that deliver broadcasts to thousands.
  [[nodiscard]] bool listens_to_dhcp(MachineId machine) const;

  [[nodiscard]] std::size_t size() const;
  [[nodiscard]] std::size_t running() const;  // powered on, neither done nor failed
  [[nodiscard]] Stage stage(MachineId machine) const;
  // The run is over: what still runs fails with kRunEnded.
  void end(Instant now);
};

}  // namespace rackcast::sim
