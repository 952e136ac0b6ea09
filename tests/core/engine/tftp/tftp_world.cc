#include "tests/core/engine/tftp/tftp_world.h"

#include <algorithm>
#include <array>

namespace rackcast::testing {

TftpWorld::TftpWorld(std::uint64_t seed, engine::TftpLimits limits, TftpConfig tftp) : random_(seed) {
  faults.delay = std::chrono::microseconds(100);
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
  harness.router.refuses = [this](const Work& work) {
    const auto* const load = std::get_if<LoadImage>(&work);
    if (store_queue_max == 0 || load == nullptr) return false;
    return pending_.size() >= (load->known ? store_queue_max : store_queue_max * 7 / 8);
  };
}

TftpReader& TftpWorld::add_client(ReaderPlan plan, const net::Endpoint& endpoint) {
  seats.push_back(std::make_unique<Seat>(std::move(plan), endpoint));
  by_endpoint_[endpoint] = seats.back().get();
  seats.back()->client.start(now.monotonic);
  return seats.back()->client;
}

void TftpWorld::inject(const net::Endpoint& peer, SocketId socket, std::span<const std::byte> payload) {
  ReceivedDatagram datagram;
  datagram.peer = peer;
  datagram.local = server_endpoint(socket);
  datagram.destination = datagram.local.address;
  datagram.socket = socket;
  datagram.payload = payload;
  engine->on_datagram(now, datagram, harness.sink);
  after_engine();
}

void TftpWorld::run(Duration limit) {
  const MonotonicTime end = now.monotonic + limit;
  while (!quiet()) {
    collect_from_clients();
    const MonotonicTime next = next_step();
    if (next > end) return;
    advance_to(next);
  }
}

void TftpWorld::run_for(Duration span) {
  const MonotonicTime end = now.monotonic + span;
  for (;;) {
    collect_from_clients();
    const MonotonicTime next = next_step();
    if (next > end) break;
    advance_to(next);
  }
  set_time(end);
}

void TftpWorld::after_engine() {
  for (SentDatagram& sent : harness.io.sent) {
    if (!std::holds_alternative<tftp::ErrorReport>(tftp::parse(sent.payload))) {
      last_answered = sent.to.peer;
      last_answered_from = sent.to.socket;
    }
    through_network({{}, 0, false, sent.to.peer, sent.to.socket, std::move(sent.payload)});
  }
  harness.io.sent.clear();
  std::array<PinId, 64> done;
  for (std::size_t count = harness.io.reap(done); count > 0; count = harness.io.reap(done))
    for (std::size_t i = 0; i < count; ++i) harness.pins.release(done[i]);
  while (harness.pins.take_released() != nullptr) continue;
  for (Work& work : harness.router.submitted) accept(std::move(work));
  harness.router.submitted.clear();
}

bool TftpWorld::quiet() const {
  return engine->in_flight() == 0 && packets_.empty() && pending_.empty() &&
         std::all_of(seats.begin(), seats.end(),
                     [](const auto& seat) { return seat->client.over() && seat->client.outbox().empty(); });
}

MonotonicTime TftpWorld::next_step() const {
  MonotonicTime next = engine->next_deadline();
  if (!packets_.empty()) next = std::min(next, packets_.top().at);
  if (!pending_.empty()) next = std::min(next, pending_.front().at);
  for (const auto& seat : seats) next = std::min(next, seat->client.deadline());
  return std::max(next, now.monotonic);
}

void TftpWorld::set_time(MonotonicTime at) {
  now.wall += at - now.monotonic;
  now.monotonic = at;
}

void TftpWorld::advance_to(MonotonicTime at) {
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

void TftpWorld::deliver(const Packet& packet) {
  ++datagrams_to_clients;
  bytes_to_clients += packet.payload.size();
  const auto found = by_endpoint_.find(packet.client);
  if (found == by_endpoint_.end()) return;
  Seat& seat = *found->second;
  if (seat.deaf) return;
  seat.server = packet.socket;
  seat.client.on_datagram(now.monotonic, server_endpoint(packet.socket), packet.payload);
}

void TftpWorld::collect_from_clients() {
  for (const auto& seat : seats) {
    for (const auto& sent : seat->client.outbox()) {
      const auto payload = std::as_bytes(std::span(sent.payload));
      through_network({{}, 0, true, seat->endpoint, socket_at(sent.to.port), {payload.begin(), payload.end()}});
    }
    seat->client.outbox().clear();
  }
}

void TftpWorld::through_network(Packet packet) {
  io::LinkState& cable = packet.to_server ? to_server_ : to_clients_;
  const io::Passage passage = cable.pass(faults, now.monotonic, packet.payload.size(), false, random_);
  if (passage.verdict != io::LinkVerdict::kPasses) return;
  packet.at = passage.out;
  if (passage.duplicated) post(packet);
  post(std::move(packet));
}

void TftpWorld::post(Packet packet) {
  packet.order = ++order_;
  packets_.push(std::move(packet));
}

MonotonicTime TftpWorld::loaded_at() {
  if (store_queue_max == 0) return now.monotonic + load_time;
  store_free_at_ = std::max(store_free_at_, now.monotonic) + load_time;
  return store_free_at_;
}

void TftpWorld::accept(Work work) {
  if (auto* const load = std::get_if<LoadImage>(&work)) {
    ImageLoaded loaded{load->ticket, load->path, ImageStatus::kNotFound, nullptr, epoch.value()};
    const auto found = files.find(std::string(load->path.view()));
    if (found != files.end()) {
      loaded.status = ImageStatus::kLoaded;
      loaded.image = found->second;
    }
    pending_.push_back({loaded_at(), std::move(loaded)});
  } else if (auto* const write = std::get_if<WriteUpload>(&work)) {
    pending_.push_back({now.monotonic + load_time,
                        UploadWritten{write->ticket, UploadStatus::kWritten, write->name, std::move(write->buffer)}});
  } else if (auto* const read = std::get_if<ReadPiece>(&work)) {
    const auto& whole = dynamic_cast<const HeapImage&>(*read->image);
    pending_.push_back({now.monotonic + load_time,
                        PieceRead{read->ticket, PieceStatus::kRead, piece_of(whole, read->offset, 100'000, 65'536)}});
  }
}

}  // namespace rackcast::testing
