#include "io_backends/sim/sim_network.h"

#include <gtest/gtest.h>

#include <string>

#include "io_backends/sim/sim_endpoint.h"

namespace rackcast::io {
namespace {

using namespace std::chrono_literals;

std::vector<std::byte> bytes_of(std::string_view text) {
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

std::string text_of(const SimMail& mail) {
  std::string text;
  for (const std::byte b : mail.payload) text += static_cast<char>(b);
  return text;
}

net::MacAddress mac(std::uint8_t last) {
  return {{2, 0, 0, 0, 0, last}};
}

// Host `n` on `segment` with 10.0.S.n/24.
SimHost& add_host(SimNetwork& network, SegmentId segment, std::uint8_t n) {
  SimHost& host = network.add_host("host" + std::to_string(n));
  SimNic& nic = host.add_nic(segment, mac(n));
  host.add_address(nic, net::Ipv4Address(10, 0, static_cast<std::uint8_t>(segment.value()), n), 24);
  return host;
}

std::unique_ptr<SimEndpoint> open(SimHost& host, std::uint16_t port) {
  SimSocketSpec spec;
  spec.bind.port = net::UdpPort{port};
  spec.broadcast = true;
  return std::move(*SimEndpoint::open(host, spec));
}

net::Endpoint at(std::uint8_t segment, std::uint8_t n, std::uint16_t port) {
  return {net::Ipv4Address(10, 0, segment, n), net::UdpPort{port}};
}

void run(SimNetwork& network) {
  network.advance_to(network.now().monotonic + 1s);
}

class SimNetworkTest : public ::testing::Test {
 protected:
  SimNetwork network_;
  SegmentId segment_ = network_.add_segment();
  SegmentId other_segment_ = network_.add_segment();
};

TEST_F(SimNetworkTest, TimeDoesNotStartAtZeroAndMovesOnlyWhenTold) {
  const Now start = network_.now();
  EXPECT_GT(start.monotonic, MonotonicTime{});
  EXPECT_GT(start.wall, WallTime{});
  EXPECT_EQ(network_.next_event_time(), kNever);
  network_.advance_to(start.monotonic + 5s);
  EXPECT_EQ(network_.now().monotonic, start.monotonic + 5s);
  EXPECT_EQ(network_.now().wall, start.wall + 5s);
  network_.advance_to(start.monotonic);
  EXPECT_EQ(network_.now().monotonic, start.monotonic + 5s) << "never backwards";
}

TEST_F(SimNetworkTest, RunsTasksInTimeOrderAndEqualsInOrderOfScheduling) {
  const MonotonicTime start = network_.now().monotonic;
  std::string order;
  network_.schedule(start + 2ms, [&] { order += "c"; });
  network_.schedule(start + 1ms, [&] {
    order += "a";
    network_.schedule(start + 2ms, [&] { order += "d"; });
  });
  network_.schedule(start + 1ms, [&] { order += "b"; });
  network_.schedule(start + 9ms, [&] { order += "later"; });
  EXPECT_EQ(network_.next_event_time(), start + 1ms);
  network_.advance_to(start + 5ms);
  EXPECT_EQ(order, "abcd");
}

TEST_F(SimNetworkTest, UnicastReachesTheOwnerOfTheAddressOnly) {
  const auto a = open(add_host(network_, segment_, 1), 1'000);
  const auto b = open(add_host(network_, segment_, 2), 1'000);
  const auto c = open(add_host(network_, segment_, 3), 1'000);
  EXPECT_EQ(a->send_to(at(0, 2, 1'000), bytes_of("hi")), SimSendResult::kSent);
  run(network_);
  const auto mail = b->take();
  ASSERT_TRUE(mail.has_value());
  EXPECT_EQ(text_of(*mail), "hi");
  EXPECT_EQ(mail->facts.from, at(0, 1, 1'000));
  EXPECT_EQ(mail->facts.local, net::IpAddress(net::Ipv4Address(10, 0, 0, 2)));
  EXPECT_EQ(mail->facts.ttl, 64);
  EXPECT_EQ(c->waiting(), 0U);
  EXPECT_EQ(a->send_to(at(0, 9, 1'000), bytes_of("hi")), SimSendResult::kUnresolved);
  EXPECT_EQ(a->send_to({net::Ipv4Address(203, 0, 113, 1), net::UdpPort{1}}, bytes_of("hi")),
            SimSendResult::kUnreachable);
}

TEST_F(SimNetworkTest, AnIdealRouterCarriesUnicastBetweenSegmentsButNoBroadcast) {
  const auto a = open(add_host(network_, segment_, 1), 1'000);
  const auto near = open(add_host(network_, segment_, 2), 1'000);
  const auto far = open(add_host(network_, other_segment_, 3), 1'000);
  EXPECT_EQ(a->send_to(at(1, 3, 1'000), bytes_of("routed")), SimSendResult::kSent);
  SimSendRequest everybody;
  everybody.peer = {net::Ipv4Address::broadcast(), net::UdpPort{1'000}};
  everybody.interface = a->host().nics().front()->index;
  EXPECT_EQ(a->send(everybody, bytes_of("all")), SimSendResult::kSent);
  run(network_);
  ASSERT_EQ(far->waiting(), 1U);
  EXPECT_EQ(text_of(*far->take()), "routed");
  ASSERT_EQ(near->waiting(), 1U);
  EXPECT_EQ(text_of(*near->take()), "all");
  EXPECT_EQ(a->waiting(), 0U) << "not to the sender itself";
}

TEST_F(SimNetworkTest, AGroupReachesMembersOnly) {
  const net::IpAddress group = net::Ipv4Address(239, 1, 1, 1);
  const auto sender = open(add_host(network_, segment_, 1), 1'000);
  const auto member = open(add_host(network_, segment_, 2), 7'000);
  const auto stranger = open(add_host(network_, segment_, 3), 7'000);
  ASSERT_TRUE(member->join_group(group));
  SimSendRequest request;
  request.peer = {group, net::UdpPort{7'000}};
  request.interface = sender->host().nics().front()->index;
  EXPECT_EQ(sender->send(request, bytes_of("image")), SimSendResult::kSent);
  run(network_);
  ASSERT_EQ(member->waiting(), 1U);
  EXPECT_EQ(member->take()->facts.ttl, 1);
  EXPECT_EQ(stranger->waiting(), 0U);
}

TEST_F(SimNetworkTest, AFrameToAMacReachesAMachineWithoutAnAddress) {
  const auto server = open(add_host(network_, segment_, 1), 67);
  SimHost& bare = network_.add_host("bare");
  bare.add_nic(segment_, mac(9));
  const auto client = open(bare, 68);
  const auto other = open(add_host(network_, segment_, 2), 68);
  SimSendRequest request;
  request.peer = at(0, 50, 68);
  request.source = net::Ipv4Address(10, 0, 0, 1);
  request.interface = server->host().nics().front()->index;
  request.hardware = mac(9);
  EXPECT_EQ(server->send(request, bytes_of("offer")), SimSendResult::kSent);
  request.hardware = mac(2);  // that machine has an address, and it is another one
  EXPECT_EQ(server->send(request, bytes_of("wrong")), SimSendResult::kSent);
  run(network_);
  ASSERT_EQ(client->waiting(), 1U);
  const auto mail = client->take();
  EXPECT_EQ(mail->facts.hardware, mac(9));
  EXPECT_EQ(mail->facts.to, at(0, 50, 68));
  EXPECT_EQ(other->waiting(), 0U);
}

TEST_F(SimNetworkTest, AMachineWithoutAnAddressBroadcastsFromZero) {
  const auto server = open(add_host(network_, segment_, 1), 67);
  SimHost& bare = network_.add_host("bare");
  bare.add_nic(segment_, mac(9));
  const auto client = open(bare, 68);
  SimSendRequest discover;
  discover.peer = {net::Ipv4Address::broadcast(), net::UdpPort{67}};
  discover.interface = bare.nics().front()->index;
  EXPECT_EQ(client->send(discover, bytes_of("discover")), SimSendResult::kSent);
  run(network_);
  ASSERT_EQ(server->waiting(), 1U);
  EXPECT_EQ(server->take()->facts.from, (net::Endpoint{net::Ipv4Address{}, net::UdpPort{68}}));
}

TEST_F(SimNetworkTest, AnAddressMovesWithItsOwner) {
  const auto a = open(add_host(network_, segment_, 1), 1'000);
  SimHost& first = add_host(network_, segment_, 2);
  const auto old_owner = open(first, 1'000);
  SimHost& second = network_.add_host("second");
  SimNic& nic = second.add_nic(segment_, mac(7));
  const auto new_owner = open(second, 1'000);
  first.clear_addresses(*first.nics().front());
  EXPECT_EQ(a->send_to(at(0, 2, 1'000), bytes_of("gone")), SimSendResult::kUnresolved);
  second.add_address(nic, net::Ipv4Address(10, 0, 0, 2), 24);
  EXPECT_EQ(a->send_to(at(0, 2, 1'000), bytes_of("moved")), SimSendResult::kSent);
  run(network_);
  EXPECT_EQ(old_owner->waiting(), 0U);
  EXPECT_EQ(new_owner->waiting(), 1U);
}

TEST_F(SimNetworkTest, FaultsAreTheDirectionsOwn) {
  SimHost& deaf = add_host(network_, segment_, 2);
  const auto a = open(add_host(network_, segment_, 1), 1'000);
  const auto b = open(deaf, 1'000);
  deaf.nics().front()->from_network.faults.partitioned = true;
  EXPECT_EQ(a->send_to(at(0, 2, 1'000), bytes_of("lost")), SimSendResult::kSent);
  EXPECT_EQ(b->send_to(at(0, 1, 1'000), bytes_of("heard")), SimSendResult::kSent);
  run(network_);
  EXPECT_EQ(b->waiting(), 0U);
  EXPECT_EQ(a->waiting(), 1U);
  EXPECT_EQ(network_.counters().partitioned, 1U);
  deaf.nics().front()->from_network.faults.partitioned = false;
  EXPECT_EQ(a->send_to(at(0, 2, 1'000), bytes_of("healed")), SimSendResult::kSent);
  run(network_);
  EXPECT_EQ(b->waiting(), 1U);
}

TEST_F(SimNetworkTest, AReceiverMayOpenAndCloseSocketsMeanwhile) {
  SimHost& host = add_host(network_, segment_, 2);
  const auto a = open(add_host(network_, segment_, 1), 1'000);
  const auto b = open(host, 1'000);
  std::vector<std::unique_ptr<SimEndpoint>> opened;
  b->on_datagram = [&](const SimDatagram& datagram) {
    for (std::uint16_t i = 0; i < 50; ++i) opened.push_back(open(host, static_cast<std::uint16_t>(2'000 + i)));
    opened.back()->send_to(datagram.from, datagram.payload);
    opened.resize(1);
  };
  EXPECT_EQ(a->send_to(at(0, 2, 1'000), bytes_of("ping")), SimSendResult::kSent);
  run(network_);
  ASSERT_EQ(a->waiting(), 1U);
  EXPECT_EQ(a->take()->facts.from, at(0, 2, 2'049));
  EXPECT_EQ(network_.frames().in_use(), 0U);
}

// The trace of a storm: who got what when.
std::string storm(std::uint64_t seed) {
  SimNetworkOptions options;
  options.seed = seed;
  options.faults.loss = 0.05;
  options.faults.duplicate = 0.05;
  options.faults.reorder = 0.05;
  options.faults.jitter = 200us;
  SimNetwork network(options);
  const SegmentId segment = network.add_segment();
  std::vector<std::unique_ptr<SimEndpoint>> all;
  std::string trace;
  for (std::uint8_t i = 1; i <= 50; ++i) {
    all.push_back(open(add_host(network, segment, i), 1'000));
    all.back()->on_datagram = [&trace, &network, i](const SimDatagram& datagram) {
      trace += std::to_string(i) + "<" + std::to_string(datagram.from.address.octets()[3]) + "@" +
               std::to_string(network.now().monotonic.time_since_epoch().count()) + " ";
    };
  }
  for (int round = 0; round < 20; ++round) {
    for (std::uint8_t i = 1; i <= 50; ++i) {
      all[i - 1U]->send_to(at(0, static_cast<std::uint8_t>(i % 50 + 1), 1'000), bytes_of("x"));
    }
    network.advance_to(network.now().monotonic + 100us);
  }
  network.advance_to(network.now().monotonic + 1s);
  const NetworkCounters& c = network.counters();
  EXPECT_EQ(c.sent, 1'000U);
  EXPECT_EQ(c.delivered, c.sent - c.lost + c.duplicated);
  EXPECT_GT(c.lost, 0U);
  EXPECT_GT(c.duplicated, 0U);
  EXPECT_GT(c.reordered, 0U);
  EXPECT_EQ(network.frames().in_use(), 0U) << "no datagram leaks";
  return trace;
}

TEST(SimDeterminism, TheSameSeedGivesTheSameStormAndAnotherOneDoesNot) {
  const std::string first = storm(42);
  EXPECT_EQ(first, storm(42));
  EXPECT_NE(first, storm(43));
}

}  // namespace
}  // namespace rackcast::io
