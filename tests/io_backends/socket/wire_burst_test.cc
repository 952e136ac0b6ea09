#include "io_backends/socket/wire_burst.h"

#include <gtest/gtest.h>

#include <vector>

namespace rackcast::io {
namespace {

struct Piece {
  std::size_t header;
  std::size_t body;
};

class WireBurstTest : public ::testing::Test {
 protected:
  void fill(const std::vector<Piece>& pieces) {
    slot_.reset();
    slot_.destination.peer = {net::Ipv4Address(10, 0, 0, 9), net::UdpPort{1'000}};
    for (const Piece& piece : pieces) slot_.add(piece.header, std::span(image_).first(piece.body));
  }
  [[nodiscard]] bool offloads(const std::vector<Piece>& pieces) {
    fill(pieces);
    wire_.prepare(slot_, net::IpAddress{}, true);
    return wire_.offloaded();
  }

  std::vector<std::byte> image_ = std::vector<std::byte>(60'000);
  TxSlot slot_;
  WireBurst wire_;
};

TEST_F(WireBurstTest, OffloadsOnlyBurstsOfSegmentationsShape) {
  EXPECT_TRUE(offloads({{4, 512}, {4, 512}}));
  EXPECT_TRUE(offloads({{4, 512}, {4, 512}, {4, 100}})) << "a shorter last one";
  EXPECT_TRUE(offloads({{4, 512}, {4, 0}})) << "an empty final block still has its header";
  EXPECT_TRUE(offloads({{12, 504}, {4, 512}})) << "only the sum counts";
  EXPECT_FALSE(offloads({{4, 512}})) << "a single datagram";
  EXPECT_FALSE(offloads({{4, 512}, {4, 513}})) << "a longer last one";
  EXPECT_FALSE(offloads({{4, 512}, {4, 100}, {4, 512}})) << "a short one in the middle";
  EXPECT_FALSE(offloads({{0, 512}, {0, 0}})) << "an empty last one would be lost";
  EXPECT_FALSE(offloads({{0, 0}, {0, 0}}));
  EXPECT_FALSE(offloads({{4, 40'000}, {4, 40'000}})) << "more than one UDP payload's worth";
}

TEST_F(WireBurstTest, GathersHeadersAndBodiesInOrder) {
  fill({{4, 512}, {4, 512}, {4, 0}});
  wire_.prepare(slot_, net::IpAddress{}, true);
  ASSERT_EQ(wire_.message_count(), 1U);
  EXPECT_EQ(wire_.message(0).msg_iovlen, 5U);
  EXPECT_EQ(wire_.datagrams_in(slot_), 3U);
  EXPECT_EQ(wire_.bytes_in(slot_, 0), 4U * 3 + 512 * 2);
  EXPECT_GT(wire_.message(0).msg_controllen, 0U);

  wire_.prepare(slot_, net::IpAddress{}, false);
  ASSERT_EQ(wire_.message_count(), 3U);
  EXPECT_EQ(wire_.message(0).msg_iovlen, 2U);
  EXPECT_EQ(wire_.message(2).msg_iovlen, 1U);
  EXPECT_EQ(wire_.datagrams_in(slot_), 1U);
  EXPECT_EQ(wire_.bytes_in(slot_, 2), 4U);
  EXPECT_EQ(wire_.message(0).msg_controllen, 0U);
  const auto* header = static_cast<const std::byte*>(wire_.message(1).msg_iov[0].iov_base);
  EXPECT_EQ(header, slot_.header(slot_.datagrams()[1]).data());
  EXPECT_EQ(wire_.message(1).msg_iov[1].iov_base, image_.data());
}

TEST_F(WireBurstTest, HoldsTheLargestBurst) {
  fill(std::vector<Piece>(kBurstDatagramsMax, {32, 900}));
  wire_.prepare(slot_, net::IpAddress{}, true);
  EXPECT_TRUE(wire_.offloaded());
  EXPECT_EQ(wire_.message(0).msg_iovlen, 2 * kBurstDatagramsMax);
  wire_.prepare(slot_, net::IpAddress{}, false);
  EXPECT_EQ(wire_.message_count(), kBurstDatagramsMax);
}

}  // namespace
}  // namespace rackcast::io
