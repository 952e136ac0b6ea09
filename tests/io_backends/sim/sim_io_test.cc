#include "io_backends/sim/sim_io.h"

#include <gtest/gtest.h>

#include "io_backends/sim/sim_endpoint.h"

namespace rackcast::io {
namespace {

using namespace std::chrono_literals;

class SimIoTest : public ::testing::Test {
 protected:
  SimIoTest() {
    server_.add_address(server_.add_nic(segment_, {{2, 0, 0, 0, 0, 1}}), net::Ipv4Address(10, 0, 0, 1), 24);
    client_host_.add_address(client_host_.add_nic(segment_, {{2, 0, 0, 0, 0, 2}}), net::Ipv4Address(10, 0, 0, 2), 24);
    client_ = std::move(*SimEndpoint::open(client_host_, {}));
  }
  void open(SimIoOptions options, int buffer_bytes = kSocketBufferBytes) {
    SocketSpec spec;
    spec.buffer_bytes = buffer_bytes;
    const std::vector<std::vector<SocketSpec>> lanes{{spec}};
    io_ = std::move(SimIo::open_lanes(server_, lanes, options)->front());
  }
  void commit(std::span<const std::byte> body, net::IpAddress to = net::Ipv4Address(10, 0, 0, 2)) {
    TxSlot* slot = io_->reserve();
    ASSERT_NE(slot, nullptr);
    slot->destination.peer = {to, client_->local_endpoint().port};
    slot->pin = PinId{1};
    slot->add(0, body);
    io_->commit(slot);
  }

  SimNetwork network_;
  SegmentId segment_ = network_.add_segment();
  SimHost& server_ = network_.add_host("server");
  SimHost& client_host_ = network_.add_host("client");
  std::unique_ptr<SimEndpoint> client_;
  std::unique_ptr<SimIo> io_;
};

TEST_F(SimIoTest, AcceptedIsNotYetReleasedAndBytesAreReadAtDeparture) {
  SimIoOptions options;
  options.transmit_delay = 1ms;
  open(options);
  std::vector<std::byte> body(10, std::byte{1});
  commit(body);
  EXPECT_EQ(io_->flush().accepted, 1U);
  std::array<PinId, 4> pins;
  EXPECT_EQ(io_->reap(pins), 0U) << "accepted, not released";
  body.assign(10, std::byte{2});  // an engine that gave its pin up too early would do this
  const MonotonicTime flushed = network_.now().monotonic;
  EXPECT_EQ(network_.next_event_time(), flushed + 1ms);
  network_.advance_to(flushed + 1ms);
  EXPECT_EQ(io_->reap(pins), 1U);
  network_.advance_to(flushed + 1s);
  const auto mail = client_->take();
  ASSERT_TRUE(mail.has_value());
  EXPECT_EQ(mail->payload, std::vector<std::byte>(10, std::byte{2}));
}

TEST_F(SimIoTest, AFullReceiveQueueDropsAndCounts) {
  SimIoOptions options;
  options.receive_queue_max = 10;
  open(options);
  const net::Endpoint server{net::Ipv4Address(10, 0, 0, 1), io_->local_endpoint(SocketId{0}).port};
  for (int i = 0; i < 15; ++i) EXPECT_EQ(client_->send_to(server, {}), SimSendResult::kSent);
  network_.advance_to(network_.now().monotonic + 1s);
  EXPECT_TRUE(io_->has_work());
  std::array<ReceivedDatagram, kBatchMax> batch;
  const std::size_t count = io_->poll(batch, MonotonicTime{});
  EXPECT_EQ(count, 10U);
  EXPECT_EQ(io_->stats().receive_overflow, 5U);
  EXPECT_EQ(network_.frames().in_use(), 10U) << "lent until released";
  io_->release(std::span(batch).first(count));
  EXPECT_EQ(network_.frames().in_use(), 0U);
  EXPECT_FALSE(io_->has_work());
}

TEST_F(SimIoTest, DeadNeighboursFillTheSendBufferUntilArpGivesUp) {
  SimIoOptions options;
  options.transmit_delay = 0ns;
  open(options, 10'000);
  const std::vector<std::byte> body(1'400);
  for (int i = 0; i < 10; ++i) commit(body, net::Ipv4Address(10, 0, 0, 99));
  const FlushReport report = io_->flush();
  EXPECT_EQ(report.accepted, 5U);
  EXPECT_EQ(report.blocked, 5U);
  EXPECT_EQ(io_->stats().send_blocked, 1U);
  EXPECT_FALSE(io_->has_work());
  network_.advance_to(network_.now().monotonic + options.neighbour_timeout);
  EXPECT_TRUE(io_->has_work()) << "a driver sees that the lane can go on";
  EXPECT_EQ(io_->flush().accepted, 5U);
  EXPECT_EQ(io_->stats().datagrams_sent, 10U);
}

TEST_F(SimIoTest, OneDeadNeighbourHoldsNoMoreThanItsQueue) {
  SimIoOptions options;
  options.transmit_delay = 0ns;
  options.neighbour_queue_bytes = 4'000;
  open(options, 10'000);
  const std::vector<std::byte> body(1'400);
  for (int i = 0; i < 20; ++i) commit(body, net::Ipv4Address(10, 0, 0, 99));
  EXPECT_EQ(io_->flush().accepted, 20U);
}

TEST_F(SimIoTest, RefusesAPortThatIsTaken) {
  open({});
  SocketSpec same;
  same.bind = io_->local_endpoint(SocketId{0});
  const std::vector<std::vector<SocketSpec>> lanes{{same}};
  const auto second = SimIo::open_lanes(server_, lanes);
  ASSERT_FALSE(second.has_value());
  EXPECT_NE(second.error().message.find("in use"), std::string::npos);
  io_.reset();
  EXPECT_TRUE(SimIo::open_lanes(server_, lanes).has_value()) << "free again";
}

}  // namespace
}  // namespace rackcast::io
