// Who disturbs a run (HostilePlan): garbage, forged sources, readers that never acknowledge, port scans, invented
// machines with broken DHCP. All of it bounded by the plan's rates and sources; deterministic by its seed.
//
// Thread: the world's. Destroy before the network.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "io_backends/sim/sim_network.h"
#include "tools/sim/machines/random.h"
#include "tools/sim/scenario/scenario.h"

namespace rackcast::sim {

class HostileTraffic final : private io::SimEventTarget, private io::SimPortReceiver {
 public:
  // Strangers stand on `segment`. `largest_file`: what silent readers ask for. Starts at once.
  HostileTraffic(io::SimNetwork& network, io::SegmentId segment, const HostilePlan& plan, net::Ipv4Address server,
                 std::string largest_file, const io::LinkFaults& cable, std::uint64_t seed);
  ~HostileTraffic();

  void stop() { stopped_ = true; }
  [[nodiscard]] std::uint64_t sent() const { return sent_; }

 private:
  enum class Kind : std::uint64_t { kGarbage, kSpoofed, kSilentReader, kScan, kBadDhcp };

  void on_event(std::uint64_t token) override;
  void on_frame(io::PortId, const io::SimFrame&) override {}  // strangers do not listen
  [[nodiscard]] bool hears_broadcast(io::PortId, net::UdpPort) const override { return false; }
  void again(Kind kind, std::uint32_t per_second);
  void send(const net::Endpoint& source, const net::Endpoint& to, std::span<const std::byte> payload);
  void garbage();
  void spoofed();
  void silent_reader();
  void scan();
  void bad_dhcp();
  [[nodiscard]] net::Endpoint stranger();

  io::SimNetwork& network_;
  HostilePlan plan_;
  net::Ipv4Address server_;
  std::string largest_file_;
  Random random_;
  std::vector<io::PortId> ports_;
  std::uint32_t silent_readers_left_;
  std::uint64_t sent_ = 0;
  bool stopped_ = false;
};

}  // namespace rackcast::sim
