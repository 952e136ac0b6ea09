// N TFTP clients on one thread against any server: the simulator's client (tools/sim/machines) and sockets
// (tools/sim/live), without the boot around them, so that the generator costs less than what it measures.
//
//   settings --> TftpLoad::open --> run() --> LoadResult
//
//   kReadFile    every client reads the file once; the run is over when the last one has it
//   kAskAbsent   every client asks for one absent name after the other, until the time is over
//
// Every client has its own source address; with fewer addresses than clients those of one address have ports of their
// own. A client repeats itself after 1 s, then 2, 4, 8 and 16 s, and gives up 16 s later. Bounded by `time_max`.
//
// Thread: one. Errors: open() says which socket or file was refused.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/result.h"
#include "proto/net/address.h"
#include "tools/sim/live/event_loop.h"
#include "tools/sim/live/tftp_ports.h"
#include "tools/sim/machines/carrier.h"
#include "tools/sim/machines/observer.h"
#include "tools/sim/machines/tftp_client.h"

namespace rackcast::bench {

enum class LoadKind : std::uint8_t { kReadFile, kAskAbsent };

struct LoadSettings {
  net::Endpoint server;
  LoadKind kind = LoadKind::kReadFile;
  std::string file;                // kAskAbsent: a prefix that no file of the server has
  std::uint32_t absent_names = 0;  // kAskAbsent: different ones in all; 0: ten of every client's own
  std::string original;            // path of the same file here: every byte is checked; empty: not
  std::uint32_t clients = 1;
  std::uint32_t addresses = 0;  // 0: as many as clients
  net::Ipv4Address first_address;
  std::uint16_t blksize = 1'468;
  std::uint16_t windowsize = 1;
  sim::Arrivals arrivals = sim::Arrivals::kOneByOne;
  sim::Span time_max = std::chrono::seconds(8);
};

struct LoadResult {
  std::uint32_t finished = 0;  // kAskAbsent: clients that did not fail
  std::uint32_t failed = 0;    // the rest was still at it
  std::array<std::uint32_t, sim::kFailureCount> failed_by{};
  std::uint64_t not_found = 0;
  std::uint64_t blocks = 0;
  std::uint64_t bytes = 0;
  std::uint64_t timeouts = 0;  // requests and ACKs that a client repeated, and the wait after which it gave up
  std::uint64_t repeated_blocks = 0;
  std::uint64_t dropped_here = 0;  // by the generator's own sockets: the figures are worth nothing
  std::uint64_t unsent = 0;
  sim::Span took{};             // until the last client ended, or all of time_max
  std::vector<double> seconds;  // kReadFile: of each finished client, ascending
  std::string first_failure;    // in words
};

class TftpLoad final : private sim::Carrier, private sim::Observer {
 public:
  // Each group of `addresses` clients takes 16 sockets.
  static constexpr std::uint32_t kGroupsMax = 64;

  static Result<std::unique_ptr<TftpLoad>> open(const LoadSettings& settings);
  ~TftpLoad() override;

  [[nodiscard]] LoadResult run();  // once

 private:
  struct Client;
  class Group;

  explicit TftpLoad(const LoadSettings& settings);
  [[nodiscard]] sim::MachineWorld world_of(Client& client);
  void start(sim::Instant now, Client& client);
  void on_datagram(sim::Instant now, std::uint32_t index, std::uint8_t socket, const net::Endpoint& from,
                   std::span<const std::byte> payload);
  void on_status(sim::Instant now, Client& client, sim::PartStatus status);
  void end(sim::Instant now, Client& client, sim::Failure failure);
  void sweep(sim::Instant now);
  void flush();

  // Carrier. Clients do TFTP only.
  void send_dhcp(sim::MachineId, const sim::DhcpSend&, std::span<const std::byte>) override {}
  void send_tftp(sim::MachineId machine, net::UdpPort from, const net::Endpoint& to,
                 std::span<const std::byte> payload) override;
  void fetch(sim::MachineId, const sim::FetchRequest&) override {}
  void cancel_fetches(sim::MachineId) override {}
  void use_address(sim::MachineId, net::Ipv4Address, std::uint8_t) override {}
  // Observer
  void on_stage(sim::Instant, sim::MachineId, sim::Stage) override {}
  void on_lease(sim::Instant, sim::MachineId, const sim::LeaseReceived&) override {}
  void on_file(sim::Instant, sim::MachineId, const sim::FileReceived&) override {}
  void on_bytes(sim::Instant now, sim::MachineId machine, std::uint64_t bytes) override;
  void on_incident(sim::Instant now, sim::MachineId machine, sim::Incident incident) override;
  void on_failure(sim::Instant, sim::MachineId, sim::Failure, std::string_view) override {}

  LoadSettings settings_;
  std::vector<sim::TftpOption> options_;
  sim::TftpHabits habits_;
  sim::RunFacts facts_;
  sim::ReadingPace pace_;
  sim::Random random_{1};
  sim::EventLoop loop_;
  sim::RunTimer timer_;
  std::optional<std::uint64_t> digest_;
  std::vector<std::unique_ptr<Group>> groups_;
  std::vector<Client> clients_;
  std::uint32_t running_ = 0;
  sim::Instant last_end_{};
  LoadResult result_;
};

}  // namespace rackcast::bench
