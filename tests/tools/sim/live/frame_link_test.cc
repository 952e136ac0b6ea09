// DHCP as frames on a wire, seen from its other end.
#include "tools/sim/live/frame_link.h"

#include <gmock/gmock.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include "proto/net/udp_frame.h"
#include "tests/tools/sim/live/own_namespace.h"

namespace rackcast::sim {
namespace {

constexpr net::MacAddress kMachine{{0x02, 0x52, 0x43, 0, 0, 7}};
constexpr net::Ipv4Address kServer(10, 99, 0, 1);
const std::set<net::UdpPort> kPorts{net::UdpPort{68}, net::UdpPort{4011}};

struct Heard {
  net::MacAddress mac;
  net::Endpoint from;
  net::UdpPort to;
  std::size_t bytes = 0;
};

class FrameLinkTest : public InOwnNamespace, public DhcpReceiver {
 protected:
  void SetUp() override {
    InOwnNamespace::SetUp();
    if (IsSkipped()) return;
    wire_ = FileDescriptor(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(ETH_P_ALL)));
    sockaddr_ll name{};
    name.sll_family = AF_PACKET;
    name.sll_protocol = htons(ETH_P_ALL);
    name.sll_ifindex = static_cast<int>(::if_nametoindex("wire0"));
    ASSERT_EQ(::bind(wire_.get(), reinterpret_cast<sockaddr*>(&name), sizeof(name)), 0);
    auto link = FrameLink::open(loop_, timer_, "sim0", kPorts, *this);
    ASSERT_TRUE(link) << link.error().message;
    link_ = std::move(*link);
  }

  void on_dhcp_to_mac(Instant, const net::MacAddress& mac, const net::Endpoint& from, net::UdpPort to,
                      std::span<const std::byte> message) override {
    heard_.push_back({mac, from, to, message.size()});
  }
  void on_dhcp_to_address(Instant, const net::Endpoint& to, const net::Endpoint& from,
                          std::span<const std::byte> message) override {
    heard_.push_back({{}, from, to.port, message.size()});
  }

  // The next frame of the kind wanted that leaves the machines, within two seconds.
  std::vector<std::byte> next_frame(net::UdpPort to) {
    std::vector<std::byte> bytes(2'048);
    pollfd wait{wire_.get(), POLLIN, 0};
    while (::poll(&wait, 1, 2'000) > 0) {
      const ssize_t size = ::recv(wire_.get(), bytes.data(), bytes.size(), 0);
      const auto frame =
          net::parse_udp_frame(std::span(bytes).first(static_cast<std::size_t>(std::max<ssize_t>(size, 0))),
                               net::UdpChecksumCheck::kVerified);
      if (!frame || frame->destination_port != to) continue;
      bytes.resize(static_cast<std::size_t>(size));
      return bytes;
    }
    return {};
  }

  void put_frame(const net::MacAddress& to, net::Ipv4Address address, net::UdpPort port,
                 std::span<const std::byte> message) {
    net::UdpFrame frame;
    frame.destination_mac = to;
    frame.source_mac = {{0x02, 0xAA, 0, 0, 0, 1}};
    frame.source = kServer;
    frame.destination = address;
    frame.source_port = net::UdpPort{67};
    frame.destination_port = port;
    frame.payload = message;
    std::array<std::byte, 2'048> bytes;
    const auto encoded = net::encode_udp_frame(bytes, frame);
    ASSERT_EQ(::send(wire_.get(), encoded.data(), encoded.size(), 0), static_cast<ssize_t>(encoded.size()));
  }

  void turn_until_heard(std::size_t count) {
    const Instant end = timer_.now() + std::chrono::seconds(5);
    while (heard_.size() < count && timer_.now() < end) loop_.turn(timer_, end);
    ASSERT_EQ(heard_.size(), count);
  }

  EventLoop loop_;
  RunTimer timer_;
  FileDescriptor wire_;
  std::unique_ptr<FrameLink> link_;
  std::vector<Heard> heard_;
};

std::vector<std::byte> message_about(const net::MacAddress& mac) {
  std::vector<std::byte> message(300);
  for (std::size_t i = 0; i < mac.octets.size(); ++i) message[28 + i] = std::byte{mac.octets[i]};
  return message;
}

TEST_F(FrameLinkTest, BroadcastsLeaveWithTheMachinesMac) {
  const auto message = message_about(kMachine);
  link_->send(kMachine, DhcpSend{}, message);
  link_->flush();
  const auto bytes = next_frame(net::UdpPort{67});
  const auto frame = net::parse_udp_frame(bytes, net::UdpChecksumCheck::kVerified);
  ASSERT_TRUE(frame);
  EXPECT_EQ(frame->source_mac, kMachine);
  EXPECT_EQ(frame->destination_mac, net::MacAddress::broadcast());
  EXPECT_TRUE(frame->source.is_any());
  EXPECT_TRUE(frame->destination.is_broadcast());
  EXPECT_EQ(frame->source_port, net::UdpPort{68});
  EXPECT_EQ(frame->payload.size(), message.size());
}

TEST_F(FrameLinkTest, MoreThanABatchLeavesWhole) {
  for (int i = 0; i < 150; ++i) link_->send(kMachine, DhcpSend{}, message_about(kMachine));
  link_->flush();
  for (int i = 0; i < 150; ++i) ASSERT_FALSE(next_frame(net::UdpPort{67}).empty()) << i;
  EXPECT_EQ(link_->unsent(), 0U);
}

TEST_F(FrameLinkTest, HearsWhatIsForAMachineAndNothingElse) {
  const net::MacAddress other{{0x02, 0x52, 0x43, 0, 0, 9}};
  put_frame(kMachine, kServer, net::UdpPort{69}, message_about(kMachine));  // no DHCP reply
  put_frame(other, net::Ipv4Address(10, 99, 0, 7), net::UdpPort{68}, message_about(kMachine));
  put_frame(net::MacAddress::broadcast(), net::Ipv4Address::broadcast(), net::UdpPort{68}, message_about(kMachine));
  turn_until_heard(2);
  EXPECT_EQ(heard_[0].mac, other) << "to a MAC: whoever has it";
  EXPECT_EQ(heard_[1].mac, kMachine) << "to everybody: whom it is about";
  EXPECT_EQ(heard_[1].from, (net::Endpoint{kServer, net::UdpPort{67}}));
  EXPECT_EQ(heard_[1].bytes, 300U);
}

TEST_F(FrameLinkTest, TellsToWhichPortAnAnswerCame) {
  put_frame(kMachine, net::Ipv4Address(10, 99, 0, 7), net::UdpPort{4011}, message_about(kMachine));
  put_frame(kMachine, net::Ipv4Address(10, 99, 0, 7), net::UdpPort{68}, message_about(kMachine));
  turn_until_heard(2);
  EXPECT_EQ(heard_[0].to, net::UdpPort{4011});
  EXPECT_EQ(heard_[1].to, net::UdpPort{68});
}

// EDK2 asks a boot server from port 4011.
TEST_F(FrameLinkTest, UnicastLeavesFromThePortOfTheClientsHabits) {
  ASSERT_TRUE(rackcast::testing::run_program({"ip", "link", "set", "lo", "up"}));
  const FileDescriptor server(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_in name{};
  name.sin_family = AF_INET;
  name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(name);
  ASSERT_EQ(::bind(server.get(), reinterpret_cast<sockaddr*>(&name), size), 0);
  ASSERT_EQ(::getsockname(server.get(), reinterpret_cast<sockaddr*>(&name), &size), 0);
  auto ports = ClientPorts::open(loop_, kPorts, "", Receives::kNothing, *this);
  ASSERT_TRUE(ports) << ports.error().message;
  DhcpSend how{.broadcast = false,
               .source = net::Ipv4Address(127, 0, 0, 1),
               .server = net::Ipv4Address(127, 0, 0, 1),
               .server_port = net::UdpPort{ntohs(name.sin_port)}};
  for (const std::uint16_t port : {std::uint16_t{68}, std::uint16_t{4011}}) {
    how.source_port = net::UdpPort{port};
    ASSERT_TRUE(ports->send(how, message_about(kMachine)));
    std::array<std::byte, 512> bytes;
    sockaddr_in from{};
    size = sizeof(from);
    ASSERT_EQ(::recvfrom(server.get(), bytes.data(), bytes.size(), 0, reinterpret_cast<sockaddr*>(&from), &size), 300);
    EXPECT_EQ(ntohs(from.sin_port), port);
  }
  how.source_port = net::UdpPort{67};
  EXPECT_FALSE(ports->send(how, message_about(kMachine))) << "no client's port";
}

TEST_F(FrameLinkTest, SendsDatagramsToNeighboursThatWereHeardAndToNobodyElse) {
  const net::Endpoint machine{net::Ipv4Address(10, 99, 0, 7), net::UdpPort{40'000}};
  const net::Endpoint server{kServer, net::UdpPort{69}};
  const std::array<std::byte, 4> ack{std::byte{0}, std::byte{4}, std::byte{0}, std::byte{1}};
  EXPECT_FALSE(link_->send_datagram(machine, server, ack)) << "nobody knows its MAC yet";
  put_frame(kMachine, machine.address.v4(), net::UdpPort{68}, message_about(kMachine));
  turn_until_heard(1);
  EXPECT_TRUE(link_->send_datagram(machine, server, ack));
  EXPECT_FALSE(link_->send_datagram(machine, {net::Ipv4Address(10, 99, 0, 2), net::UdpPort{69}}, ack));
  const std::vector<std::byte> beyond_mtu(1'473);
  EXPECT_FALSE(link_->send_datagram(machine, server, beyond_mtu));
  link_->flush();
  const auto bytes = next_frame(net::UdpPort{69});
  const auto frame = net::parse_udp_frame(bytes, net::UdpChecksumCheck::kVerified);
  ASSERT_TRUE(frame);
  EXPECT_EQ(frame->destination_mac, (net::MacAddress{{0x02, 0xAA, 0, 0, 0, 1}}));
  EXPECT_EQ(frame->source, machine.address.v4());
  EXPECT_EQ(frame->source_port, machine.port);
  EXPECT_EQ(frame->payload.size(), ack.size());
}

TEST_F(FrameLinkTest, TruncatedFramesAreCounted) {
  std::array<std::byte, 60> bytes{};
  put_frame(kMachine, net::Ipv4Address(10, 99, 0, 7), net::UdpPort{68}, std::span(bytes).first(4));
  turn_until_heard(1);
  EXPECT_TRUE(message_chaddr(std::span(bytes).first(4)).is_zero());
}

TEST_F(FrameLinkTest, LoopbackCarriesNoFrames) {
  const auto link = FrameLink::open(loop_, timer_, "lo", kPorts, *this);
  ASSERT_FALSE(link);
  EXPECT_THAT(link.error().message, ::testing::HasSubstr("--relay"));
}

}  // namespace
}  // namespace rackcast::sim
