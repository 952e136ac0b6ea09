// Light ports: what comes to them, what they send, and what the tap says of it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "io_backends/sim/sim_endpoint.h"
#include "io_backends/sim/sim_network.h"

namespace rackcast::io {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using namespace std::chrono_literals;

const net::Ipv4Address kServer(10, 0, 0, 1);
const net::Ipv4Address kMachine(10, 0, 0, 16);
constexpr net::UdpPort kPort{69};

std::string text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}

class SimPortTest : public ::testing::Test, protected SimPortReceiver, protected SimTap {
 protected:
  explicit SimPortTest(bool borrow = false) : network({.faults = {}, .borrow_bodies = borrow}) {
    segment = network.add_segment();
    other_segment = network.add_segment();
    host = &network.add_host("server");
    host->add_address(host->add_nic(segment, {{2, 0, 0, 0, 0, 1}}), kServer, 16);
    SimSocketSpec spec;
    spec.bind = {net::Ipv4Address(), kPort};
    spec.broadcast = true;
    server = std::move(*SimEndpoint::open(*host, spec));
    for (std::uint8_t i = 0; i < 3; ++i) {
      const SegmentId where = i == 2 ? other_segment : segment;
      (void)network.add_port(where, {{2, 0, 0, 0, 1, i}}, faults, *this);
    }
    network.set_tap(this);
  }
  ~SimPortTest() override { network.set_tap(nullptr); }

  void settle() { network.advance_to(network.now().monotonic + 1s); }
  void send(std::string_view text, const net::Endpoint& to, std::uint32_t from = 0) {
    network.send(PortId{from}, {network.port(PortId{from}).address, net::UdpPort{2'000}}, to, bytes_of(text));
    settle();
  }
  void server_sends(std::string_view text, const net::Endpoint& to,
                    std::optional<net::MacAddress> hardware = std::nullopt) {
    SimSendRequest request;
    request.peer = to;
    request.hardware = hardware;
    const net::IpAddress& address = to.address;
    const bool group = address.is_multicast() || address == net::IpAddress(net::Ipv4Address::broadcast());
    if (hardware || group) request.interface = host->nics().front()->index;
    server->send(request, bytes_of(text));
    settle();
  }

  void on_frame(PortId port, const SimFrame& frame) override {
    got.push_back(std::to_string(port.value()) + ":" + text_of(frame.payload) + text_of(frame.body));
  }
  [[nodiscard]] bool hears_broadcast(PortId port, net::UdpPort to) const override {
    return to.value() == 68 && port == listening;
  }
  void on_sent(const SimFrame&) override { ++sent; }
  void on_arrived(const SimFrame&) override { ++arrived; }
  void on_fault(const SimFrame&, SimFault fault) override { seen_faults.push_back(fault); }

  SimNetwork network;
  LinkFaults faults;
  SegmentId segment;
  SegmentId other_segment;
  SimHost* host = nullptr;
  std::unique_ptr<SimEndpoint> server;
  PortId listening{1};
  std::vector<std::string> got;
  std::vector<SimFault> seen_faults;
  int sent = 0;
  int arrived = 0;
};

TEST_F(SimPortTest, UnicastGoesToWhoHasTheAddressNow) {
  server_sends("nobody", {kMachine, net::UdpPort{2'000}});
  EXPECT_THAT(got, IsEmpty());
  network.set_address(PortId{0}, kMachine);
  server_sends("a", {kMachine, net::UdpPort{2'000}});
  network.set_address(PortId{2}, kMachine);  // taken over, on another segment
  network.set_address(PortId{0}, {});        // what the first gives up is no longer its own
  server_sends("b", {kMachine, net::UdpPort{2'000}});
  EXPECT_THAT(got, ElementsAre("0:a", "2:b"));
}

TEST_F(SimPortTest, AFrameGoesToItsMacOnTheSameSegment) {
  const net::Endpoint to{kMachine, net::UdpPort{68}};
  server_sends("offer", to, net::MacAddress{{2, 0, 0, 0, 1, 1}});
  server_sends("far", to, net::MacAddress{{2, 0, 0, 0, 1, 2}});
  EXPECT_THAT(got, ElementsAre("1:offer"));
  EXPECT_THAT(seen_faults, ElementsAre(SimFault::kNobodyThere));
}

TEST_F(SimPortTest, ABroadcastIsHeardByWhoListens) {
  server_sends("all", {net::Ipv4Address::broadcast(), net::UdpPort{68}});
  server_sends("none", {net::Ipv4Address::broadcast(), net::UdpPort{70}});
  EXPECT_THAT(got, ElementsAre("1:all"));
}

TEST_F(SimPortTest, APortsBroadcastReachesHostsAndNotItself) {
  listening = PortId{0};
  send("x", {net::Ipv4Address::broadcast(), kPort});
  const auto mail = server->take();
  ASSERT_TRUE(mail);
  EXPECT_EQ(text_of(mail->payload), "x");
  send("y", {net::Ipv4Address::broadcast(), net::UdpPort{68}});
  EXPECT_THAT(got, IsEmpty());
}

TEST_F(SimPortTest, APortOnAnotherSegmentIsRoutedToTheServer) {
  network.set_address(PortId{2}, net::Ipv4Address(10, 1, 0, 16));
  send("hello", {kServer, kPort}, 2);
  const auto mail = server->take();
  ASSERT_TRUE(mail);
  EXPECT_EQ(mail->facts.from.address, net::IpAddress(net::Ipv4Address(10, 1, 0, 16)));
}

TEST_F(SimPortTest, AGroupReachesItsMembersButNotTheSender) {
  const net::Ipv4Address group(239, 1, 2, 3);
  for (const std::uint32_t port : {0U, 1U, 2U}) network.join_group(PortId{port}, group);
  server_sends("m", {group, net::UdpPort{5'000}});
  EXPECT_THAT(got, ElementsAre("0:m", "1:m"));
  got.clear();
  network.set_address(PortId{0}, kMachine);
  send("n", {group, net::UdpPort{5'000}});
  EXPECT_THAT(got, ElementsAre("1:n"));
}

TEST_F(SimPortTest, FaultsAreSharedAndSwappedAndTold) {
  network.set_address(PortId{0}, kMachine);
  LinkFaults cut;
  cut.partitioned = true;
  network.set_faults(PortId{0}, cut);
  send("lost", {kServer, kPort});
  server_sends("lost", {kMachine, net::UdpPort{2'000}});
  EXPECT_THAT(seen_faults, ElementsAre(SimFault::kLost, SimFault::kLost));
  EXPECT_EQ(sent, 2);
  EXPECT_EQ(arrived, 0);
  network.set_faults(PortId{0}, faults);
  faults.duplicate = 1;
  send("twice", {kServer, kPort});
  EXPECT_EQ(arrived, 2);
  EXPECT_EQ(server->waiting(), 2U);
  EXPECT_EQ(network.frames().in_use(), 0U);
}

class BorrowingPortTest : public SimPortTest {
 protected:
  BorrowingPortTest() : SimPortTest(true) {}
};

TEST_F(BorrowingPortTest, ABodyIsNotCopiedOnItsWayToAPort) {
  network.set_address(PortId{0}, kMachine);
  std::string body = "the image";
  SimSendRequest request;
  request.peer = {kMachine, net::UdpPort{2'000}};
  SimSocketSpec spec;
  class Deaf final : public SimReceiver {
   public:
    void on_arrival(SimSocketId, const SimArrival&) override {}
  } deaf;
  const auto socket = host->open(spec, deaf);
  ASSERT_TRUE(socket);
  host->send(*socket, request, bytes_of("head "), bytes_of(body));
  body[0] = 'T';  // seen: it was lent
  settle();
  EXPECT_THAT(got, ElementsAre("0:head The image"));
  host->close(*socket);
}

}  // namespace
}  // namespace rackcast::io
