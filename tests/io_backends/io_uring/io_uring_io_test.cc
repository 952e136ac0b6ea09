// What only a ring can run into: buffers run dry, submissions that do not fit, going while everything is under way.
#include "io_backends/io_uring/io_uring_io.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <vector>

namespace rackcast::io {
namespace {

using namespace std::chrono_literals;

class IoUringIoTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (const auto available = io_uring_available(); !available) GTEST_SKIP() << available.error().message;
    open({});
  }
  void open(IoOptions options, std::size_t socket_count = 2) {
    SocketSpec spec;
    spec.bind.address = net::Ipv4Address(127, 0, 0, 1);
    auto sockets = SocketSet::open(std::vector<SocketSpec>(socket_count, spec));
    ASSERT_TRUE(sockets.has_value()) << sockets.error().message;
    auto io = IoUringIo::create(*sockets, options);
    ASSERT_TRUE(io.has_value()) << io.error().message;
    io_ = std::move(*io);
  }
  // From socket 1 to socket 0; the first two bytes number it.
  void commit_numbered(unsigned number) {
    TxSlot* slot = io_->reserve();
    ASSERT_NE(slot, nullptr);
    slot->destination.peer = io_->local_endpoint(SocketId{0});
    slot->destination.socket = SocketId{1};
    slot->header_room()[0] = static_cast<std::byte>(number >> 8U);
    slot->header_room()[1] = static_cast<std::byte>(number);
    slot->add(60);
    io_->commit(slot);
  }
  // Submits without reading a datagram.
  void push() {
    io_->flush();
    EXPECT_EQ(io_->poll({}, MonotonicTime{}), 0U);
  }
  std::set<unsigned> drain(std::size_t expected) {
    std::set<unsigned> numbers;
    std::array<ReceivedDatagram, kBatchMax> batch;
    for (int turns = 0; turns < 1'000 && numbers.size() < expected; ++turns) {
      const std::size_t count = io_->poll(batch, io_->now().monotonic + 10ms);
      for (const auto& d : std::span(batch).first(count)) {
        numbers.insert(std::to_integer<unsigned>(d.payload[0]) * 256 + std::to_integer<unsigned>(d.payload[1]));
      }
      io_->release(std::span(batch).first(count));
    }
    return numbers;
  }

  std::unique_ptr<IoUringIo> io_;
};

TEST_F(IoUringIoTest, GoesOnAfterItsReceiveBuffersRanDry) {
  push();  // receivers are armed
  constexpr unsigned kCount = 3 * ReceiveBuffers::kCount;
  for (unsigned i = 0; i < kCount; ++i) {
    commit_numbered(i);
    if (i % 256 == 255) push();
  }
  // The kernel hands over some per call; nothing is released meanwhile.
  for (int i = 0; i < 1'000 && io_->stats().receive_ring_empty == 0; ++i) push();
  EXPECT_EQ(drain(kCount).size(), kCount) << "what did not fit the buffers waited in the socket";
  EXPECT_GT(io_->stats().receive_ring_empty, 0U);
  EXPECT_EQ(io_->stats().receive_overflow, 0U);
}

TEST_F(IoUringIoTest, NoSocketWaitsWhileOthersTakeAllBuffers) {
  constexpr std::size_t kReceivers = 6;
  open({}, kReceivers + 1);
  push();
  const auto send_to = [&](std::size_t socket) {
    TxSlot* slot = io_->reserve();
    ASSERT_NE(slot, nullptr);
    slot->destination.peer = io_->local_endpoint(SocketId{static_cast<std::uint16_t>(socket)});
    slot->destination.socket = SocketId{kReceivers};
    slot->add(60);
    io_->commit(slot);
  };
  for (unsigned i = 0; i < 2 * ReceiveBuffers::kCount; ++i) {
    for (std::size_t socket = 0; socket < kReceivers; ++socket) send_to(socket);
    if (i % 32 == 31) push();
  }
  // What is read is sent again, so that every socket always has more than there are buffers.
  std::array<unsigned, kReceivers> read{};
  std::array<ReceivedDatagram, kBatchMax> batch;
  const std::size_t turns = 8 * ReceiveBuffers::kCount / kBatchMax;
  for (std::size_t turn = 0; turn < turns; ++turn) {
    const std::size_t count = io_->poll(batch, io_->now().monotonic + 10ms);
    for (const auto& d : std::span(batch).first(count)) {
      if (turn > turns / 2) ++read[d.socket.value()];
      send_to(d.socket.value());
    }
    io_->release(std::span(batch).first(count));
    io_->flush();
  }
  EXPECT_GT(io_->stats().receive_ring_empty, 0U);
  const auto [least, most] = std::minmax_element(read.begin(), read.end());
  EXPECT_GT(*least, *most / 4);
}

TEST_F(IoUringIoTest, SendsMoreMessagesInATurnThanFitTheSubmissionQueue) {
  IoOptions one_by_one;
  one_by_one.segmentation_offload = false;
  open(one_by_one);
  constexpr unsigned kSlots = 100;
  for (unsigned i = 0; i < kSlots; ++i) {
    TxSlot* slot = io_->reserve();
    ASSERT_NE(slot, nullptr);
    slot->destination.peer = io_->local_endpoint(SocketId{0});
    slot->destination.socket = SocketId{1};
    slot->pin = PinId{i + 1};
    for (unsigned d = 0; d < kBurstDatagramsMax; ++d) {
      const unsigned number = i * unsigned{kBurstDatagramsMax} + d;
      slot->header_room()[0] = static_cast<std::byte>(number >> 8U);
      slot->header_room()[1] = static_cast<std::byte>(number);
      slot->add(8);
    }
    io_->commit(slot);
  }
  // 6400 messages: more than may be in flight at once, so some wait for completions.
  const FlushReport report = io_->flush();
  EXPECT_EQ(report.accepted + report.blocked, kSlots);
  EXPECT_GT(report.blocked, 0U);
  std::set<unsigned> numbers;
  std::set<PinId> pins;
  for (int turns = 0; turns < 1'000 && numbers.size() < kSlots * kBurstDatagramsMax; ++turns) {
    std::array<ReceivedDatagram, kBatchMax> batch;
    const std::size_t count = io_->poll(batch, io_->now().monotonic + 10ms);
    for (const auto& d : std::span(batch).first(count)) {
      EXPECT_TRUE(
          numbers.insert(std::to_integer<unsigned>(d.payload[0]) * 256 + std::to_integer<unsigned>(d.payload[1]))
              .second);
    }
    io_->release(std::span(batch).first(count));
    io_->flush();
    std::array<PinId, kBatchMax> some;
    for (std::size_t n = io_->reap(some); n > 0; n = io_->reap(some)) {
      for (const PinId pin : std::span(some).first(n)) EXPECT_TRUE(pins.insert(pin).second) << "reaped twice";
    }
  }
  EXPECT_EQ(numbers.size(), kSlots * kBurstDatagramsMax);
  EXPECT_EQ(pins.size(), kSlots);
}

TEST_F(IoUringIoTest, AFinishedSendEndsAPollThatWasWaitedFor) {
  std::size_t committed = 0;
  while (TxSlot* slot = io_->reserve()) {
    slot->destination.peer = {net::Ipv4Address(127, 0, 0, 1), net::UdpPort{9}};
    slot->destination.socket = SocketId{1};
    slot->add(1);
    io_->commit(slot);
    ++committed;
  }
  EXPECT_EQ(committed, io_->capabilities().slots);
  io_->flush();
  std::array<ReceivedDatagram, 4> batch;
  const MonotonicTime start = io_->now().monotonic;
  EXPECT_EQ(io_->poll(batch, start + 20s), 0U);
  EXPECT_LT(io_->now().monotonic - start, 10s) << "slots are free again";
  EXPECT_NE(io_->reserve(), nullptr);
}

TEST_F(IoUringIoTest, CanBeMadeAndDroppedManyTimesWithoutATurn) {
  for (int i = 0; i < 20; ++i) {
    open({});
    commit_numbered(1);
    if (i % 2 == 0) io_->flush();
    if (i % 3 == 0) io_->wake();
  }
}

}  // namespace
}  // namespace rackcast::io
