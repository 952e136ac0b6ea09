// Whole transfers through a bad network, in virtual time, replayable from a seed.
#include <gtest/gtest.h>

#include "proto/tftp/encode.h"
#include "tests/core/engine/tftp/tftp_world.h"
#include "tools/sim/machines/profiles/habits.h"

namespace rackcast::engine {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::random_bytes;
using testing::ReaderPlan;
using testing::TftpWorld;
using tftpd::Counter;

ReaderPlan plain(std::string name) {
  return {.file = std::move(name), .habits = sim::habits::kPlainTftp};
}

ReaderPlan ipxe(std::string name) {
  return {.file = std::move(name), .habits = sim::habits::kIpxeTftp, .retry = milliseconds(250), .tries = 40};
}

ReaderPlan edk2(std::string name, std::uint16_t window = 4) {
  ReaderPlan plan{.file = std::move(name), .habits = sim::habits::kEdk2Tftp};
  plan.habits.size_probe = sim::SizeProbe::kNone;  // one transfer each
  plan.habits.windowsize = window;
  return plan;
}

// Never repeats an ACK: recovery is wholly the server's.
ReaderPlan grub(std::string name) {
  return {.file = std::move(name), .habits = sim::habits::kGrubTftp, .retry = seconds(30)};
}

// Reports a gap once, not for each block behind it.
ReaderPlan windows(std::string name, std::uint16_t window = 8) {
  ReaderPlan plan{.file = std::move(name)};
  plan.habits = {.options = testing::kAskWindow,
                 .blksize = 1'456,
                 .windowsize = window,
                 .unexpected = sim::UnexpectedBlock::kAckOncePerGap};
  return plan;
}

void expect_whole(TftpWorld& world) {
  for (const auto& seat : world.seats) {
    ASSERT_TRUE(seat->client.has(world.files.at("file")->content()))
        << "client " << seat->endpoint.text().view() << " has " << seat->client.bytes()
        << " bytes: " << seat->client.why() << "; never answered " << world.count(Counter::kNeverAnswered)
        << ", silent " << world.count(Counter::kPeerSilent);
  }
  EXPECT_EQ(world.engine->in_flight(), 0U);
  EXPECT_EQ(world.pins_after_rest(), 0U);
}

TEST(TftpNetwork, EveryKindOfClientReadsAWholeFileWithoutLoss) {
  TftpWorld world;
  world.add_file("file", random_bytes(300'000, 1));
  for (auto profile :
       {plain("file"), ipxe("/file"), edk2("\\file"), edk2("file", 64), grub("//file"), windows("file", 16)})
    world.add_client(profile);
  world.run();
  expect_whole(world);
  EXPECT_EQ(world.count(Counter::kBlocksResent), 0U);
  EXPECT_EQ(world.count(Counter::kDone), 6U);
  EXPECT_EQ(world.events(EventKind::kTransferFailed), 0U);
}

struct Sweep {
  double loss;
  double duplicate;
  milliseconds reorder_delay;  // of every third packet
  bool patient_only =
      false;  // leave out who never repeats an ACK: at such loss six server tries are sometimes not enough
};

class TftpLossSweep : public ::testing::TestWithParam<Sweep> {};

TEST_P(TftpLossSweep, EveryTransferEndsByteIdentical) {
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    TftpWorld world(seed);
    world.add_file("file", random_bytes(60'000, seed));
    world.faults.loss = GetParam().loss;
    world.faults.duplicate = GetParam().duplicate;
    world.faults.reorder = GetParam().reorder_delay > milliseconds(0) ? 1.0 / 3 : 0;
    world.faults.reorder_delay = GetParam().reorder_delay;
    for (auto profile : {plain("file"), ipxe("file"), edk2("file"), edk2("file", 16), grub("file"), windows("file")}) {
      if (GetParam().patient_only && !profile.habits.repeats_acks) continue;
      profile.tries = 200;  // patience is not what is tested
      world.add_client(profile);
    }
    world.run(minutes(120));
    SCOPED_TRACE("seed " + std::to_string(seed));
    expect_whole(world);
  }
}

INSTANTIATE_TEST_SUITE_P(Faults, TftpLossSweep,
                         ::testing::Values(Sweep{0.01, 0, milliseconds(0)}, Sweep{0.05, 0.05, milliseconds(1)},
                                           Sweep{0.10, 0.10, milliseconds(5)}, Sweep{0, 0.5, milliseconds(0)},
                                           Sweep{0, 0, milliseconds(20)}, Sweep{0.20, 0.02, milliseconds(2), true},
                                           Sweep{0.30, 0, milliseconds(0), true}));

TEST(TftpNetwork, DuplicationDoesNotBreed) {
  // Each packet twice, both ways: no more than a bounded factor may be sent, whatever the window.
  for (const std::uint16_t window : {std::uint16_t{1}, std::uint16_t{4}, std::uint16_t{16}}) {
    TftpWorld world(3);
    world.add_file("file", random_bytes(600'000, 1));
    world.faults.duplicate = 1;
    world.add_client(edk2("file", window));
    world.run();
    expect_whole(world);
    const std::uint64_t blocks = 600'000 / 1'468 + 1;
    EXPECT_LT(world.count(Counter::kBlocksSent), blocks * 2) << "window " << window;
  }
}

TEST(TftpNetwork, ASingleDuplicatedAckCostsAtMostOneWindow) {
  TftpWorld world(1);
  world.add_file("file", random_bytes(2'000'000, 1));
  auto& client = world.add_client(edk2("file", 16));
  world.run_for(milliseconds(50));
  ASSERT_GT(client.bytes(), 100'000U);
  // Repeat the client's last ACK once.
  const std::uint64_t got = client.bytes() / 1'468;
  std::array<std::byte, 4> room;
  world.inject(world.seats[0]->endpoint, world.seats[0]->server,
               tftp::encode_ack(room, tftp::to_wire(tftp::BlockIndex(got / 16 * 16), tftp::Rollover::kToZero)));
  world.run();
  expect_whole(world);
  EXPECT_LE(world.count(Counter::kBlocksResent), 32U);
}

TEST(TftpNetwork, BlockNumbersWrapUnderLossAndWindow) {
  TftpWorld world(5);
  world.add_file("file", random_bytes(600'000, 1));  // 75 001 blocks of 8
  world.faults.loss = 0.0005;
  ReaderPlan plan{.file = "file", .habits = {.options = testing::kAskWindow, .blksize = 8, .windowsize = 64}};
  world.add_client(plan);
  plan.habits.options = testing::kAskBlksize;
  plan.habits.windowsize = 1;
  world.faults.loss = 0.0002;
  world.add_client(plan);
  world.run(minutes(120));
  expect_whole(world);
}

TEST(TftpNetwork, FilesAboveTheBudgetArriveWholeUnderLoss) {
  TftpWorld world(9);
  world.add_file("file", random_bytes(700'000, 1), false);
  world.faults.loss = 0.03;
  for (auto profile : {ipxe("file"), edk2("file", 4), edk2("file", 64), windows("file", 16)}) {
    profile.tries = 100;
    world.add_client(profile);
  }
  world.run(minutes(120));
  expect_whole(world);
}

TEST(TftpNetwork, OneDeadClientDoesNotSlowAnother) {
  TftpWorld world(2);
  world.add_file("file", random_bytes(500'000, 1));
  for (int i = 0; i < 50; ++i) {
    auto dead = edk2("file");
    dead.tries = 1;  // asks once and is gone
    world.add_client(dead, TftpWorld::endpoint_of(1'000 + static_cast<std::size_t>(i)));
    world.seats.back()->deaf = true;
  }
  auto& live = world.add_client(edk2("file"));
  world.run_for(seconds(5));
  EXPECT_TRUE(live.done()) << live.why();
  world.run();
  EXPECT_EQ(world.engine->in_flight(), 0U);
  EXPECT_EQ(world.count(Counter::kNeverAnswered), 50U);
}

TEST(TftpNetwork, BackPressureLosesNothingAndResendsNothing) {
  TftpWorld world(4);
  world.add_file("file", random_bytes(300'000, 1));
  // The only slots there are come and go: two for forty clients.
  std::vector<TxSlot*> taken;
  while (TxSlot* const slot = world.harness.io.reserve()) taken.push_back(slot);
  for (int i = 0; i < 2; ++i) {
    world.harness.io.cancel(taken.back());
    taken.pop_back();
  }
  for (int i = 0; i < 40; ++i) world.add_client(edk2("file", 16));
  world.run();
  expect_whole(world);
  EXPECT_EQ(world.count(Counter::kBlocksResent), 0U);
}

TEST(TftpNetwork, AReplacedFileGivesOldBytesWholeThenTheNew) {
  TftpWorld world(6);
  const auto old_bytes = random_bytes(400'000, 1);
  const auto new_bytes = random_bytes(300'000, 2);
  world.add_file("file", old_bytes);
  auto& early = world.add_client(edk2("file"));
  world.run_for(milliseconds(5));
  ASSERT_TRUE(early.is_reading());
  world.add_file("file", new_bytes);
  world.epoch.bump();
  auto& late = world.add_client(edk2("file"));
  world.run();
  EXPECT_TRUE(early.has(old_bytes)) << early.why();
  EXPECT_TRUE(late.has(new_bytes)) << late.why();
}

TEST(TftpNetwork, ManyClientsFinish) {
  TftpWorld world(8);
  world.add_file("file", random_bytes(30'000, 1));
  world.faults.loss = 0.01;
  for (int i = 0; i < 300; ++i) {
    auto profile = i % 2 == 0 ? ipxe("file") : edk2("file");
    profile.tries = 50;
    world.add_client(profile);
  }
  world.run(minutes(60));
  expect_whole(world);
}

TEST(TftpNetwork, TheSameSeedGivesTheSameRun) {
  const auto run = [](std::uint64_t seed) {
    TftpWorld world(seed);
    world.add_file("file", random_bytes(100'000, 1));
    world.faults = {.loss = 0.05, .duplicate = 0.05, .reorder = 0.3, .reorder_delay = milliseconds(3)};
    for (int i = 0; i < 5; ++i) world.add_client(ipxe("file"));
    world.run();
    return std::pair(world.datagrams_to_clients, world.now.monotonic);
  };
  EXPECT_EQ(run(11), run(11));
  EXPECT_NE(run(11), run(12));
}

}  // namespace
}  // namespace rackcast::engine
