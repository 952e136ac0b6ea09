// A TFTP engine on a test's desk: datagrams are handed to it one by one, and what it sends is looked at one by one.
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "core/engine/tftp/engine_limits.h"
#include "core/engine/tftp/tftp_engine.h"
#include "proto/tftp/encode.h"
#include "tests/support/heap_image.h"
#include "tests/support/recording_io.h"

namespace rackcast::engine {

using tftpd::Counter;

class TftpEngineTest : public ::testing::Test {
 protected:
  static constexpr SocketId kListener{0};
  static constexpr std::uint16_t kTids = 3;          // sockets 1 to 3
  static constexpr SocketId kListenerV6{kTids + 1};  // and 5 to 7 are their IPv6 fellows
  static constexpr SocketId kFirstTidV6{kListenerV6.value() + 1};

  TftpEngineTest() { build({}); }

  void build(TftpConfig tftp, TftpLimits limits = {.transfers_max = 8, .cache_paths = 64}) {
    config = std::make_shared<Config>();
    config->tftp = std::move(tftp);
    TftpSetup setup;
    setup.config = config;
    setup.root = "/tftpboot";
    setup.listeners = {kListener, kListenerV6};
    for (std::uint16_t i = 1; i <= kTids; ++i) setup.tids.v4.push_back(SocketId{i});
    for (std::uint16_t i = 0; i < kTids; ++i)
      setup.tids.v6.push_back(SocketId{static_cast<std::uint16_t>(kFirstTidV6.value() + i)});
    setup.epoch = &epoch;
    setup.seed = 1;
    setup.limits = limits;
    setup.unseen_interfaces_served = unseen_interfaces_served;
    if (!name_map.empty()) setup.name_map = NameMap::parse(name_map).map;
    engine = std::make_unique<TftpEngine>(std::move(setup));
  }

  // For build().
  std::string name_map;
  bool unseen_interfaces_served = true;

  // --- the client's side
  static net::Endpoint peer(std::uint8_t host = 1, std::uint16_t port = 2'070) {
    return {net::Ipv4Address(10, 0, 0, host), net::UdpPort(port)};
  }
  static net::Endpoint peer_v6(std::uint8_t host = 1, std::uint16_t port = 2'070) {
    net::Ipv6Address address;
    address.octets = {0xFD, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, host};
    return {address, net::UdpPort(port)};
  }
  ReceivedDatagram datagram(SocketId socket, std::span<const std::byte> payload, const net::Endpoint& from) const {
    ReceivedDatagram received;
    received.peer = from;
    received.local = {net::Ipv4Address(10, 255, 0, 1), net::UdpPort(69)};
    received.destination = received.local.address;
    received.socket = socket;
    received.payload = payload;
    return received;
  }
  void give(SocketId socket, std::span<const std::byte> payload, const net::Endpoint& from) {
    engine->on_datagram(now, datagram(socket, payload, from), harness.sink);
    settle();
  }
  static std::vector<std::byte> request(std::string_view name, const tftp::Options& options = {},
                                        tftp::Mode mode = tftp::Mode::kOctet,
                                        tftp::Opcode opcode = tftp::Opcode::kRrq) {
    tftp::Request fields;
    fields.opcode = opcode;
    fields.filename = name;
    fields.mode = mode;
    fields.options = options;
    std::array<std::byte, 1024> room;
    const auto used = tftp::encode_request(room, fields);
    return {used.begin(), used.end()};
  }
  void rrq(std::string_view name, const tftp::Options& options = {}, const net::Endpoint& from = peer()) {
    give(kListener, request(name, options), from);
  }
  void ack(std::uint16_t block, const net::Endpoint& from = peer()) { ack_at(tid, block, from); }
  void ack_at(SocketId socket, std::uint16_t block, const net::Endpoint& from = peer()) {
    std::array<std::byte, 4> room;
    give(socket, tftp::encode_ack(room, tftp::BlockNumber(block)), from);
  }
  void error(tftp::ErrorCode code, std::string_view text, const net::Endpoint& from = peer()) {
    std::array<std::byte, 200> room;
    give(tid, tftp::encode_error(room, code, text), from);
  }

  // --- the store's side
  std::shared_ptr<testing::HeapImage> file(std::vector<std::byte> content, bool resident = true) {
    return std::make_shared<testing::HeapImage>(std::move(content), ++generations, resident);
  }
  // The path of the oldest LoadImage; "" when there is none.
  [[nodiscard]] std::string asked_path() const {
    if (harness.router.submitted.empty()) return {};
    return std::string(std::get<LoadImage>(harness.router.submitted.front()).path.view());
  }
  // Answers the oldest LoadImage.
  void loaded(std::shared_ptr<const Image> image, ImageStatus status = ImageStatus::kLoaded) {
    ASSERT_FALSE(harness.router.submitted.empty());
    const auto load = std::get<LoadImage>(harness.router.submitted.front());
    harness.router.submitted.pop_front();
    complete(ImageLoaded{load.ticket, load.path, status, std::move(image), epoch.value()});
  }
  // Returns what the engine left in it: the lane's to give back.
  Completion complete(Completion completion) {
    engine->on_completion(now, completion, harness.sink);
    settle();
    return completion;
  }
  // RRQ for a file the store has; options decide whether OACK or DATA 1 comes.
  void open(std::shared_ptr<testing::HeapImage> image, const tftp::Options& options = {},
            const net::Endpoint& from = peer()) {
    rrq("file", options, from);
    loaded(std::move(image));
  }

  // --- the server's side
  struct Packet {
    tftp::Packet fields;  // borrows from `sent.payload`
    testing::SentDatagram sent;
  };
  // What was sent since the last call. `tid` follows the socket of the last one.
  // A transfer of `blocks` full blocks of 1000 bytes, with `window`, whose first window was sent.
  void reading(std::size_t blocks, std::uint64_t window) {
    tftp::Options options{.blksize = 1'000};
    if (window > 1) options.windowsize = window;
    open(file(testing::random_bytes(blocks * 1'000, 3)), options);
    (void)sent();
    ack(0);
    (void)sent();
  }
  std::vector<testing::SentDatagram> sent() {
    auto all = std::move(harness.io.sent);
    harness.io.sent.clear();
    if (!all.empty()) tid = all.back().to.socket;
    return all;
  }
  // "D1" "D2" for DATA by number, "O" OACK, "E1" ERROR by code, joined by blanks.
  std::string sent_text() {
    std::string text;
    for (const auto& one : sent()) text += (text.empty() ? "" : " ") + name_of(one.payload);
    return text;
  }
  static std::string name_of(std::span<const std::byte> payload) {
    const tftp::Packet packet = tftp::parse(payload);
    if (const auto* const data = std::get_if<tftp::Data>(&packet)) return "D" + std::to_string(data->block.value());
    if (const auto* const failed = std::get_if<tftp::ErrorReport>(&packet))
      return "E" + std::to_string(static_cast<int>(failed->code));
    return std::holds_alternative<tftp::OptionAck>(packet) ? "O" : "?";
  }

  void pass(Duration time) {
    now.monotonic += time;
    now.wall += time;
    if (engine->next_deadline() <= now.monotonic) engine->on_deadline(now, harness.sink);
    settle();
  }
  // Runs timers, one deadline after the other, until `time` has passed.
  void pass_in_steps(Duration time) {
    const MonotonicTime end = now.monotonic + time;
    while (engine->next_deadline() <= end) pass(std::max(engine->next_deadline() - now.monotonic, Duration{}));
    pass(end - now.monotonic);
  }
  void settle() {
    std::array<PinId, 64> done;
    for (std::size_t count = harness.io.reap(done); count > 0; count = harness.io.reap(done))
      for (std::size_t i = 0; i < count; ++i) harness.pins.release(done[i]);
    while (harness.pins.take_released() != nullptr) continue;
  }

  [[nodiscard]] std::uint64_t count(Counter counter) const { return engine->counters()[counter]; }
  [[nodiscard]] const std::vector<Event>& events() const { return harness.events.events; }
  [[nodiscard]] std::vector<EventKind> kinds() const {
    std::vector<EventKind> all;
    for (const Event& event : events()) all.push_back(event.kind);
    return all;
  }

  testing::EngineHarness harness;
  ImageEpoch epoch;
  std::shared_ptr<Config> config;
  std::unique_ptr<TftpEngine> engine;
  Now now{MonotonicTime(std::chrono::seconds(100)), WallTime(std::chrono::seconds(1'800'000'000))};
  SocketId tid{1};
  std::uint64_t generations = 0;
};

}  // namespace rackcast::engine
