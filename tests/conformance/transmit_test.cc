// Sending: order, pins, back-pressure, ways out that are full or dead, shutdown.
#include <algorithm>
#include <set>

#include "tests/conformance/suite.h"

namespace rackcast::testing {
namespace {

std::vector<PinId> pins_up_to(std::uint32_t count) {
  std::vector<PinId> pins;
  for (std::uint32_t i = 1; i <= count; ++i) pins.push_back(PinId{i});
  return pins;
}

TEST_P(PacketIoConformance, KeepsTheOrderOfCommitsToOnePeer) {
  open({any_port()});
  const auto peer = open_peer();
  constexpr unsigned kBatch = 100;  // fits the default receive buffer of an unprivileged client
  for (unsigned first = 0; first < 5 * kBatch; first += kBatch) {
    for (unsigned i = first; i < first + kBatch; ++i) ASSERT_TRUE(send(to_peer(*peer), pattern(64, i)));
    push(io());
    for (unsigned i = first; i < first + kBatch; ++i) {
      const auto got = peer->receive();
      ASSERT_TRUE(got.has_value()) << i;
      ASSERT_EQ(got->payload, pattern(64, i)) << i;
    }
  }
}

TEST_P(PacketIoConformance, ReturnsEveryPinExactlyOnce) {
  open({any_port()});
  const auto peer = open_peer();
  constexpr std::uint32_t kCount = 200;
  const auto body = pattern(1'200, 1);
  for (std::uint32_t i = 1; i <= kCount; ++i) {
    ASSERT_TRUE(send(to_peer(*peer), body, PinId{i}));
    if (i % 3 == 0) {
      ASSERT_TRUE(send(to_peer(*peer), body));  // without a pin: nothing to reap
    }
  }
  auto pins = push_and_reap(io(), kCount);
  std::vector<Got> ignored;
  for (int i = 0; i < 5; ++i) turn(io(), ignored);
  std::array<PinId, 8> more;
  EXPECT_EQ(io().reap(more), 0U);
  std::sort(pins.begin(), pins.end());
  EXPECT_EQ(pins, pins_up_to(kCount));
}

TEST_P(PacketIoConformance, ReapsNoMorePinsThanThereIsRoomFor) {
  open({any_port()});
  const auto peer = open_peer();
  const auto body = pattern(10, 1);
  for (std::uint32_t i = 1; i <= 10; ++i) ASSERT_TRUE(send(to_peer(*peer), body, PinId{i}));
  push(io());
  push(io());
  std::vector<PinId> pins;
  std::array<PinId, 4> some;
  for (const std::size_t expected : {4U, 4U, 2U, 0U}) {
    ASSERT_EQ(io().reap(some), expected);
    pins.insert(pins.end(), some.begin(), some.begin() + expected);
  }
  std::sort(pins.begin(), pins.end());
  EXPECT_EQ(pins, pins_up_to(10));
}

TEST_P(PacketIoConformance, ReturnsThePinOfADatagramThatCannotBeSent) {
  open({any_port()});
  const auto peer = open_peer();
  const auto huge = pattern(70'000, 1);  // more than UDP can carry
  ASSERT_TRUE(send(to_peer(*peer), huge, PinId{1}));
  Destination wrong_family;
  wrong_family.peer = {World::peer_address_v6(), net::UdpPort{9}};
  ASSERT_TRUE(send(wrong_family, pattern(10, 1), PinId{2}));
  Destination no_route;
  no_route.peer = {net::Ipv4Address(203, 0, 113, 5), net::UdpPort{9}};
  ASSERT_TRUE(send(no_route, pattern(10, 1), PinId{3}));
  auto pins = push_and_reap(io(), 3);
  std::sort(pins.begin(), pins.end());
  EXPECT_EQ(pins, pins_up_to(3));
  EXPECT_EQ(io().stats().send_failed, 2U);
  EXPECT_EQ(io().stats().send_unreachable, 1U);
  EXPECT_EQ(io().stats().datagrams_sent, 0U);
  ASSERT_TRUE(send(to_peer(*peer), bytes_of("still here")));
  push(io());
  const auto got = peer->receive();
  ASSERT_TRUE(got.has_value());
  EXPECT_EQ(got->payload, bytes_of("still here"));
}

TEST_P(PacketIoConformance, LendsNoMoreSlotsThanItHasAndRecovers) {
  open({any_port()});
  const std::size_t slots = io().capabilities().slots;
  ASSERT_GT(slots, 0U);
  for (std::uint64_t round = 1; round <= 2; ++round) {
    std::vector<TxSlot*> lent;
    while (TxSlot* slot = io().reserve()) {
      lent.push_back(slot);
      ASSERT_LE(lent.size(), slots);
    }
    EXPECT_EQ(lent.size(), slots);
    EXPECT_EQ(std::set<TxSlot*>(lent.begin(), lent.end()).size(), slots) << "no slot is lent twice";
    EXPECT_EQ(io().stats().slots_exhausted, round);
    for (TxSlot* slot : lent) io().cancel(slot);
  }
  const auto peer = open_peer();
  ASSERT_TRUE(send(to_peer(*peer), bytes_of("on we go")));
  push(io());
  EXPECT_TRUE(peer->receive().has_value());
}

TEST_P(PacketIoConformance, SlotsComeBackWhenTheirDatagramsHaveLeft) {
  open({any_port()});
  const auto peer = open_peer();
  const std::size_t slots = io().capabilities().slots;
  const auto body = pattern(20, 1);
  std::size_t committed = 0;
  while (send(to_peer(*peer), body, PinId{1})) ++committed;
  EXPECT_EQ(committed, slots);
  EXPECT_EQ(push_and_reap(io(), slots).size(), slots);
  committed = 0;
  while (send(to_peer(*peer), body)) ++committed;
  EXPECT_EQ(committed, slots);
}

TEST_P(PacketIoConformance, KeepsWhatAFullWayOutRefusesAndGoesOnLater) {
  auto small = any_port();
  small.buffer_bytes = 8'192;
  open({small, any_port()});
  Destination stuck;
  stuck.peer = {world_->stuck_address(), net::UdpPort{9}};
  const auto body = pattern(1'400, 1);
  constexpr std::uint32_t kCount = 100;
  for (std::uint32_t i = 1; i <= kCount; ++i) ASSERT_TRUE(send(stuck, body, PinId{i}));
  auto pins = push_and_reap(io(), 1);
  push(io());
  EXPECT_GT(io().stats().send_blocked, 0U);
  EXPECT_LT(pins.size(), kCount) << "what was not sent keeps its pin";

  // Another socket is not held up.
  const auto peer = open_peer();
  Destination live = to_peer(*peer);
  live.socket = SocketId{1};
  ASSERT_TRUE(send(live, bytes_of("live")));
  push(io());
  EXPECT_TRUE(peer->receive().has_value());

  world_->unstick();
  const auto rest = push_and_reap(io(), kCount - pins.size());
  pins.insert(pins.end(), rest.begin(), rest.end());
  std::sort(pins.begin(), pins.end());
  EXPECT_EQ(pins, pins_up_to(kCount));
  EXPECT_EQ(io().stats().datagrams_sent, kCount + 1);
}

TEST_P(PacketIoConformance, ManyDeadPeersDoNotStallALiveOne) {
  open({any_port()});
  const auto peer = open_peer();
  const auto body = pattern(1'400, 5);
  Destination dead;
  for (unsigned round = 0; round < 2; ++round) {
    for (unsigned i = 1; i <= 200; ++i) {
      dead.peer = {World::dead_address(static_cast<std::uint8_t>(i)), net::UdpPort{2'000}};
      ASSERT_TRUE(send(dead, body));
    }
    push(io());
  }
  for (unsigned i = 0; i < 50; ++i) {
    peer->send(server(), pattern(30, i));
    const auto got = collect(io(), 1);
    ASSERT_EQ(got.size(), 1U) << "request " << i;
    ASSERT_TRUE(send(reply_to(got[0].facts), pattern(1'000, i)));
    push(io());
    const auto reply = peer->receive();
    ASSERT_TRUE(reply.has_value()) << "reply " << i;
    ASSERT_EQ(reply->payload, pattern(1'000, i));
  }
}

TEST_P(PacketIoConformance, FinishesCleanlyWithRequestsInFlight) {
  for (int round = 0; round < 3; ++round) {
    auto small = any_port();
    small.buffer_bytes = 8'192;
    open({small, any_port()});
    const auto peer = open_peer();
    {
      const auto body = pattern(1'400, 1);  // dies with the backend's end
      Destination stuck;
      stuck.peer = {world_->stuck_address(), net::UdpPort{9}};
      for (std::uint32_t i = 1; i <= 60; ++i) {
        ASSERT_TRUE(send(stuck, body, PinId{i}));
        Destination live = to_peer(*peer);
        live.socket = SocketId{1};
        ASSERT_TRUE(send(live, body, PinId{i}));
        if (i == 30) push(io());
      }
      peer->send(server(), bytes_of("never read"));
      io().flush();
      ASSERT_NE(io().reserve(), nullptr) << "one slot is out when the backend goes";
      lanes_.clear();
    }
    world_->unstick();
    // What was flushed reached the live peer, the last flush included.
    for (int i = 0; i < 60; ++i) ASSERT_TRUE(peer->receive().has_value()) << i;
  }
}

}  // namespace
}  // namespace rackcast::testing
