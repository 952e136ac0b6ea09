// A TFTP engine, a rack of simulated clients, a fake image store and a bad network between them, under virtual time and
// one seed. The test double of a lane: it does what the lane does with pins and completions.
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <queue>
#include <random>
#include <string>
#include <vector>

#include "core/engine/tftp/tftp_engine.h"
#include "tests/support/heap_image.h"
#include "tests/support/recording_io.h"
#include "tests/support/tftp_client.h"

namespace rackcast::testing {

inline constexpr SocketId kListenSocket{0};
inline constexpr std::uint16_t kTidCount = 4;

struct LinkFaults {
  double loss = 0;
  double duplicate = 0;
  Duration delay = std::chrono::microseconds(100);
  Duration jitter{};  // up to; more than the gap between packets reorders them
};

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
    TftpClient client;
    net::Endpoint endpoint;
    SocketId server = kListenSocket;  // the port it talks to: the listener until the first answer
    bool fixed = false;
  };

  explicit TftpWorld(std::uint64_t seed = 1, engine::TftpLimits limits = {}, TftpConfig tftp = {}) : random_(seed) {
    auto config = std::make_shared<Config>();
    config->tftp = std::move(tftp);
    engine::TftpSetup setup;
    setup.config = config;
    setup.root = "/tftpboot";
    setup.listeners = {kListenSocket};
    for (std::uint16_t i = 1; i <= kTidCount; ++i) setup.tids.v4.push_back(SocketId{i});
    setup.epoch = &epoch;
    setup.seed = seed;
    setup.limits = limits;
    engine = std::make_unique<engine::TftpEngine>(std::move(setup));
  }

  EngineHarness harness;
  ImageEpoch epoch;
  std::unique_ptr<engine::TftpEngine> engine;
  std::map<std::string, std::shared_ptr<HeapImage>> files;
  LinkFaults faults;
  Duration load_time = std::chrono::microseconds(500);
  std::vector<std::unique_ptr<Seat>> seats;
  Now now{MonotonicTime(std::chrono::seconds(1)), WallTime(std::chrono::seconds(1'800'000'000))};
  std::uint64_t datagrams_to_clients = 0;

  void add_file(const std::string& path, std::vector<std::byte> content, bool resident = true) {
    files[path] = std::make_shared<HeapImage>(std::move(content), ++generations_, resident);
  }

  static net::Endpoint endpoint_of(std::size_t number, std::uint16_t port = 2070) {
    return {net::Ipv4Address(static_cast<std::uint32_t>(0x0A00'0001 + number)), net::UdpPort(port)};
  }
  static net::Endpoint server_endpoint(SocketId socket) {
    return {net::Ipv4Address(10, 255, 0, 1),
            net::UdpPort(socket == kListenSocket ? std::uint16_t{69}
                                                 : static_cast<std::uint16_t>(50'000 + socket.value()))};
  }

  TftpClient& add_client(TftpClientProfile profile) {
    return add_client(std::move(profile), endpoint_of(seats.size()));
  }
  TftpClient& add_client(TftpClientProfile profile, const net::Endpoint& endpoint) {
    seats.push_back(std::make_unique<Seat>(Seat{TftpClient(std::move(profile)), endpoint}));
    by_endpoint_[endpoint] = seats.back().get();
    seats.back()->client.start(now.monotonic);
    return seats.back()->client;
  }

  // A raw datagram into the engine at once, without the network.
  void inject(const net::Endpoint& peer, SocketId socket, std::span<const std::byte> payload) {
    ReceivedDatagram datagram;
    datagram.peer = peer;
    datagram.local = server_endpoint(socket);
    datagram.destination = datagram.local.address;
    datagram.socket = socket;
    datagram.payload = payload;
    engine->on_datagram(now, datagram, harness.sink);
    after_engine();
  }

  // Runs until every client is over and the engine has no transfer, or until `limit` of virtual time has passed.
  void run(Duration limit = std::chrono::minutes(30)) {
    const MonotonicTime end = now.monotonic + limit;
    while (!quiet()) {
      collect_from_clients();
      const MonotonicTime next = next_step();
      if (next > end) return;
      advance_to(next);
    }
  }
  // Runs for exactly this long.
  void run_for(Duration span) {
    const MonotonicTime end = now.monotonic + span;
    for (;;) {
      collect_from_clients();
      const MonotonicTime next = next_step();
      if (next > end) break;
      advance_to(next);
    }
    set_time(end);
  }

  [[nodiscard]] bool all_done() const {
    return std::all_of(seats.begin(), seats.end(),
                       [](const auto& seat) { return seat->client.state() == TftpClient::State::kDone; });
  }
  [[nodiscard]] std::uint64_t count(engine::tftpd::Counter counter) const { return engine->counters()[counter]; }
  [[nodiscard]] std::size_t events(EventKind kind) const {
    return static_cast<std::size_t>(std::count_if(harness.events.events.begin(), harness.events.events.end(),
                                                  [kind](const Event& event) { return event.kind == kind; }));
  }
  // After everything ended and the path cache aged, nothing may be pinned.
  [[nodiscard]] std::size_t pins_after_rest() {
    run_for(std::chrono::seconds(10));
    return harness.pins.in_use();
  }

  // What the lane does after each engine call.
  void after_engine() {
    for (SentDatagram& sent : harness.io.sent) to_client(sent);
    harness.io.sent.clear();
    std::array<PinId, 64> done;
    for (std::size_t count = harness.io.reap(done); count > 0; count = harness.io.reap(done))
      for (std::size_t i = 0; i < count; ++i) harness.pins.release(done[i]);
    while (harness.pins.take_released() != nullptr) continue;
    for (Work& work : harness.router.submitted) accept(std::move(work));
    harness.router.submitted.clear();
  }

 private:
  struct Pending {
    MonotonicTime at;
    Completion completion;
  };

  [[nodiscard]] bool quiet() const {
    return engine->in_flight() == 0 && packets_.empty() && pending_.empty() &&
           std::all_of(seats.begin(), seats.end(),
                       [](const auto& seat) { return seat->client.over() && seat->client.outbox.empty(); });
  }

  [[nodiscard]] MonotonicTime next_step() const {
    MonotonicTime next = engine->next_deadline();
    if (!packets_.empty()) next = std::min(next, packets_.top().at);
    if (!pending_.empty()) next = std::min(next, pending_.front().at);
    for (const auto& seat : seats) next = std::min(next, seat->client.deadline());
    return std::max(next, now.monotonic);
  }

  void set_time(MonotonicTime at) {
    now.wall += at - now.monotonic;
    now.monotonic = at;
  }

  void advance_to(MonotonicTime at) {
    set_time(at);
    while (!packets_.empty() && packets_.top().at <= at) {
      const Packet packet = packets_.top();
      packets_.pop();
      if (packet.to_server) {
        inject(packet.client, packet.socket, packet.payload);
      } else {
        deliver(packet);
      }
    }
    while (!pending_.empty() && pending_.front().at <= at) {
      Pending done = std::move(pending_.front());
      pending_.pop_front();
      engine->on_completion(now, done.completion, harness.sink);
      after_engine();
    }
    for (const auto& seat : seats) seat->client.on_time(at);
    if (engine->next_deadline() <= at) {
      engine->on_deadline(now, harness.sink);
      after_engine();
    }
  }

  void deliver(const Packet& packet) {
    ++datagrams_to_clients;
    const auto found = by_endpoint_.find(packet.client);
    if (found == by_endpoint_.end()) return;
    Seat& seat = *found->second;
    if (!seat.fixed) {
      seat.fixed = true;
      seat.server = packet.socket;
    }
    if (seat.server == packet.socket) seat.client.on_datagram(now.monotonic, packet.payload);
  }

  void collect_from_clients() {
    for (const auto& seat : seats) {
      for (auto& payload : seat->client.outbox)
        through_network({{}, 0, true, seat->endpoint, seat->server, std::move(payload)});
      seat->client.outbox.clear();
    }
  }

  void to_client(SentDatagram& sent) {
    through_network({{}, 0, false, sent.to.peer, sent.to.socket, std::move(sent.payload)});
  }

  void through_network(Packet packet) {
    std::uniform_real_distribution<double> dice(0, 1);
    if (dice(random_) < faults.loss) return;
    if (dice(random_) < faults.duplicate) post(packet);
    post(std::move(packet));
  }
  void post(Packet packet) {
    packet.order = ++order_;
    packet.at = now.monotonic + faults.delay;
    if (faults.jitter.count() > 0)
      packet.at += Duration(static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(faults.jitter.count())));
    packets_.push(std::move(packet));
  }

  void accept(Work work) {
    if (auto* const load = std::get_if<LoadImage>(&work)) {
      ImageLoaded loaded{load->ticket, load->path, ImageStatus::kNotFound, nullptr, epoch.value()};
      const auto found = files.find(std::string(load->path.view()));
      if (found != files.end()) {
        loaded.status = ImageStatus::kLoaded;
        loaded.image = found->second;
      }
      pending_.push_back({now.monotonic + load_time, std::move(loaded)});
    } else if (auto* const read = std::get_if<ReadPiece>(&work)) {
      const auto& whole = dynamic_cast<const HeapImage&>(*read->image);
      pending_.push_back({now.monotonic + load_time,
                          PieceRead{read->ticket, PieceStatus::kRead, piece_of(whole, read->offset, 100'000, 65'536)}});
    }
  }

  std::mt19937_64 random_;
  std::map<net::Endpoint, Seat*> by_endpoint_;
  std::priority_queue<Packet, std::vector<Packet>, std::greater<>> packets_;
  std::deque<Pending> pending_;
  std::uint64_t order_ = 0;
  std::uint64_t generations_ = 0;
};

}  // namespace rackcast::testing
