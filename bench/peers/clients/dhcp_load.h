// N machines that ask for an address at the same moment, on one thread, against any DHCP server on their wire: the
// simulator's DHCP client (tools/sim/machines) with the habits of a BIOS PXE ROM, and its raw frames (tools/sim/live).
//
//   settings --> DhcpLoad::open --> run() --> DhcpLoadResult
//
// Every machine sends a DISCOVER at once, takes the first OFFER and sends its REQUEST; what is not answered it repeats
// after 4, 8, 16 and 32 s, as firmware does. The run is over when the last one has its ACK. Bounded by `time_max`.
//
// Thread: one. Errors: open() says which socket was refused.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/result.h"
#include "tools/sim/live/frame_link.h"
#include "tools/sim/machines/carrier.h"
#include "tools/sim/machines/dhcp_client.h"
#include "tools/sim/machines/observer.h"
#include "tools/sim/machines/profile.h"

namespace rackcast::bench {

struct DhcpLoadSettings {
  std::string interface;
  std::uint32_t clients = 1;
  std::uint64_t seed = 1;  // of transaction ids
  sim::Span time_max = std::chrono::seconds(70);
};

struct DhcpLoadResult {
  std::uint32_t finished = 0;
  std::uint32_t failed = 0;           // the rest was still at it
  std::uint32_t addresses_twice = 0;  // given to two machines
  std::uint64_t retransmits = 0;
  std::uint64_t naks = 0;
  std::uint64_t dropped_here = 0;  // by the generator's own socket: the figures are worth nothing
  std::uint64_t unsent = 0;
  sim::Span took{};             // from the first DISCOVER to the last ACK, or all of time_max
  std::vector<double> seconds;  // of each finished machine, ascending
  std::string first_failure;    // in words
};

class DhcpLoad final : private sim::Carrier, private sim::Observer, private sim::DhcpReceiver {
 public:
  static Result<std::unique_ptr<DhcpLoad>> open(const DhcpLoadSettings& settings);
  ~DhcpLoad() override;

  [[nodiscard]] DhcpLoadResult run();  // once

 private:
  struct Client;

  explicit DhcpLoad(const DhcpLoadSettings& settings);
  [[nodiscard]] sim::MachineWorld world_of(Client& client);
  void on_status(sim::Instant now, Client& client, sim::PartStatus status);
  void sweep(sim::Instant now);
  void count_addresses();

  // Carrier. Machines do DHCP only.
  void send_dhcp(sim::MachineId machine, const sim::DhcpSend& how, std::span<const std::byte> message) override;
  void send_tftp(sim::MachineId, net::UdpPort, const net::Endpoint&, std::span<const std::byte>) override {}
  void fetch(sim::MachineId, const sim::FetchRequest&) override {}
  void cancel_fetches(sim::MachineId) override {}
  void use_address(sim::MachineId, net::Ipv4Address, std::uint8_t) override {}
  // Observer
  void on_stage(sim::Instant, sim::MachineId, sim::Stage) override {}
  void on_lease(sim::Instant, sim::MachineId, const sim::LeaseReceived&) override {}
  void on_file(sim::Instant, sim::MachineId, const sim::FileReceived&) override {}
  void on_bytes(sim::Instant, sim::MachineId, std::uint64_t) override {}
  void on_incident(sim::Instant now, sim::MachineId machine, sim::Incident incident) override;
  void on_failure(sim::Instant, sim::MachineId, sim::Failure, std::string_view) override {}
  // DhcpReceiver
  void on_dhcp_to_mac(sim::Instant now, const net::MacAddress& mac, const net::Endpoint& from, net::UdpPort to,
                      std::span<const std::byte> message) override;
  void on_dhcp_to_address(sim::Instant, const net::Endpoint&, const net::Endpoint&,
                          std::span<const std::byte>) override {}

  DhcpLoadSettings settings_;
  sim::DhcpHabits habits_;
  sim::RunFacts facts_;
  sim::ReadingPace pace_;
  sim::Random random_;
  sim::EventLoop loop_;
  sim::RunTimer timer_;
  std::unique_ptr<sim::FrameLink> link_;
  std::vector<Client> clients_;
  std::uint32_t running_ = 0;
  sim::Instant begin_{};
  sim::Instant last_end_{};
  DhcpLoadResult result_;
};

}  // namespace rackcast::bench
