#include "core/engine/tftp/fair_queue.h"

#include <gtest/gtest.h>

#include <array>
#include <map>
#include <vector>

#include "core/engine/tftp/machine_rates.h"

namespace rackcast::engine::tftpd {
namespace {

class TftpFairQueue : public ::testing::Test {
 protected:
  // Transfer `index` of machine `host`, which sends `bytes` at a time.
  void add(TransferIndex index, std::uint8_t host, std::uint64_t bytes) {
    all[index].to.peer = {net::Ipv4Address(10, 0, 0, host), net::UdpPort(static_cast<std::uint16_t>(1'000 + index))};
    host_of[index] = host;
    bytes_of[index] = bytes;
    queue.push(index);
  }
  // Serves until about `total` bytes went out; everybody asks again at once. By machine.
  std::map<int, std::uint64_t> serve(std::uint64_t total) {
    std::map<int, std::uint64_t> sent;
    for (std::uint64_t gone = 0; gone < total;) {
      const TransferIndex index = queue.serve([&](TransferIndex first) { return bytes_of[first]; });
      if (index == kNoTransfer) break;
      sent[host_of[index]] += bytes_of[index];
      gone += bytes_of[index];
      queue.push(index);
      queue.served(index, bytes_of[index]);
    }
    return sent;
  }
  // Whose turn it is finds no slot.
  TransferIndex try_in_vain() {
    const TransferIndex index = queue.serve([&](TransferIndex first) { return bytes_of[first]; });
    if (index == kNoTransfer) return index;
    queue.push(index);
    queue.served(index, 0);
    return index;
  }
  [[nodiscard]] TransferIndex take() {
    const TransferIndex index = queue.serve([&](TransferIndex first) { return bytes_of[first]; });
    if (index != kNoTransfer) queue.served(index, bytes_of[index]);
    return index;
  }

  std::vector<Transfer> all = std::vector<Transfer>(32);
  std::array<int, 32> host_of{};
  std::array<std::uint64_t, 32> bytes_of{};
  FairQueue queue{all, 1};
};

TEST_F(TftpFairQueue, OldestFirstAmongEquals) {
  for (std::uint8_t i = 0; i < 5; ++i) add(i, static_cast<std::uint8_t>(i + 1), 1'472);
  for (TransferIndex i = 0; i < 5; ++i) EXPECT_EQ(take(), i);
  EXPECT_EQ(take(), kNoTransfer);
  EXPECT_TRUE(queue.empty());
}

TEST_F(TftpFairQueue, AMachineWithTenTransfersHasOneShare) {
  for (TransferIndex i = 0; i < 10; ++i) add(i, 1, 1'472);
  add(10, 2, 1'472);
  add(11, 3, 1'472);
  const auto sent = serve(3'000'000);
  for (const int host : {1, 2, 3}) EXPECT_NEAR(static_cast<double>(sent.at(host)), 1e6, 2e4) << host;
}

TEST_F(TftpFairQueue, WindowsAndLockStepShareByBytes) {
  add(0, 1, 64 * 1'000);
  add(1, 2, 1'472);
  const auto sent = serve(10'000'000);
  EXPECT_NEAR(static_cast<double>(sent.at(1)), 5e6, 1e5);
}

TEST_F(TftpFairQueue, WhoCouldNotSendStaysFirst) {
  add(0, 1, 1'472);
  add(1, 2, 1'472);
  ASSERT_EQ(try_in_vain(), 0U);
  EXPECT_TRUE(all[0].starved);
  EXPECT_EQ(take(), 0U);
  EXPECT_EQ(take(), 1U);
}

// Each try in vain used to give the next machine a quantum, and to take what the first had saved.
TEST_F(TftpFairQueue, TriesInVainMoveNobodysShare) {
  add(0, 1, 1'000);
  add(1, 2, 1'000);
  std::map<int, std::uint64_t> sent;
  for (int i = 0; i < 1'000; ++i) {
    for (int tries = 0; tries < 3; ++tries) (void)try_in_vain();
    for (const auto& [host, bytes] : serve(1'000)) sent[host] += bytes;
  }
  EXPECT_NEAR(static_cast<double>(sent[1]), 5e5, 5e3);
  EXPECT_NEAR(static_cast<double>(sent[2]), 5e5, 5e3);
}

TEST_F(TftpFairQueue, WhoEndsWhileItIsServedLeaves) {
  add(0, 1, 1'472);
  add(1, 1, 1'472);
  ASSERT_EQ(queue.serve([&](TransferIndex first) { return bytes_of[first]; }), 0U);
  EXPECT_FALSE(all[0].starved);
  queue.push(0);
  queue.remove(0);
  queue.served(0, 1'472);
  EXPECT_EQ(queue.size(), 1U);
  EXPECT_EQ(take(), 1U);
  EXPECT_TRUE(queue.empty());
}

TEST_F(TftpFairQueue, WhoLeavesTakesNobodysTurn) {
  for (std::uint8_t i = 0; i < 4; ++i) add(i, static_cast<std::uint8_t>(1 + i / 2), 1'472);
  queue.remove(0);
  queue.remove(3);
  EXPECT_FALSE(all[0].starved);
  EXPECT_EQ(queue.size(), 2U);
  EXPECT_EQ(take(), 1U);
  EXPECT_EQ(take(), 2U);
  EXPECT_TRUE(queue.empty());
}

TEST_F(TftpFairQueue, AsManyMachinesAsTransfersFit) {
  for (int round = 0; round < 3; ++round) {
    for (std::uint8_t i = 0; i < 32; ++i) add(i, static_cast<std::uint8_t>(i + 1 + 40 * round), 100);
    for (int i = 0; i < 32; ++i) EXPECT_NE(take(), kNoTransfer);
    EXPECT_TRUE(queue.empty());
  }
}

constexpr MonotonicTime kStart{std::chrono::seconds(100)};

// Asks every millisecond; what may be sent in a second.
std::uint64_t sent_in_a_second(std::uint32_t rate_mbit) {
  SharedRateBucket bucket;
  std::uint64_t bytes = 0;
  for (int ms = 0; ms < 1'000; ++ms) {
    const MonotonicTime now = kStart + std::chrono::milliseconds(ms);
    while (bucket.open(now)) {
      bucket.take(now, 11'776, rate_mbit);
      bytes += 11'776;
    }
  }
  return bytes;
}

TEST(TftpRateBucket, HoldsTheRate) {
  EXPECT_NEAR(static_cast<double>(sent_in_a_second(8)), 1e6, 5e4);
  EXPECT_NEAR(static_cast<double>(sent_in_a_second(800)), 1e8, 1e6);
}

TEST(TftpRateBucket, APauseIsNotFollowedByAFlood) {
  SharedRateBucket bucket;
  std::uint64_t bytes = 0;
  for (; bucket.open(kStart) && bytes < 1'000'000; bytes += 1'000) bucket.take(kStart, 1'000, 8);
  EXPECT_LE(bytes, 3'000U);  // two milliseconds' worth, and the one that overdraws
}

TEST(TftpMachineRates, EachMachineHasItsOwnAndTheOldestIsForgotten) {
  MachineRates rates(2, 1);
  const net::IpAddress a{net::Ipv4Address(10, 0, 0, 1)};
  const net::IpAddress b{net::Ipv4Address(10, 0, 0, 2)};
  const net::IpAddress c{net::Ipv4Address(10, 0, 0, 3)};
  EXPECT_LE(rates.reserve(kStart, a, 10'000, 8), kStart);
  EXPECT_LE(rates.reserve(kStart, b, 10'000, 8), kStart);
  EXPECT_EQ(rates.reserve(kStart, a, 10'000, 8), kStart + std::chrono::milliseconds(8));
  EXPECT_EQ(rates.reserve(kStart, a, 10'000, 8), kStart + std::chrono::milliseconds(18));
  EXPECT_LE(rates.reserve(kStart, c, 10'000, 8), kStart);                                  // in b's place
  EXPECT_EQ(rates.reserve(kStart, a, 10'000, 8), kStart + std::chrono::milliseconds(28));  // kept
  EXPECT_LE(rates.reserve(kStart, b, 10'000, 8), kStart);                                  // anew
}

}  // namespace
}  // namespace rackcast::engine::tftpd
