// Bursts: the same datagrams on the wire with and without segmentation offload, blocks larger than the MTU included.
#include <algorithm>

#include "tests/conformance/suite.h"

namespace rackcast::testing {
namespace {

// A window of TFTP DATA: 4 header bytes and a slice of the image each, the last one perhaps shorter.
struct Window {
  std::size_t block_bytes;
  std::size_t count;
  std::vector<std::byte> image;

  Window(std::size_t block, std::size_t blocks, std::size_t last)
      : block_bytes(block), count(blocks), image(pattern(block * (blocks - 1) + last, static_cast<unsigned>(block))) {}

  [[nodiscard]] std::span<const std::byte> block(std::size_t index) const {
    const auto rest = std::span(image).subspan(index * block_bytes);
    return rest.first(std::min(block_bytes, rest.size()));
  }
  [[nodiscard]] static std::array<std::byte, 4> header(std::size_t index) {
    return {std::byte{0}, std::byte{3}, std::byte{0}, static_cast<std::byte>(index + 1)};
  }
  [[nodiscard]] std::vector<std::byte> datagram(std::size_t index) const {
    const auto head = header(index);
    std::vector<std::byte> whole(head.begin(), head.end());
    whole.insert(whole.end(), block(index).begin(), block(index).end());
    return whole;
  }
};

void commit(PacketIo& io, const Window& window, const Destination& to, PinId pin) {
  TxSlot* slot = io.reserve();
  ASSERT_NE(slot, nullptr);
  slot->destination = to;
  slot->pin = pin;
  for (std::size_t i = 0; i < window.count; ++i) {
    std::ranges::copy(Window::header(i), slot->header_room().begin());
    slot->add(4, window.block(i));
  }
  io.commit(slot);
}

void expect_window(Peer& peer, const Window& window) {
  for (std::size_t i = 0; i < window.count; ++i) {
    const auto got = peer.receive();
    ASSERT_TRUE(got.has_value()) << "datagram " << i << " of " << window.count;
    ASSERT_EQ(got->payload, window.datagram(i)) << "datagram " << i;
  }
}

struct Shape {
  std::size_t block_bytes;
  std::size_t count;
  std::size_t last_bytes;
};

TEST_P(PacketIoConformance, SendsAWindowAsIdenticalDatagrams) {
  for (const Shape shape :
       {Shape{1'024, 16, 100}, Shape{1'468, 44, 1'468}, Shape{512, 64, 0}, Shape{8, 2, 8}, Shape{1'400, 1, 1'400}}) {
    SCOPED_TRACE(::testing::Message() << shape.count << " blocks of " << shape.block_bytes);
    open({any_port()});
    const Window window(shape.block_bytes, shape.count, shape.last_bytes);
    const auto peer = open_peer();
    commit(io(), window, to_peer(*peer), PinId{7});
    EXPECT_EQ(push_and_reap(io(), 1), std::vector<PinId>{PinId{7}});
    expect_window(*peer, window);
    EXPECT_FALSE(peer->receive_soon().has_value());
    EXPECT_EQ(io().stats().datagrams_sent, window.count);
    EXPECT_EQ(io().stats().bytes_sent, window.image.size() + 4 * window.count);
    EXPECT_EQ(io().stats().bursts_offloaded, GetParam().offload && shape.count > 1 ? 1U : 0U);
  }
}

TEST_P(PacketIoConformance, SendsBlocksLargerThanTheMtuOneByOneAndRemembers) {
  open({any_port()});
  const Window large(8'000, 4, 8'000);
  const auto peer = open_peer();
  for (int round = 0; round < 3; ++round) {
    commit(io(), large, to_peer(*peer), PinId{9});
    ASSERT_EQ(push_and_reap(io(), 1).size(), 1U);
    expect_window(*peer, large);
  }
  EXPECT_LE(io().stats().offload_refused, 1U) << "refused once, remembered afterwards";
  EXPECT_EQ(io().stats().bursts_offloaded, 0U);
  EXPECT_EQ(io().stats().send_failed, 0U);

  // Smaller blocks are still segmented on that way.
  const Window small(1'024, 8, 1'024);
  commit(io(), small, to_peer(*peer), kNoPin);
  push(io());
  expect_window(*peer, small);
  EXPECT_EQ(io().stats().bursts_offloaded, GetParam().offload ? 1U : 0U);
}

TEST_P(PacketIoConformance, SendsHeaderOnlyBurstsToo) {
  open({any_port()});
  const auto peer = open_peer();
  TxSlot* slot = io().reserve();
  ASSERT_NE(slot, nullptr);
  slot->destination = to_peer(*peer);
  for (unsigned i = 0; i < 3; ++i) {
    std::ranges::copy(pattern(300, i), slot->header_room().begin());
    slot->add(300);
  }
  EXPECT_EQ(slot->header_room().size(), kSlotHeaderBytes - 900);
  io().commit(slot);
  push(io());
  for (unsigned i = 0; i < 3; ++i) {
    const auto got = peer->receive();
    ASSERT_TRUE(got.has_value());
    EXPECT_EQ(got->payload, pattern(300, i));
  }
}

TEST_P(PacketIoConformance, InterleavedBurstsToSeveralPeersArriveWhole) {
  open({any_port()});
  const Window window(700, 20, 33);
  std::vector<std::unique_ptr<Peer>> peers;
  for (std::uint8_t i = 1; i <= 10; ++i) peers.push_back(world_->open_peer(World::machine_address(i), net::UdpPort{0}));
  // The way back to these machines is learnt from what they ask.
  for (const auto& peer : peers) peer->send(server(), bytes_of("read"));
  const auto asked = collect(io(), peers.size());
  ASSERT_EQ(asked.size(), peers.size());
  for (int round = 0; round < 3; ++round) {
    for (const auto& peer : peers) commit(io(), window, to_peer(*peer), PinId{1});
  }
  EXPECT_EQ(push_and_reap(io(), 30).size(), 30U);
  for (const auto& peer : peers) {
    for (int round = 0; round < 3; ++round) expect_window(*peer, window);
  }
}

}  // namespace
}  // namespace rackcast::testing
