// Receiving: who asked, where, in batches, whole or cut.
#include <algorithm>

#include "tests/conformance/suite.h"

namespace rackcast::testing {
namespace {

TEST_P(PacketIoConformance, TellsWhoAskedOnWhichAddressAndInterface) {
  open({any_port()});
  const auto peer = open_peer();
  peer->send(server(), bytes_of("hello"));
  const auto got = collect(io(), 1);
  ASSERT_EQ(got.size(), 1U);
  EXPECT_EQ(got[0].payload, bytes_of("hello"));
  EXPECT_EQ(got[0].facts.peer, peer->endpoint());
  EXPECT_EQ(got[0].facts.local, server());
  EXPECT_EQ(got[0].facts.destination, World::server_address(1));
  EXPECT_EQ(got[0].facts.interface, world_->server_interface());
  EXPECT_EQ(got[0].facts.socket, SocketId{0});
  EXPECT_FALSE(got[0].facts.truncated);
  EXPECT_EQ(io().stats().datagrams_received, 1U);
  EXPECT_EQ(io().stats().bytes_received, 5U);
}

TEST_P(PacketIoConformance, NamesTheSocketADatagramCameInOn) {
  open({any_port(), any_port(), any_port()});
  const auto peer = open_peer();
  for (const std::uint16_t socket : std::array<std::uint16_t, 3>{2, 0, 1}) {
    peer->send({World::server_address(1), port(socket)}, pattern(8, socket));
    const auto got = collect(io(), 1);
    ASSERT_EQ(got.size(), 1U);
    EXPECT_EQ(got[0].facts.socket, SocketId{socket});
    EXPECT_EQ(got[0].facts.local.port, port(socket));
  }
}

TEST_P(PacketIoConformance, DeliversManyInOrderInBatches) {
  open({any_port()});
  const auto peer = open_peer();
  constexpr unsigned kCount = 300;
  for (unsigned i = 0; i < kCount; ++i) peer->send(server(), pattern(20 + i, i));
  const auto got = collect(io(), kCount);
  ASSERT_EQ(got.size(), kCount);
  for (unsigned i = 0; i < kCount; ++i) ASSERT_EQ(got[i].payload, pattern(20 + i, i)) << "datagram " << i;
}

TEST_P(PacketIoConformance, FillsNoMoreThanItWasGivenRoomFor) {
  open({any_port()});
  const auto peer = open_peer();
  for (unsigned i = 0; i < 10; ++i) peer->send(server(), pattern(30, i));
  std::vector<Got> all;
  for (int turns = 0; turns < 200 && all.size() < 10; ++turns) {
    world_->pass();
    std::array<ReceivedDatagram, 3> few;
    const std::size_t count = io().poll(few, io().now().monotonic + std::chrono::milliseconds(10));
    ASSERT_LE(count, few.size());
    for (const auto& d : std::span(few).first(count)) all.push_back({d, {d.payload.begin(), d.payload.end()}});
    io().release(std::span(few).first(count));
  }
  ASSERT_EQ(all.size(), 10U);
  for (unsigned i = 0; i < 10; ++i) EXPECT_EQ(all[i].payload, pattern(30, i));
}

TEST_P(PacketIoConformance, DeliversEmptyAndLongestDatagramsWhole) {
  open({any_port()});
  const auto peer = open_peer();
  peer->send(server(), {});
  peer->send(server(), pattern(kReceiveBytesMax, 1));
  const auto got = collect(io(), 2);
  ASSERT_EQ(got.size(), 2U);
  EXPECT_TRUE(got[0].payload.empty());
  EXPECT_EQ(got[1].payload, pattern(kReceiveBytesMax, 1));
  EXPECT_FALSE(got[1].facts.truncated);
}

TEST_P(PacketIoConformance, CutsOversizeDatagramsAndSaysSo) {
  open({any_port()});
  const auto peer = open_peer();
  const auto slightly = pattern(kReceiveBytesMax + 1, 1);
  const auto far = pattern(9'000, 2);
  peer->send(server(), slightly);
  peer->send(server(), far);
  peer->send(server(), pattern(100, 3));
  const auto got = collect(io(), 3);
  ASSERT_EQ(got.size(), 3U);
  EXPECT_TRUE(got[0].facts.truncated);
  EXPECT_TRUE(got[1].facts.truncated);
  EXPECT_TRUE(std::ranges::equal(got[0].payload, std::span(slightly).first(kReceiveBytesMax)));
  EXPECT_TRUE(std::ranges::equal(got[1].payload, std::span(far).first(kReceiveBytesMax)));
  EXPECT_FALSE(got[2].facts.truncated);
  EXPECT_EQ(got[2].payload, pattern(100, 3));
  EXPECT_EQ(io().stats().truncated, 2U);
}

TEST_P(PacketIoConformance, TellsABroadcastByItsDestination) {
  auto spec = any_port();
  spec.broadcast = true;
  spec.interface = world_->server_interface_name();
  open({spec});
  const auto peer = open_peer();
  for (const net::Ipv4Address to : {net::Ipv4Address::broadcast(), net::Ipv4Address(10, 77, 255, 255)}) {
    peer->send({to, port()}, bytes_of("anyone?"));
    const auto got = collect(io(), 1);
    ASSERT_EQ(got.size(), 1U) << to.text().view();
    EXPECT_EQ(got[0].facts.destination, net::IpAddress(to));
    EXPECT_EQ(got[0].facts.local.address, World::server_address(1)) << "replies leave from the primary address";
    EXPECT_EQ(got[0].facts.interface, world_->server_interface());
  }
}

TEST_P(PacketIoConformance, ServesIpv6BesideIpv4) {
  open({any_port(), any_port(net::Ipv6Address{})});
  const auto peer = world_->open_peer(World::peer_address_v6(), net::UdpPort{0});
  const net::Endpoint to{World::server_address_v6(), port(1)};
  peer->send(to, bytes_of("six"));
  const auto got = collect(io(), 1);
  ASSERT_EQ(got.size(), 1U);
  EXPECT_EQ(got[0].facts.peer, peer->endpoint());
  EXPECT_EQ(got[0].facts.local, to);
  EXPECT_EQ(got[0].facts.interface, world_->server_interface());
  ASSERT_TRUE(send(reply_to(got[0].facts), bytes_of("reply")));
  push(io());
  const auto reply = peer->receive();
  ASSERT_TRUE(reply.has_value());
  EXPECT_EQ(reply->from, to);
  EXPECT_EQ(reply->payload, bytes_of("reply"));
}

TEST_P(PacketIoConformance, RepliesFromTheAddressThatWasAsked) {
  open({any_port()});
  const auto peer = open_peer();
  for (const std::uint8_t address : std::array<std::uint8_t, 3>{2, 1, 2}) {
    peer->send(server(address), pattern(10, address));
    const auto got = collect(io(), 1);
    ASSERT_EQ(got.size(), 1U);
    EXPECT_EQ(got[0].facts.local, server(address));
    ASSERT_TRUE(send(reply_to(got[0].facts), pattern(40, address)));
    push(io());
    const auto reply = peer->receive();
    ASSERT_TRUE(reply.has_value());
    EXPECT_EQ(reply->from, server(address));
    EXPECT_EQ(reply->payload, pattern(40, address));
  }
}

}  // namespace
}  // namespace rackcast::testing
