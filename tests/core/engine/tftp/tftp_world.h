// A TFTP engine, simulated clients, a fake image store and a bad network between them, under virtual time and one seed.
// The test double of a lane: it does what the lane does with pins and completions, and lets a test into everything.
// Clients are the simulator's, and so is what goes wrong on the way (one cable each way for all of them).
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <queue>
#include <string>
#include <vector>

#include "core/engine/tftp/tftp_engine.h"
#include "io_backends/sim/link.h"
#include "tests/support/heap_image.h"
#include "tests/support/recording_io.h"
#include "tests/support/tftp_reader.h"

namespace rackcast::testing {

inline constexpr SocketId kListenSocket{0};
inline constexpr std::uint16_t kTidCount = 4;
inline constexpr std::uint16_t kServerPort = 69;
inline constexpr std::uint16_t kTidPortFirst = 50'000;

class TftpWorld {
 public:
  struct Packet {
    MonotonicTime at;
    std::uint64_t order = 0;
    bool to_server = false;
    net::Endpoint client;
    SocketId socket;  // the server's, either way
    std::vector<std::byte> payload;
    friend bool operator>(const Packet& a, const Packet& b) {
      return std::tie(a.at, a.order) > std::tie(b.at, b.order);
    }
  };
  struct Seat {
    Seat(ReaderPlan plan, const net::Endpoint& here)
        : client(std::move(plan), server_endpoint(kListenSocket)), endpoint(here) {}
    TftpReader client;
    net::Endpoint endpoint;
    SocketId server = kListenSocket;  // who spoke to it last
    bool deaf = false;                // hears nothing
  };

  explicit TftpWorld(std::uint64_t seed = 1, engine::TftpLimits limits = {}, TftpConfig tftp = {});

  EngineHarness harness;
  ImageEpoch epoch;
  std::unique_ptr<engine::TftpEngine> engine;
  std::map<std::string, std::shared_ptr<HeapImage>> files;
  io::LinkFaults faults;
  Duration load_time = std::chrono::microseconds(500);
  // Not 0: the store has one thread, which takes load_time for each request, and room for so many, an eighth of it for
  // images that are known.
  std::size_t store_queue_max = 0;
  std::vector<std::unique_ptr<Seat>> seats;
  Now now{MonotonicTime(std::chrono::seconds(1)), WallTime(std::chrono::seconds(1'800'000'000))};
  std::uint64_t datagrams_to_clients = 0;
  std::uint64_t bytes_to_clients = 0;
  // Of the last answer that was no ERROR: where it went, and the socket it came from.
  net::Endpoint last_answered;
  SocketId last_answered_from = kListenSocket;

  void add_file(const std::string& path, std::vector<std::byte> content, bool resident = true) {
    files[path] = std::make_shared<HeapImage>(std::move(content), ++generations_, resident);
  }

  static net::Endpoint endpoint_of(std::size_t number, std::uint16_t port = TftpReader::kPort) {
    return {net::Ipv4Address(static_cast<std::uint32_t>(0x0A00'0001 + number)), net::UdpPort(port)};
  }
  static net::Endpoint server_endpoint(SocketId socket) {
    return {net::Ipv4Address(10, 255, 0, 1),
            net::UdpPort(socket == kListenSocket ? kServerPort
                                                 : static_cast<std::uint16_t>(kTidPortFirst + socket.value()))};
  }
  static SocketId socket_at(net::UdpPort port) {
    return port.value() == kServerPort ? kListenSocket
                                       : SocketId{static_cast<std::uint16_t>(port.value() - kTidPortFirst)};
  }

  TftpReader& add_client(ReaderPlan plan) { return add_client(std::move(plan), endpoint_of(seats.size())); }
  TftpReader& add_client(ReaderPlan plan, const net::Endpoint& endpoint);

  // A raw datagram into the engine at once, without the network.
  void inject(const net::Endpoint& peer, SocketId socket, std::span<const std::byte> payload);

  // Runs until every client is over and the engine has no transfer, or until `limit` of virtual time has passed.
  void run(Duration limit = std::chrono::minutes(30));
  // Runs for exactly this long.
  void run_for(Duration span);

  [[nodiscard]] bool all_done() const {
    return std::all_of(seats.begin(), seats.end(), [](const auto& seat) { return seat->client.done(); });
  }
  [[nodiscard]] std::uint64_t count(engine::tftpd::Counter counter) const { return engine->counters()[counter]; }
  [[nodiscard]] std::size_t events(EventKind kind) const {
    return static_cast<std::size_t>(std::count_if(harness.events.events.begin(), harness.events.events.end(),
                                                  [kind](const Event& event) { return event.kind == kind; }));
  }
  // After everything ended and the path cache aged, nothing may be pinned.
  [[nodiscard]] std::size_t pins_after_rest() {
    run_for(std::chrono::seconds(15));
    return harness.pins.in_use();
  }

  // What the lane does after each engine call.
  void after_engine();

 private:
  struct Pending {
    MonotonicTime at;
    Completion completion;
  };

  [[nodiscard]] bool quiet() const;
  [[nodiscard]] MonotonicTime next_step() const;
  void set_time(MonotonicTime at);
  void advance_to(MonotonicTime at);
  void deliver(const Packet& packet);
  void collect_from_clients();
  void through_network(Packet packet);
  void post(Packet packet);
  void accept(Work work);
  [[nodiscard]] MonotonicTime loaded_at();

  io::SeededRandom random_;
  io::LinkState to_server_;
  io::LinkState to_clients_;
  std::map<net::Endpoint, Seat*> by_endpoint_;
  std::priority_queue<Packet, std::vector<Packet>, std::greater<>> packets_;
  std::deque<Pending> pending_;
  MonotonicTime store_free_at_{};
  std::uint64_t order_ = 0;
  std::uint64_t generations_ = 0;
};

}  // namespace rackcast::testing
