// Multicast, broadcast, frames to a MAC, wake-ups, allocation.
#include <algorithm>
#include <thread>

#include "tests/conformance/suite.h"
#include "tests/support/allocation_count.h"

namespace rackcast::testing {
namespace {

const net::IpAddress kGroup = net::Ipv4Address(239, 255, 77, 1);
const net::IpAddress kOtherGroup = net::Ipv4Address(239, 255, 77, 2);

TEST_P(PacketIoConformance, ReceivesOnlyTheGroupsThisSocketJoined) {
  open({any_port(), any_port()});
  ASSERT_TRUE(io().capabilities().multicast);
  ASSERT_TRUE(io().join_group(SocketId{0}, kGroup, world_->server_interface()));
  EXPECT_FALSE(io().join_group(SocketId{0}, World::server_address(1), world_->server_interface())) << "not a group";
  const auto peer = open_peer();
  peer->send({kOtherGroup, port(0)}, bytes_of("not joined"));
  peer->send({kGroup, port(1)}, bytes_of("joined on the other socket"));
  peer->send({kGroup, port(0)}, bytes_of("joined"));
  const auto got = collect(io(), 1);
  ASSERT_EQ(got.size(), 1U);
  EXPECT_EQ(got[0].payload, bytes_of("joined"));
  EXPECT_EQ(got[0].facts.destination, kGroup);
  EXPECT_EQ(got[0].facts.interface, world_->server_interface());
  EXPECT_EQ(io().stats().datagrams_received, 1U);
}

TEST_P(PacketIoConformance, SendsABurstToAGroupWithItsTtl) {
  auto spec = any_port();
  open({spec});
  const net::UdpPort group_port{7'700};
  const auto first = world_->open_peer(kGroup, group_port);
  const auto second = world_->open_peer(kGroup, group_port);
  ASSERT_TRUE(first->join(kGroup));
  ASSERT_TRUE(second->join(kGroup));
  for (const int ttl : {0, 1, 5}) {
    TxSlot* slot = io().reserve();
    ASSERT_NE(slot, nullptr);
    slot->destination.peer = {kGroup, group_port};
    slot->destination.source = World::server_address(2);
    slot->destination.interface = world_->server_interface();
    slot->destination.ttl = static_cast<std::uint8_t>(ttl);
    const auto body = pattern(4 * 1'000, static_cast<unsigned>(ttl));
    for (std::size_t i = 0; i < 4; ++i) slot->add(0, std::span(body).subspan(i * 1'000, 1'000));
    io().commit(slot);
    push(io());
    for (Peer* peer : {first.get(), second.get()}) {
      for (std::size_t i = 0; i < 4; ++i) {
        const auto got = peer->receive();
        ASSERT_TRUE(got.has_value()) << "ttl " << ttl << " datagram " << i;
        EXPECT_TRUE(std::ranges::equal(got->payload, std::span(body).subspan(i * 1'000, 1'000)));
        EXPECT_EQ(got->ttl, ttl == 0 ? 1 : ttl) << "0 means the socket's default, which is 1 for multicast";
        EXPECT_EQ(got->from, server(2));
      }
    }
  }
}

TEST_P(PacketIoConformance, SendsABroadcastOutOfTheNamedInterface) {
  auto spec = any_port();
  spec.broadcast = true;
  spec.interface = world_->server_interface_name();
  open({spec});
  const net::UdpPort client_port{6'868};
  const auto peer = world_->open_peer(net::Ipv4Address{}, client_port);
  Destination to;
  to.peer = {net::Ipv4Address::broadcast(), client_port};
  to.source = World::server_address(1);
  to.interface = world_->server_interface();
  ASSERT_TRUE(send(to, bytes_of("offer")));
  push(io());
  const auto got = peer->receive();
  ASSERT_TRUE(got.has_value());
  EXPECT_EQ(got->payload, bytes_of("offer"));
  EXPECT_EQ(got->from, server(1));
}

TEST_P(PacketIoConformance, SendsAFrameToAMachineWithoutAnAddress) {
  auto spec = any_port();
  spec.frames = true;
  spec.interface = world_->server_interface_name();
  open({spec});
  ASSERT_TRUE(io().capabilities().frame_to_mac);
  const net::UdpPort client_port{6'969};
  const auto listener = world_->open_frame_listener(client_port);
  const auto body = pattern(301, 2);  // odd: the checksum must cope
  TxSlot* slot = io().reserve();
  ASSERT_NE(slot, nullptr);
  slot->destination.peer = {World::dead_address(77), client_port};
  slot->destination.source = World::server_address(1);
  slot->destination.interface = world_->server_interface();
  slot->destination.hardware = listener->mac();
  slot->pin = PinId{5};
  std::ranges::copy(pattern(17, 1), slot->header_room().begin());
  slot->add(17, body);
  io().commit(slot);
  EXPECT_EQ(push_and_reap(io(), 1), std::vector<PinId>{PinId{5}});
  const auto seen = listener->receive();
  ASSERT_TRUE(seen.has_value());
  auto whole = pattern(17, 1);
  whole.insert(whole.end(), body.begin(), body.end());
  EXPECT_EQ(seen->payload, whole);
  EXPECT_EQ(seen->to, listener->mac());
  EXPECT_EQ(seen->from, server(1));
  EXPECT_EQ(seen->destination, (net::Endpoint{World::dead_address(77), client_port}));
  EXPECT_EQ(io().stats().frames_sent, 1U);
}

TEST_P(PacketIoConformance, AFrameLongerThanTheMtuFailsAndIsCounted) {
  auto spec = any_port();
  spec.frames = true;
  open({spec});
  const auto body = pattern(3'000, 2);
  Destination to;
  to.peer = {World::dead_address(77), net::UdpPort{68}};
  to.source = World::server_address(1);
  to.interface = world_->server_interface();
  to.hardware = net::MacAddress{{2, 0, 0, 0, 0, 9}};
  ASSERT_TRUE(send(to, body, PinId{5}));
  EXPECT_EQ(push_and_reap(io(), 1), std::vector<PinId>{PinId{5}});
  EXPECT_EQ(io().stats().frames_sent, 0U);
  EXPECT_EQ(io().stats().send_failed, 1U);
}

TEST_P(PacketIoConformance, AWakeFromAnotherThreadEndsAPoll) {
  open({any_port()});
  std::thread other([this] { io().wake(); });
  std::array<ReceivedDatagram, kBatchMax> batch;
  const MonotonicTime start = io().now().monotonic;
  EXPECT_EQ(io().poll(batch, start + std::chrono::seconds(20)), 0U);
  other.join();
  EXPECT_LT(io().now().monotonic - start, std::chrono::seconds(10));
  if (io().stats().wakes == 0) static_cast<void>(io().poll(batch, MonotonicTime{}));  // a poll may return early
  EXPECT_EQ(io().stats().wakes, 1U);
}

TEST_P(PacketIoConformance, AWakeBeforeThePollEndsItAndCountsOnce) {
  open({any_port()});
  std::array<ReceivedDatagram, kBatchMax> batch;
  for (std::uint64_t round = 1; round <= 3; ++round) {
    io().wake();
    io().wake();
    const MonotonicTime start = io().now().monotonic;
    EXPECT_EQ(io().poll(batch, start + std::chrono::seconds(20)), 0U);
    EXPECT_LT(io().now().monotonic - start, std::chrono::seconds(10));
    EXPECT_GE(io().stats().wakes, round);
    EXPECT_LE(io().stats().wakes, 2 * round);
  }
}

// A poll() that spins would need hundreds of thousands for the same wait.
constexpr int kPollsForAWaitMax = 10'000;

TEST_P(PacketIoConformance, ReturnsAtTheGivenTimeWhenNothingCame) {
  open({any_port()});
  std::array<ReceivedDatagram, kBatchMax> batch;
  const MonotonicTime start = io().now().monotonic;
  const MonotonicTime until = start + std::chrono::milliseconds(200);
  int polls = 0;
  while (io().now().monotonic < until && polls < kPollsForAWaitMax) {
    EXPECT_EQ(io().poll(batch, until), 0U);
    world_->pass();
    ++polls;
  }
  EXPECT_LT(polls, kPollsForAWaitMax) << "poll() returns at once instead of waiting";
  EXPECT_EQ(io().poll(batch, start - std::chrono::seconds(1)), 0U);
  EXPECT_LT(io().now().monotonic - start, std::chrono::seconds(5));
}

TEST_P(PacketIoConformance, AllocatesNothingOnceItRuns) {
  open({any_port()});
  const auto peer = open_peer();
  const auto body = pattern(16 * 1'024, 1);
  std::array<ReceivedDatagram, kBatchMax> batch;
  std::array<PinId, kBatchMax> pins;
  std::uint64_t allocations = 0;
  std::size_t served = 0;
  for (int round = 0; round < 300 && served < 60; ++round) {
    peer->send(server(), bytes_of("read"));
    world_->pass();
    const std::uint64_t before = allocation_count();
    const std::size_t count = io().poll(batch, io().now().monotonic + std::chrono::milliseconds(10));
    for (std::size_t i = 0; i < count; ++i) {
      TxSlot* slot = io().reserve();
      if (slot == nullptr) break;
      slot->destination = reply_to(batch[i]);
      slot->pin = PinId{1};
      for (std::size_t b = 0; b < 16; ++b) slot->add(0, std::span(body).subspan(b * 1'024, 1'024));
      io().commit(slot);
      ++served;
    }
    io().release(std::span(batch).first(count));
    io().flush();
    static_cast<void>(io().poll({}, MonotonicTime{}));  // what was flushed leaves with the next poll at the latest
    static_cast<void>(io().reap(pins));
    // The first rounds may still fill caches (the simulator's pools).
    if (served > 10) allocations += allocation_count() - before;
    for (std::size_t i = 0; i < 16 * count; ++i) ASSERT_TRUE(peer->receive().has_value());
  }
  ASSERT_GE(served, 60U);
  EXPECT_EQ(allocations, 0U);
}

}  // namespace
}  // namespace rackcast::testing
