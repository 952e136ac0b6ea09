// What becomes of transfers when the server is told to stop.
#include "tests/core/engine/tftp/tftp_engine_fixture.h"

namespace rackcast::engine {
namespace {

using std::chrono::milliseconds;
using testing::random_bytes;

using TftpStop = TftpEngineTest;

TEST_F(TftpStop, APeerThatWasSilentIsNotWaitedFor) {
  reading(5, 1);
  pass_in_steps(milliseconds(1'600));
  EXPECT_EQ(sent_text(), "D1");
  complete(StopLane{});
  EXPECT_EQ(engine->in_flight(), 0U);
  EXPECT_EQ(count(Counter::kPeerSilent), 1U);
}

TEST_F(TftpStop, OneThatNeverAnsweredIsNotHeld) {
  open(file(random_bytes(5'000, 3)), {.blksize = 1'000});
  pass_in_steps(milliseconds(200));
  complete(StopLane{});
  EXPECT_EQ(engine->in_flight(), 1U) << "its ACK may be under way";
  pass_in_steps(tftpd::kStopSilenceMax);
  EXPECT_EQ(engine->in_flight(), 0U);
  EXPECT_EQ(count(Counter::kNeverAnswered), 1U);
}

TEST_F(TftpStop, ALostBlockIsStillMended) {
  reading(5, 1);
  complete(StopLane{});
  pass_in_steps(milliseconds(1'050));
  EXPECT_EQ(sent_text(), "D1");
  ack(1);
  EXPECT_EQ(sent_text(), "D2");
  pass_in_steps(milliseconds(1'050));
  EXPECT_EQ(sent_text(), "D2") << "its silence is counted anew";
  pass_in_steps(milliseconds(500));
  EXPECT_EQ(engine->in_flight(), 0U);
  EXPECT_EQ(count(Counter::kTimeouts), 2U);
}

TEST_F(TftpStop, APeerThatMovesOnGetsEverything) {
  reading(5, 1);
  complete(StopLane{});
  for (std::uint16_t block = 1; block <= 5; ++block) {
    pass_in_steps(milliseconds(900));
    (void)sent();
    ack(block);
  }
  EXPECT_EQ(sent_text(), "D6");
  pass_in_steps(tftpd::kStopSilenceMax);
  EXPECT_EQ(count(Counter::kDoneUnconfirmed), 1U) << "only the last ACK did not come";
}

TEST_F(TftpStop, WhatWaitsForItsImageIsLetGo) {
  rrq("file");
  EXPECT_EQ(engine->in_flight(), 1U);
  complete(StopLane{});
  EXPECT_EQ(engine->in_flight(), 0U);
  EXPECT_EQ(count(Counter::kDroppedStopping), 1U);
  loaded(file(random_bytes(600, 1)));
  EXPECT_EQ(sent_text(), "");
}

}  // namespace
}  // namespace rackcast::engine
