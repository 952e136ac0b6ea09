// What only the kernel can do to a backend: here over loopback; the rest is in tests/conformance.
#include "io_backends/socket/socket_io.h"

#include <gtest/gtest.h>

namespace rackcast::io {
namespace {

std::unique_ptr<SocketIo> open_io(int buffer_bytes) {
  SocketSpec spec;
  spec.bind.address = net::Ipv4Address(127, 0, 0, 1);
  spec.buffer_bytes = buffer_bytes;
  auto sockets = SocketSet::open({spec});
  if (!sockets) return nullptr;
  auto io = SocketIo::create(std::move(*sockets));
  return io ? std::move(*io) : nullptr;
}

void send_to_self(SocketIo& io, std::size_t count, std::size_t bytes) {
  for (std::size_t i = 0; i < count; ++i) {
    TxSlot* slot = io.reserve();
    ASSERT_NE(slot, nullptr);
    slot->destination.peer = io.local_endpoint(SocketId{0});
    slot->add(bytes);
    io.commit(slot);
    io.flush();
  }
}

TEST(SocketIo, CountsWhatTheKernelDroppedBeforeUs) {
  const auto io = open_io(8'192);
  ASSERT_NE(io, nullptr);
  constexpr std::size_t kSent = 100;
  send_to_self(*io, kSent, 1'000);
  std::array<ReceivedDatagram, kBatchMax> batch;
  std::size_t received = io->poll(batch, MonotonicTime{});
  io->release(std::span(batch).first(received));
  EXPECT_GT(received, 0U);
  EXPECT_LT(received, kSent);
  // The kernel tells with the next datagram that it queues.
  send_to_self(*io, 1, 10);
  const std::size_t more = io->poll(batch, io->now().monotonic + std::chrono::seconds(5));
  ASSERT_EQ(more, 1U);
  EXPECT_EQ(io->stats().receive_overflow, kSent - received);
}

TEST(SocketIo, AnUnreachablePortDoesNotDisturbLaterSends) {
  const auto io = open_io(65'536);
  ASSERT_NE(io, nullptr);
  SocketSpec gone;
  gone.bind.address = net::Ipv4Address(127, 0, 0, 1);
  net::Endpoint nobody;
  {
    auto sockets = SocketSet::open({gone});
    ASSERT_TRUE(sockets.has_value());
    nobody = sockets->sockets()[0].local;
  }
  for (int i = 0; i < 5; ++i) {
    TxSlot* slot = io->reserve();
    ASSERT_NE(slot, nullptr);
    slot->destination.peer = nobody;  // answered by ICMP port unreachable
    slot->add(10);
    io->commit(slot);
    EXPECT_EQ(io->flush().accepted, 1U);
    send_to_self(*io, 1, 20);
    std::array<ReceivedDatagram, kBatchMax> batch;
    ASSERT_EQ(io->poll(batch, io->now().monotonic + std::chrono::seconds(5)), 1U);
    EXPECT_EQ(batch[0].payload.size(), 20U);
    io->release(std::span(batch).first(1));
  }
  EXPECT_EQ(io->stats().send_failed + io->stats().send_unreachable, 0U);
}

TEST(SocketIo, FramesNeedTheSocketThatIsOpenedForThem) {
  const auto io = open_io(65'536);
  ASSERT_NE(io, nullptr);
  EXPECT_FALSE(io->capabilities().frame_to_mac);
  TxSlot* slot = io->reserve();
  ASSERT_NE(slot, nullptr);
  slot->destination.peer = {net::Ipv4Address(192, 0, 2, 1), net::UdpPort{68}};
  slot->destination.source = net::Ipv4Address(127, 0, 0, 1);
  slot->destination.interface = InterfaceIndex{1};
  slot->destination.hardware = net::MacAddress::broadcast();
  slot->pin = PinId{3};
  slot->add(10);
  io->commit(slot);
  EXPECT_EQ(io->flush().failed, 1U);
  EXPECT_EQ(io->stats().send_failed, 1U);
  std::array<PinId, 2> pins;
  EXPECT_EQ(io->reap(pins), 1U);
}

}  // namespace
}  // namespace rackcast::io
