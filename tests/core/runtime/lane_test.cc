// The lane's loop with recording doubles: routing, interfaces, deadlines, pins, stop.
#include "core/runtime/lane.h"

#include <gtest/gtest.h>

#include "tests/support/recording_io.h"

namespace rackcast {
namespace {

using testing::RecordingEvents;
using testing::RecordingIo;
using testing::RecordingRouter;

constexpr MonotonicTime at(std::int64_t ms) {
  return MonotonicTime(std::chrono::milliseconds(ms));
}

// Hands out prepared datagrams, then nothing.
class FeedingIo final : public PacketIo {
 public:
  RecordingIo inner;
  std::vector<ReceivedDatagram> pending;
  MonotonicTime waited_until{};
  int wakes = 0;

  [[nodiscard]] IoCapabilities capabilities() const override { return inner.capabilities(); }
  [[nodiscard]] Now now() override { return inner.now(); }
  [[nodiscard]] std::size_t poll(std::span<ReceivedDatagram> out, MonotonicTime until) override {
    waited_until = until;
    const std::size_t count = std::min(out.size(), pending.size());
    std::copy_n(pending.begin(), count, out.begin());
    pending.erase(pending.begin(), pending.begin() + static_cast<std::ptrdiff_t>(count));
    return count;
  }
  void release(std::span<const ReceivedDatagram> datagrams) override { released += datagrams.size(); }
  [[nodiscard]] TxSlot* reserve() override { return inner.reserve(); }
  void commit(TxSlot* slot) override { inner.commit(slot); }
  void cancel(TxSlot* slot) override { inner.cancel(slot); }
  FlushReport flush() override { return inner.flush(); }
  [[nodiscard]] std::size_t reap(std::span<PinId> out) override { return inner.reap(out); }
  void wake() override { ++wakes; }
  [[nodiscard]] const IoStats& stats() const override { return inner.stats(); }
  [[nodiscard]] bool join_group(SocketId, const net::IpAddress&, InterfaceIndex) override { return true; }
  [[nodiscard]] net::Endpoint local_endpoint(SocketId) const override { return {}; }

  std::size_t released = 0;
};

// Answers every datagram from a pinned image and counts what it is told.
class ProbeEngine final : public engine::Engine {
 public:
  void on_datagram(const Now&, const ReceivedDatagram& datagram, Sink& sink) override {
    ++datagrams;
    TxSlot* slot = sink.reserve();
    if (slot == nullptr) return;
    slot->destination = reply_to(datagram);
    slot->header_room()[0] = std::byte{42};
    slot->add(1);
    slot->pin = pin;
    sink.commit(slot);
  }
  void on_completion(const Now&, Completion& completion, Sink&) override {
    ++completions;
    if (auto* const loaded = std::get_if<ImageLoaded>(&completion); loaded != nullptr && takes_images)
      taken = std::move(loaded->image);
  }
  void on_deadline(const Now& now, Sink&) override {
    fired_at = now.monotonic;
    deadline = kNever;
  }
  [[nodiscard]] MonotonicTime next_deadline() const override { return deadline; }
  [[nodiscard]] std::size_t in_flight() const override { return running; }

  int datagrams = 0;
  int completions = 0;
  bool takes_images = false;
  std::shared_ptr<const Image> taken;
  std::size_t running = 0;
  PinId pin = kNoPin;
  MonotonicTime deadline = kNever;
  MonotonicTime fired_at{};
};

struct LaneFixture : ::testing::Test {
  LaneFixture() {
    LaneSetup setup;
    setup.interfaces = {InterfaceIndex{2}};
    setup.route = {0, 1};
    for (auto& probe : probes) {
      auto owned = std::make_unique<ProbeEngine>();
      probe = owned.get();
      setup.engines.push_back(std::move(owned));
    }
    setup.stop_grace = std::chrono::seconds(5);
    lane = std::make_unique<Lane>(std::move(setup), io, port, events, router);
  }

  static ReceivedDatagram datagram(std::uint16_t socket, std::uint32_t interface) {
    ReceivedDatagram d;
    d.socket = SocketId{socket};
    d.interface = InterfaceIndex{interface};
    return d;
  }

  FeedingIo io;
  LanePort port;
  RecordingEvents events;
  RecordingRouter router;
  std::array<ProbeEngine*, 2> probes{};
  std::unique_ptr<Lane> lane;
};

TEST_F(LaneFixture, RoutesDatagramsBySocketAndReleasesThem) {
  io.pending = {datagram(0, 2), datagram(1, 2), datagram(1, 2), datagram(7, 2)};
  lane->turn(kNever);
  EXPECT_EQ(probes[0]->datagrams, 1);
  EXPECT_EQ(probes[1]->datagrams, 2);
  EXPECT_EQ(lane->counters().unrouted, 1U);
  EXPECT_EQ(io.released, 4U);
  EXPECT_EQ(io.inner.sent.size(), 3U);
}

TEST_F(LaneFixture, DropsWhatCameInByAnInterfaceThatIsNotServed) {
  io.pending = {datagram(0, 3)};
  lane->turn(kNever);
  EXPECT_EQ(probes[0]->datagrams, 0);
  EXPECT_EQ(lane->counters().wrong_interface, 1U);
}

TEST_F(LaneFixture, WaitsForTheEarliestDeadlineAndFiresItOnce) {
  probes[0]->deadline = at(500);
  probes[1]->deadline = at(200);
  io.inner.time.monotonic = at(200);
  lane->turn(at(10'000));
  EXPECT_EQ(io.waited_until, at(200));
  EXPECT_EQ(probes[1]->fired_at, at(200));
  EXPECT_EQ(probes[0]->fired_at, MonotonicTime{});
}

TEST_F(LaneFixture, ShowsCompletionsToEveryEngineAndWakesThePoll) {
  port.attach(io);
  EXPECT_TRUE(port.post(MachineChanged{}));
  EXPECT_EQ(io.wakes, 1);
  lane->turn(kNever);
  EXPECT_EQ(probes[0]->completions, 1);
  EXPECT_EQ(probes[1]->completions, 1);
  port.detach();
}

TEST_F(LaneFixture, HandsTheLastReferenceOfAnImageToTheStoreEvenWhenItsQueueIsFullForAWhile) {
  auto image = std::make_shared<const Image>();
  const std::weak_ptr<const Image> watch = image;
  const PinId pin = lane->pins().acquire(std::move(image));
  probes[0]->pin = pin;
  io.pending = {datagram(0, 2)};
  lane->turn(kNever);  // the slot's own pin came and went
  EXPECT_EQ(lane->pins().in_use(), 1U);
  lane->pins().release(pin);  // the engine's
  router.full = true;
  lane->turn(kNever);
  EXPECT_TRUE(router.submitted.empty());
  EXPECT_FALSE(watch.expired());
  router.full = false;
  lane->turn(kNever);
  ASSERT_EQ(router.submitted.size(), 1U);
  EXPECT_EQ(std::get<ReleaseImage>(router.submitted[0]).image, watch.lock());
  EXPECT_EQ(lane->pins().in_use(), 0U);
}

TEST_F(LaneFixture, GivesAnImageThatNoEngineTookBackToTheStoreEvenWhenItsQueueIsFullForAWhile) {
  auto image = std::make_shared<const Image>();
  auto piece = std::make_shared<const Image>();
  const std::weak_ptr<const Image> watch_image = image;
  const std::weak_ptr<const Image> watch_piece = piece;
  ASSERT_TRUE(port.post(ImageLoaded{Ticket{1}, "file", ImageStatus::kLoaded, std::move(image), 1}));
  ASSERT_TRUE(port.post(PieceRead{Ticket{2}, PieceStatus::kRead, std::move(piece)}));
  router.full = true;
  lane->turn(kNever);
  EXPECT_EQ(probes[1]->completions, 2);
  EXPECT_FALSE(watch_image.expired() || watch_piece.expired());
  router.full = false;
  lane->turn(kNever);
  ASSERT_EQ(router.submitted.size(), 2U);
  for (const Work& work : router.submitted) EXPECT_NE(std::get<ReleaseImage>(work).image, nullptr);
  router.submitted.clear();
  EXPECT_TRUE(watch_image.expired() && watch_piece.expired());  // and nobody else held one
}

TEST_F(LaneFixture, AnImageThatAnEngineTookIsNotGivenBack) {
  probes[0]->takes_images = true;
  ASSERT_TRUE(port.post(ImageLoaded{Ticket{1}, "file", ImageStatus::kLoaded, std::make_shared<const Image>(), 1}));
  lane->turn(kNever);
  EXPECT_NE(probes[0]->taken, nullptr);
  EXPECT_EQ(probes[0]->taken.use_count(), 1);
  EXPECT_TRUE(router.submitted.empty());
}

TEST_F(LaneFixture, ReferencesThatWaitForTheStoreAreBoundedAndCounted) {
  router.full = true;
  constexpr std::size_t kMore = 10;
  const std::size_t bound = LaneSetup{}.images_pinned_max + 1;  // and the one that is on its way
  for (std::size_t given = 0; given < bound + kMore; ++given) {
    ASSERT_TRUE(port.post(ImageLoaded{Ticket{1}, "file", ImageStatus::kLoaded, std::make_shared<const Image>(), 1}));
    lane->turn(kNever);
  }
  io.inner.time.monotonic += std::chrono::seconds(1);  // counters are published now and then
  lane->turn(kNever);
  EXPECT_EQ(lane->counters().images_dropped, kMore);
}

TEST_F(LaneFixture, StopsWhenNothingRunsAnyMore) {
  probes[0]->running = 1;
  ASSERT_TRUE(port.post(StopLane{}));
  lane->turn(kNever);
  EXPECT_FALSE(lane->stopped());
  probes[0]->running = 0;
  lane->turn(kNever);
  EXPECT_TRUE(lane->stopped());
}

TEST_F(LaneFixture, StopsWhenTheGraceIsOver) {
  probes[0]->running = 1;
  ASSERT_TRUE(port.post(StopLane{}));
  lane->turn(kNever);
  io.inner.time.monotonic += std::chrono::seconds(5);
  lane->turn(kNever);
  EXPECT_TRUE(lane->stopped());
}

}  // namespace
}  // namespace rackcast
