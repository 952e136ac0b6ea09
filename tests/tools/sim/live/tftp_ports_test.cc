// Many machines' UDP through few sockets, over loopback.
#include "tools/sim/live/tftp_ports.h"

#include <gmock/gmock.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <poll.h>
#include <sys/socket.h>

#include "core/file_descriptor.h"
#include "io_backends/socket/sockaddr.h"

namespace rackcast::sim {
namespace {

using net::Ipv4Address;
using net::UdpPort;

struct Arrival {
  Ipv4Address local;
  std::uint8_t socket = 0;
  net::Endpoint from;
  std::string payload;
};

class TftpPortsTest : public testing::Test, public TftpReceiver {
 protected:
  void SetUp() override {
    auto ports = TftpPorts::open(loop_, timer_, *this);
    ASSERT_TRUE(ports) << ports.error().message;
    ports_ = std::move(*ports);
    server_ = FileDescriptor(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    io::SocketAddress name{};
    socklen_t size = io::write_sockaddr({Ipv4Address(127, 0, 0, 1), UdpPort{0}}, 0, name);
    ASSERT_EQ(::bind(server_.get(), &name.any, size), 0);
    ASSERT_EQ(::getsockname(server_.get(), &name.any, &size), 0);
    server_name_ = io::read_sockaddr(&name, size)->endpoint;
  }

  void on_tftp_datagram(Instant, Ipv4Address local, std::uint8_t socket, const net::Endpoint& from,
                        std::span<const std::byte> payload) override {
    arrivals_.push_back({local, socket, from, {reinterpret_cast<const char*>(payload.data()), payload.size()}});
  }

  void send(std::uint8_t socket, Ipv4Address source, std::string_view payload) {
    ports_->send(socket, source, server_name_, std::as_bytes(std::span(payload)));
  }

  // Who sent the next datagram that reached the server.
  net::Endpoint next_sender(std::string& payload) {
    io::SocketAddress name{};
    socklen_t size = sizeof(name);
    char bytes[2'048];
    pollfd wait{server_.get(), POLLIN, 0};
    if (::poll(&wait, 1, 2'000) <= 0) return {};
    const ssize_t got = ::recvfrom(server_.get(), bytes, sizeof(bytes), 0, &name.any, &size);
    payload.assign(bytes, static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    return io::read_sockaddr(&name, size)->endpoint;
  }

  void turn_until(std::size_t count) {
    const Instant end = timer_.now() + std::chrono::seconds(5);
    while (arrivals_.size() < count && timer_.now() < end) loop_.turn(timer_, end);
    ASSERT_EQ(arrivals_.size(), count);
  }

  EventLoop loop_;
  RunTimer timer_;
  std::unique_ptr<TftpPorts> ports_;
  FileDescriptor server_;
  net::Endpoint server_name_;
  std::vector<Arrival> arrivals_;
};

TEST_F(TftpPortsTest, EveryMachineSendsFromItsAddressAndHearsTheAnswer) {
  send(0, Ipv4Address(127, 1, 0, 1), "one");
  send(0, Ipv4Address(127, 1, 0, 2), "two");
  send(3, Ipv4Address(127, 1, 0, 2), "three");
  ports_->flush();
  std::vector<net::Endpoint> senders;
  for (const char* expected : {"one", "two", "three"}) {
    std::string payload;
    senders.push_back(next_sender(payload));
    EXPECT_EQ(payload, expected);
  }
  EXPECT_EQ(senders[0].address, Ipv4Address(127, 1, 0, 1));
  EXPECT_EQ(senders[1].address, Ipv4Address(127, 1, 0, 2));
  EXPECT_EQ(senders[1].port, senders[0].port);
  EXPECT_NE(senders[2].port, senders[1].port);

  io::SocketAddress name{};
  const socklen_t size = io::write_sockaddr(senders[2], 0, name);
  ::sendto(server_.get(), "back", 4, 0, &name.any, size);
  turn_until(1);
  EXPECT_EQ(arrivals_[0].local, Ipv4Address(127, 1, 0, 2));
  EXPECT_EQ(arrivals_[0].socket, 3);
  EXPECT_EQ(arrivals_[0].from, server_name_);
  EXPECT_EQ(arrivals_[0].payload, "back");
}

TEST_F(TftpPortsTest, MoreThanABatchLeavesInOrder) {
  for (int i = 0; i < 200; ++i) send(1, Ipv4Address(127, 1, 0, 1), std::to_string(i));
  ports_->flush();
  for (int i = 0; i < 200; ++i) {
    std::string payload;
    next_sender(payload);
    ASSERT_EQ(payload, std::to_string(i));
  }
}

TEST_F(TftpPortsTest, ABurstThatTheKernelKeptTogetherIsCutUp) {
  send(0, Ipv4Address(127, 1, 0, 1), "hello");
  ports_->flush();
  std::string payload;
  const net::Endpoint machine = next_sender(payload);
  io::SocketAddress name{};
  const socklen_t size = io::write_sockaddr(machine, 0, name);
  const int segment = 100;
  ASSERT_EQ(::setsockopt(server_.get(), SOL_UDP, UDP_SEGMENT, &segment, sizeof(segment)), 0);
  const std::string burst = std::string(100, 'a') + std::string(100, 'b') + std::string(20, 'c');
  ASSERT_EQ(::sendto(server_.get(), burst.data(), burst.size(), 0, &name.any, size),
            static_cast<ssize_t>(burst.size()));
  turn_until(3);
  EXPECT_EQ(arrivals_[0].payload, std::string(100, 'a'));
  EXPECT_EQ(arrivals_[1].payload, std::string(100, 'b'));
  EXPECT_EQ(arrivals_[2].payload, std::string(20, 'c'));
}

TEST_F(TftpPortsTest, WhatCannotLeaveIsCounted) {
  send(0, Ipv4Address(203, 0, 113, 9), "from an address that is not ours");
  send(0, Ipv4Address(127, 1, 0, 1), "and one that is");
  ports_->flush();
  std::string payload;
  EXPECT_EQ(next_sender(payload).address, Ipv4Address(127, 1, 0, 1));
  EXPECT_EQ(ports_->unsent(), 1U);
  EXPECT_NE(ports_->last_error(), "");
  const std::vector<std::byte> too_long(TftpPorts::kPayloadMax + 1);
  ports_->send(0, Ipv4Address(127, 1, 0, 1), server_name_, too_long);
  EXPECT_EQ(ports_->unsent(), 2U);
}

TEST(PortMapTest, TheNextPortMeansTheNextSocket) {
  PortMap map;
  const std::uint8_t first = map.socket_for(UdpPort{2070});
  EXPECT_EQ(map.socket_for(UdpPort{2070}), first) << "a ROM that keeps its port keeps its socket";
  const std::uint8_t second = map.socket_for(UdpPort{2071});
  EXPECT_NE(second, first);
  EXPECT_EQ(map.port_at(first), UdpPort{2070}) << "late datagrams still find the old port";
  EXPECT_EQ(map.port_at(second), UdpPort{2071});
  for (std::uint16_t i = 0; i < PortMap::kSockets; ++i)
    static_cast<void>(map.socket_for(UdpPort{static_cast<std::uint16_t>(3'000 + i)}));
  EXPECT_EQ(map.port_at(map.socket_for(UdpPort{2070})), UdpPort{2070}) << "round the table and on";
  map.clear();
  EXPECT_EQ(map.port_at(0), UdpPort{0});
}

}  // namespace
}  // namespace rackcast::sim
