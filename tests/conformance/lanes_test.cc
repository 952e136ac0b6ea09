// Several lanes on one port: the kernel (or the simulated host) steers by source address.
#include <map>

#include "io_backends/socket/steering.h"
#include "tests/conformance/instances.h"
#include "tests/conformance/suite.h"

namespace rackcast::testing {
namespace {

constexpr std::uint32_t kLanes = 4;
constexpr std::uint8_t kSources = 200;
constexpr std::size_t kPorts = 5;

// Which lanes each source's requests reached, and how many.
using LanesOfSource = std::map<net::IpAddress, std::map<std::size_t, std::size_t>>;

}  // namespace

class SourceSteering : public PacketIoConformance {
 protected:
  void open_group(const net::IpAddress& bind) {
    auto spec = any_port(bind);
    spec.steer_by_source = true;
    const std::vector<std::vector<io::SocketSpec>> specs(kLanes, {spec});
    auto opened = world_->open_lanes(specs);
    ASSERT_TRUE(opened.has_value()) << opened.error().message;
    lanes_ = std::move(*opened);
    for (const auto& lane : lanes_) ASSERT_EQ(lane->local_endpoint(SocketId{0}).port, port()) << "one port for all";
  }

  LanesOfSource collect_from_all(std::size_t expected) {
    LanesOfSource lanes_of_source;
    std::size_t total = 0;
    for (int turns = 0; turns < 2'000 && total < expected; ++turns) {
      world_->pass();
      for (std::size_t lane = 0; lane < kLanes; ++lane) {
        std::array<ReceivedDatagram, kBatchMax> batch;
        const std::size_t count = lanes_[lane]->poll(batch, io().now().monotonic + std::chrono::milliseconds(1));
        for (const auto& d : std::span(batch).first(count)) ++lanes_of_source[d.peer.address][lane];
        lanes_[lane]->release(std::span(batch).first(count));
        total += count;
      }
    }
    EXPECT_EQ(total, expected);
    return lanes_of_source;
  }

  void expect_no_source_split(net::IpAddress (*source)(std::uint8_t), const net::Endpoint& to) {
    for (std::uint8_t i = 1; i <= kSources; ++i) {
      for (std::size_t p = 0; p < kPorts; ++p) {
        world_->open_peer(source(i), net::UdpPort{0})->send(to, bytes_of("read"));
      }
    }
    std::array<std::size_t, kLanes> sources_of_lane{};
    const LanesOfSource got = collect_from_all(kSources * kPorts);
    EXPECT_EQ(got.size(), kSources);
    for (const auto& [address, lanes] : got) {
      ASSERT_EQ(lanes.size(), 1U) << address.text().view() << " is split";
      const auto [lane, requests] = *lanes.begin();
      EXPECT_EQ(requests, kPorts);
      EXPECT_EQ(lane, io::lane_of_source(address, kLanes)) << "the attached program and our function agree";
      ++sources_of_lane[lane];
    }
    for (const std::size_t sources : sources_of_lane) EXPECT_GT(sources, kSources / kLanes / 2) << "even enough";
  }
};

TEST_P(SourceSteering, KeepsAllRequestsOfOneIpv4SourceOnOneLane) {
  open_group(net::Ipv4Address{});
  expect_no_source_split(World::machine_address, server());
}

TEST_P(SourceSteering, KeepsAllRequestsOfOneIpv6SourceOnOneLane) {
  open_group(net::Ipv6Address{});
  expect_no_source_split(World::machine_address_v6, {World::server_address_v6(), port()});
}

TEST_P(SourceSteering, ABroadcastReachesASocketOutsideTheGroupOnce) {
  // One lane has a socket of its own besides: broadcast is not for the group to sort out.
  auto steered = any_port();
  steered.steer_by_source = true;
  auto own = any_port();
  own.broadcast = true;
  own.interface = world_->server_interface_name();
  const std::vector<std::vector<io::SocketSpec>> specs{{steered, own}, {steered}};
  auto opened = world_->open_lanes(specs);
  ASSERT_TRUE(opened.has_value()) << opened.error().message;
  lanes_ = std::move(*opened);
  const auto peer = open_peer();
  peer->send({net::Ipv4Address::broadcast(), port(1)}, bytes_of("discover"));
  const auto got = collect(io(), 1);
  ASSERT_EQ(got.size(), 1U);
  EXPECT_EQ(got[0].facts.socket, SocketId{1});
  std::vector<Got> more;
  for (int i = 0; i < 3; ++i) {
    turn(*lanes_[0], more);
    turn(*lanes_[1], more);
  }
  EXPECT_TRUE(more.empty());
}

RACKCAST_ON_EVERY_BACKEND(SourceSteering);

}  // namespace rackcast::testing
