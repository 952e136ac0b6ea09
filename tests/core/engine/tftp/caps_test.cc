// Caps and weak cards in virtual time: [tftp] rate_mbit and rate_mbit_per_machine hold, and nobody starves under them.
#include <gtest/gtest.h>

#include "tests/core/engine/tftp/tftp_world.h"

namespace rackcast::engine {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::random_bytes;
using testing::ReaderPlan;
using testing::TftpReader;
using testing::TftpWorld;
using tftpd::Counter;

ReaderPlan windows(std::uint16_t window) {
  ReaderPlan plan{.file = "file"};
  plan.habits = {.options = testing::kAskWindow,
                 .blksize = 1'456,
                 .windowsize = window,
                 .unexpected = sim::UnexpectedBlock::kAckOncePerGap};
  return plan;
}

// Seconds until all are done.
double run(TftpWorld& world) {
  const MonotonicTime start = world.now.monotonic;
  world.run(std::chrono::minutes(10));
  EXPECT_TRUE(world.all_done());
  return std::chrono::duration<double>(world.now.monotonic - start).count();
}

TEST(TftpCaps, TheTotalHoldsWithinFivePercent) {
  for (const std::uint16_t window : {std::uint16_t{1}, std::uint16_t{8}, std::uint16_t{64}}) {
    TftpConfig tftp;
    tftp.rate_mbit = 20;
    TftpWorld world(1, {}, tftp);
    world.add_file("file", random_bytes(1'000'000, 1));
    for (int i = 0; i < 10; ++i) world.add_client(windows(window));
    EXPECT_NEAR(run(world), 4.0, 0.2) << window;
    EXPECT_GT(world.count(Counter::kTotalRateWaits), 0U);
    EXPECT_EQ(world.count(Counter::kFloorBursts), 0U);
  }
}

TEST(TftpCaps, ThatOfAMachineHoldsForItsTransfersTogether) {
  TftpConfig tftp;
  tftp.rate_mbit_per_machine = 8;
  TftpWorld world(1, {}, tftp);
  world.add_file("file", random_bytes(1'000'000, 1));
  for (int i = 0; i < 3; ++i) world.add_client(windows(16));
  EXPECT_NEAR(run(world), 1.0, 0.05);
  const net::Endpoint here = TftpWorld::endpoint_of(9);
  for (std::uint16_t i = 0; i < 2; ++i)
    world.add_client(windows(16), {here.address, net::UdpPort(static_cast<std::uint16_t>(3'000 + i))});
  EXPECT_NEAR(run(world), 2.0, 0.1);
}

TEST(TftpCaps, ThatOfANetworkHoldsForItsMachinesTogetherAndForNoOthers) {
  TftpConfig tftp;
  tftp.networks.push_back({*net::IpPrefix::parse("10.0.0.0/30"), 8});
  TftpWorld world(1, {}, tftp);
  world.add_file("file", random_bytes(1'000'000, 1));
  const auto endpoint = [](std::uint32_t host) {
    return net::Endpoint{net::IpAddress(net::Ipv4Address(0x0A00'0000U + host)), net::UdpPort(3'000)};
  };
  for (std::uint32_t i = 1; i <= 3; ++i) world.add_client(windows(16), endpoint(i));
  EXPECT_NEAR(run(world), 3.0, 0.15);
  EXPECT_GT(world.count(Counter::kPauses), 0U);
  for (std::uint32_t i = 101; i <= 103; ++i) world.add_client(windows(16), endpoint(i));
  EXPECT_LT(run(world), 0.5);
}

// Under a cap in total ten transfers of one machine get what one transfer of another gets.
TEST(TftpCaps, TenTransfersOfOneMachineHaveOneShare) {
  TftpConfig tftp;
  tftp.rate_mbit = 16;
  TftpWorld world(1, {}, tftp);
  world.add_file("file", random_bytes(1'000'000, 1));
  const net::IpAddress greedy = TftpWorld::endpoint_of(9).address;
  for (std::uint16_t i = 0; i < 10; ++i)
    world.add_client(windows(8), {greedy, net::UdpPort(static_cast<std::uint16_t>(3'000 + i))});
  const TftpReader& modest = world.add_client(windows(8));
  const MonotonicTime start = world.now.monotonic;
  for (int i = 0; i < 1'000 && !modest.done(); ++i) world.run_for(milliseconds(10));
  // Half of 16 Mbit/s for a million bytes is one second; a share for each transfer would make it five and a half.
  EXPECT_NEAR(std::chrono::duration<double>(world.now.monotonic - start).count(), 1.0, 0.15);
}

TEST(TftpCaps, NobodyFallsBelowAThousandBytesASecond) {
  TftpConfig tftp;
  tftp.rate_mbit = 1;
  TftpWorld world(1, {}, tftp);
  world.add_file("file", random_bytes(30'000, 1));
  for (int i = 0; i < 400; ++i) world.add_client(windows(i % 2 == 0 ? 1 : 8));
  EXPECT_LE(run(world), 30.0);
  EXPECT_GT(world.count(Counter::kFloorBursts), 0U);
}

// A port that holds 8 datagrams and drains at 100 Mbit/s: a window of 64 in one go loses 50 and more each time.
TEST(TftpPacingWorld, AWeakCardIsNotOverrunAgainAndAgain) {
  TftpWorld world;
  world.faults.rate_bits_per_second = 100'000'000;
  world.faults.queue_bytes_max = std::size_t{8} * 1'500;
  world.add_file("file", random_bytes(4'000'000, 1));
  world.add_client(windows(64));
  EXPECT_LT(run(world), 10.0);
  EXPECT_GT(world.count(Counter::kBurstsHalved), 2U);
  EXPECT_LT(world.count(Counter::kBlocksResent), world.count(Counter::kBlocksSent) / 4);
}

TEST(TftpCaps, ATransferWithoutCapsIsNotPaced) {
  TftpWorld world;
  world.add_file("file", random_bytes(1'000'000, 1));
  world.add_client(windows(16));
  (void)run(world);
  EXPECT_EQ(world.count(Counter::kPauses), 0U);
}

}  // namespace
}  // namespace rackcast::engine
