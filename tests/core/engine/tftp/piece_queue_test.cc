// A full queue of the image store holds up those that need it, and nobody else.
#include "tests/core/engine/tftp/tftp_engine_fixture.h"

namespace rackcast::engine {
namespace {

using testing::random_bytes;

TEST_F(TftpEngineTest, AFullPieceQueueHoldsUpNobodyThatNeedsNoDisk) {
  open(file(random_bytes(100'000, 1), false), {.blksize = 1'000}, peer(1));
  EXPECT_EQ(sent_text(), "O");
  const SocketId waiting = tid;
  rrq("small", {}, peer(2));
  loaded(file(random_bytes(5'000, 2)));
  EXPECT_EQ(sent_text(), "D1");
  const SocketId resident = tid;
  harness.router.full = true;
  ack_at(waiting, 0, peer(1));
  EXPECT_EQ(count(Counter::kDroppedLoadQueueFull), 1U);
  for (std::uint16_t block = 1; block <= 9; ++block) {
    ack_at(resident, block, peer(2));
    EXPECT_EQ(sent_text(), "D" + std::to_string(block + 1));
    pass(tftpd::kSlotRetry);
  }
  ack_at(resident, 10, peer(2));
  EXPECT_EQ(count(Counter::kDone), 1U);
  EXPECT_EQ(count(Counter::kSlotsExhausted), 0U);
}

TEST_F(TftpEngineTest, WhoWaitsForTheQueueAsksOnlyNowAndThen) {
  open(file(random_bytes(100'000, 1), false), {.blksize = 1'000});
  (void)sent();
  harness.router.full = true;
  ack(0);
  for (int i = 0; i < 10; ++i) {
    ack(0);  // it is impatient
    pass(std::chrono::milliseconds(20));
  }
  EXPECT_EQ(count(Counter::kDroppedLoadQueueFull), 1U);
  harness.router.full = false;
  pass_in_steps(tftpd::kBusyAskAgain);
  EXPECT_EQ(count(Counter::kPiecesAsked), 1U);
}

}  // namespace
}  // namespace rackcast::engine
