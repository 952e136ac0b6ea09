#include <algorithm>

#include "tests/core/engine/tftp/tftp_engine_fixture.h"

namespace rackcast::engine {
namespace {

using std::chrono::milliseconds;
using testing::bytes_of;
using testing::random_bytes;

TEST_F(TftpEngineTest, ATransferTellsItsStartAndItsEnd) {
  open(file(random_bytes(600, 1)));
  (void)sent();
  ack(1);
  ack(2);
  ASSERT_EQ(kinds(), (std::vector{EventKind::kTransferStarted, EventKind::kTransferDone}));
  const Event& started = events()[0];
  const Event& done = events()[1];
  EXPECT_EQ(started.protocol, Protocol::kTftp);
  EXPECT_EQ(started.address, peer().address);
  EXPECT_EQ(started.path.view(), "file");
  EXPECT_EQ(started.bytes_total, 600U);
  EXPECT_EQ(started.bytes_done, 0U);
  EXPECT_EQ(started.at, now.wall);
  EXPECT_NE(started.transfer, 0U);
  EXPECT_EQ(done.transfer, started.transfer);
  EXPECT_EQ(done.bytes_done, 600U);
}

TEST_F(TftpEngineTest, TransfersOfAllLanesHaveDifferentIds) {
  open(file(bytes_of("x")));
  rrq("file", {}, peer(2));
  EXPECT_NE(events()[0].transfer, events()[1].transfer);
  Sink other_lane(harness.io, harness.pins, harness.events, harness.router, LaneId{5});
  const auto payload = request("file");
  engine->on_datagram(now, datagram(kListener, payload, peer(3)), other_lane);
  EXPECT_NE(events()[2].transfer >> 48U, events()[0].transfer >> 48U);
}

TEST_F(TftpEngineTest, ProgressIsCoarseInTimeAndInBytes) {
  open(file(random_bytes(1'000'000, 1)), {.blksize = 1'000});
  (void)sent();
  for (std::uint16_t block = 0; block < 900; ++block) {
    ack(block);
    (void)sent();
    pass(milliseconds(2));  // 500 KB/s: 5 % each 100 ms, 1.8 s in all
  }
  const auto all = kinds();
  const auto progress = std::count(all.begin(), all.end(), EventKind::kTransferProgress);
  EXPECT_GE(progress, 2);
  EXPECT_LE(progress, 3);
}

TEST_F(TftpEngineTest, SlowProgressIsNotToldBelowATwentieth) {
  open(file(random_bytes(1'000'000, 1)), {.blksize = 1'000});
  (void)sent();
  for (std::uint16_t block = 0; block < 100; ++block) {
    ack(block);
    (void)sent();
    pass(milliseconds(600));
  }
  const auto all = kinds();
  EXPECT_EQ(std::count(all.begin(), all.end(), EventKind::kTransferProgress), 1);
}

TEST_F(TftpEngineTest, RetransmitsAreTold) {
  open(file(random_bytes(1'500, 1)));
  (void)sent();
  pass_in_steps(milliseconds(1'050));
  ack(1);
  ack(2);
  ack(3);
  EXPECT_EQ(events().back().kind, EventKind::kTransferDone);
  EXPECT_EQ(events().back().retransmits, 1U);
}

TEST_F(TftpEngineTest, ARefusalThatIsNotLoggedSilencesNoOther) {
  TftpConfig tftp;
  tftp.admission.no_access = {*net::IpPrefix::parse("10.0.0.9")};
  tftp.admission.log_on_failure = false;
  build(std::move(tftp));
  rrq("file", {}, peer(9));
  ASSERT_EQ(kinds(), std::vector{EventKind::kRefused});
  EXPECT_TRUE(events()[0].quiet);
  open(file(bytes_of("x")));
  ack(1);
  ASSERT_EQ(events().size(), 3U);
  EXPECT_FALSE(events()[1].quiet);
  EXPECT_FALSE(events()[2].quiet);
}

TEST_F(TftpEngineTest, GarbageAndStraysMakeNoEvent) {
  give(kListener, bytes_of("nonsense"), peer());
  ack_at(SocketId{1}, 5, peer(7));
  EXPECT_TRUE(events().empty());
}

}  // namespace
}  // namespace rackcast::engine
