// The engine allocates nothing after construction: counted while a thousand transfers run. The network here is two
// fixed arrays, so that nothing else allocates either.
#include <gtest/gtest.h>

#include <array>
#include <memory>

#include "core/engine/tftp/tftp_engine.h"
#include "proto/tftp/encode.h"
#include "tests/support/allocation_count.h"
#include "tests/support/heap_image.h"
#include "tests/support/one_slot_io.h"

namespace rackcast::engine {
namespace {

constexpr std::size_t kClients = 1'000;
constexpr std::uint16_t kBlock = 1'468;
constexpr std::uint16_t kWindow = 4;

// Remembers of each client only the last block sent to it, and from which port.
class ClientsIo final : public testing::OneSlotIo {
 public:
  struct Seen {
    std::uint16_t last = 0;
    SocketId from;
    bool oack = false;
    bool fresh = false;
  };
  std::array<Seen, kClients> seen{};
  std::uint64_t datagrams = 0;
  std::array<PinId, 64> pins{};
  std::size_t pin_count = 0;

 private:
  void on_commit(const TxSlot& slot) override {
    Seen& client = seen[slot.destination.peer.address.v4().value() & 0xFFFFU];
    const auto header = slot.header(slot.datagrams().back());
    client.oack = header[1] == std::byte{6};
    client.last =
        static_cast<std::uint16_t>((std::to_integer<unsigned>(header[2]) << 8U) | std::to_integer<unsigned>(header[3]));
    client.from = slot.destination.socket;
    client.fresh = true;
    datagrams += slot.count();
    if (slot.pin != kNoPin) pins[pin_count++] = slot.pin;
  }
};

class CountingEvents final : public EventSink {
 public:
  std::uint64_t done = 0;
  void emit(const Event& event) override { done += event.kind == EventKind::kTransferDone ? 1U : 0U; }
};

class OneImageRouter final : public WorkRouter {
 public:
  Ticket ticket;
  PathText path;
  bool asked = false;
  bool submit(LaneId, Work& work) override {
    if (const auto* const load = std::get_if<LoadImage>(&work)) {
      ticket = load->ticket;
      path = load->path;
      asked = true;
    }
    return true;
  }
};

class Rack {
 public:
  Rack() {
    auto config = std::make_shared<Config>();
    config->tftp = TftpConfig{};
    TftpSetup setup;
    setup.config = config;
    setup.root = "/tftpboot";
    setup.listeners = {SocketId{0}};
    for (std::uint16_t i = 1; i <= 8; ++i) setup.tids.v4.push_back(SocketId{i});
    setup.epoch = &epoch_;
    setup.seed = 42;
    setup.limits = {.transfers_max = 4'096, .cache_paths = 256};
    engine = std::make_unique<TftpEngine>(std::move(setup));
    tftp::Request request;
    request.filename = "/tftpboot/initrd.img";
    request.options.blksize = kBlock;
    request.options.windowsize = kWindow;
    request_size_ = tftp::encode_request(request_, request).size();
  }

  // Every client reads the file once, each time from another port, as firmware does.
  void boot_all(std::uint16_t round) {
    for (std::size_t i = 0; i < kClients; ++i) give(i, round, SocketId{0}, std::span(request_).first(request_size_));
    if (router.asked) answer_load();
    for (std::size_t running = 1; running > 0;) {
      running = 0;
      for (std::size_t i = 0; i < kClients; ++i) {
        if (!io.seen[i].fresh) continue;
        io.seen[i].fresh = false;
        ++running;
        std::array<std::byte, 4> ack;
        const std::uint16_t block = io.seen[i].oack ? std::uint16_t{0} : io.seen[i].last;
        give(i, round, io.seen[i].from, tftp::encode_ack(ack, tftp::BlockNumber(block)));
      }
      tick(std::chrono::milliseconds(1));
    }
    tick(std::chrono::seconds(11));  // nobody asks: the image is let go
  }

  std::unique_ptr<TftpEngine> engine;
  ClientsIo io;
  CountingEvents events;
  OneImageRouter router;
  PinTable pins{64};

 private:
  void give(std::size_t client, std::uint16_t round, SocketId socket, std::span<const std::byte> payload) {
    ReceivedDatagram datagram;
    datagram.peer = {net::Ipv4Address(static_cast<std::uint32_t>(0x0A00'0000 + client)),
                     net::UdpPort(static_cast<std::uint16_t>(2'000 + round))};
    datagram.local = {net::Ipv4Address(10, 255, 0, 1), net::UdpPort(69)};
    datagram.destination = datagram.local.address;
    datagram.socket = socket;
    datagram.payload = payload;
    engine->on_datagram(now_, datagram, sink_);
    settle();
  }
  void answer_load() {
    router.asked = false;
    Completion loaded = ImageLoaded{router.ticket, router.path, ImageStatus::kLoaded, image_, epoch_.value()};
    engine->on_completion(now_, loaded, sink_);
    settle();
  }
  void tick(Duration time) {
    now_.monotonic += time;
    if (engine->next_deadline() <= now_.monotonic) engine->on_deadline(now_, sink_);
    settle();
  }
  void settle() {
    for (; io.pin_count > 0; --io.pin_count) pins.release(io.pins[io.pin_count - 1]);
    while (pins.take_released() != nullptr) continue;
  }

  ImageEpoch epoch_;
  std::shared_ptr<testing::HeapImage> image_ =
      std::make_shared<testing::HeapImage>(testing::random_bytes(60'000, 1), 1);
  Now now_{MonotonicTime(std::chrono::seconds(1)), {}};
  std::array<std::byte, 128> request_;
  std::size_t request_size_ = 0;
  Sink sink_{io, pins, events, router, LaneId{0}};
};

TEST(TftpAllocation, AThousandTransfersAllocateNothing) {
  Rack rack;
  rack.boot_all(0);  // warm-up: whatever is lazy
  ASSERT_EQ(rack.events.done, kClients);
  const std::uint64_t before = testing::allocation_count();
  for (std::uint16_t round = 1; round <= 3; ++round) rack.boot_all(round);
  EXPECT_EQ(testing::allocation_count() - before, 0U);
  EXPECT_EQ(rack.events.done, 4 * kClients);
  EXPECT_EQ(rack.pins.in_use(), 0U);
}

TEST(TftpAllocation, TheCounterCounts) {
  const std::uint64_t before = testing::allocation_count();
  auto* const made = new int(1);
  EXPECT_EQ(testing::allocation_count() - before, 1U);
  delete made;
}

}  // namespace
}  // namespace rackcast::engine
