#include "core/engine/tftp/endpoint_index.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace rackcast::engine::tftpd {
namespace {

net::Endpoint peer(std::uint32_t number) {
  return {net::Ipv4Address(0x0A00'0000 + number / 4), net::UdpPort(static_cast<std::uint16_t>(2'000 + number % 4))};
}

TEST(EndpointIndex, FindsByTheWholeKey) {
  EndpointIndex index(8, 1);
  index.insert(SocketId{1}, peer(5), 10);
  index.insert(SocketId{2}, peer(5), 20);
  EXPECT_EQ(index.find(SocketId{1}, peer(5)), 10U);
  EXPECT_EQ(index.find(SocketId{2}, peer(5)), 20U);
  EXPECT_EQ(index.find(SocketId{3}, peer(5)), kNoTransfer);
  EXPECT_EQ(index.find(SocketId{1}, peer(6)), kNoTransfer);
  index.erase(SocketId{1}, peer(5));
  EXPECT_EQ(index.find(SocketId{1}, peer(5)), kNoTransfer);
  EXPECT_EQ(index.find(SocketId{2}, peer(5)), 20U);
  EXPECT_EQ(index.size(), 1U);
}

TEST(EndpointIndex, Ipv6AndIpv4DoNotMeet) {
  EndpointIndex index(8, 1);
  net::Ipv6Address v6;
  v6.octets = {10, 0, 0, 1};
  index.insert(SocketId{1}, {v6, net::UdpPort(9)}, 1);
  EXPECT_EQ(index.find(SocketId{1}, {net::Ipv4Address(10, 0, 0, 1), net::UdpPort(9)}), kNoTransfer);
}

// Against a map, at the fullest it may be, so that runs are long and shift back over the end of the table.
TEST(EndpointIndex, AgreesWithAMapUnderRandomInsertsAndErases) {
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    constexpr std::size_t kMax = 60;
    EndpointIndex index(kMax, seed);
    std::map<std::pair<SocketId, std::uint32_t>, TransferIndex> model;
    std::mt19937 random(static_cast<unsigned>(seed));
    for (std::uint32_t step = 0; step < 20'000; ++step) {
      const SocketId socket{static_cast<std::uint16_t>(random() % 3)};
      const auto number = static_cast<std::uint32_t>(random() % 60);
      const auto key = std::pair(socket, number);
      if (model.contains(key) || model.size() == kMax) {
        index.erase(socket, peer(number));
        model.erase(key);
      } else {
        index.insert(socket, peer(number), step);
        model[key] = step;
      }
      ASSERT_EQ(index.size(), model.size());
      if (step % 50 != 0) continue;
      for (std::uint32_t n = 0; n < 60; ++n)
        for (std::uint16_t s = 0; s < 3; ++s) {
          const auto found = model.find(std::pair(SocketId{s}, n));
          ASSERT_EQ(index.find(SocketId{s}, peer(n)), found == model.end() ? kNoTransfer : found->second);
        }
    }
  }
}

}  // namespace
}  // namespace rackcast::engine::tftpd
