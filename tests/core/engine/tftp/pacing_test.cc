// Bursts in parts: after loss, and under caps.
#include "tests/core/engine/tftp/tftp_engine_fixture.h"

namespace rackcast::engine {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::random_bytes;

class TftpPacing : public TftpEngineTest {
 protected:
  void reading(std::size_t blocks, std::uint64_t window) {
    open(file(random_bytes(blocks * 1'000, 3)), {.blksize = 1'000, .windowsize = window});
    (void)sent();
    ack(0);
    (void)sent();
  }
  // What follows by ticks, each in brackets, until nothing more does.
  std::string by_ticks() {
    std::string text = "[" + sent_text() + "]";
    for (;;) {
      pass_in_steps(milliseconds(1));
      const std::string more = sent_text();
      if (more.empty()) return text;
      text += "[" + more + "]";
    }
  }
  void clean_windows(int count) {
    for (int i = 0; i < count; ++i) {
      at += 8;
      ack(at);
      pass_in_steps(milliseconds(10));
      (void)sent();
    }
  }
  std::uint16_t at = 0;
};

TEST_F(TftpPacing, AReportedGapHalvesTheBurstAndTheRestOfTheWindowFollowsByTicks) {
  reading(1'000, 8);
  ack(2);
  EXPECT_EQ(by_ticks(), "[D3 D4 D5 D6][D7 D8 D9 D10]");
  EXPECT_EQ(count(Counter::kBurstsHalved), 1U);
  EXPECT_EQ(count(Counter::kPauses), 1U);
  ack(10);
  EXPECT_EQ(by_ticks(), "[D11 D12 D13 D14][D15 D16 D17 D18]");
  ack(12);
  EXPECT_EQ(by_ticks(), "[D13 D14][D15 D16][D17 D18][D19 D20]");
  EXPECT_EQ(count(Counter::kBurstsHalved), 2U);
}

TEST_F(TftpPacing, ATimeoutHalvesTheBurst) {
  reading(1'000, 8);
  pass_in_steps(milliseconds(1'000));
  EXPECT_EQ(by_ticks(), "[D1 D2 D3 D4][D5 D6 D7 D8]");
  EXPECT_EQ(count(Counter::kBurstsHalved), 1U);
}

TEST_F(TftpPacing, EightCleanWindowsRestoreIt) {
  reading(1'000, 8);
  ack(8);
  (void)sent();
  ack(8);  // 9 was lost
  EXPECT_EQ(by_ticks(), "[D9 D10 D11 D12][D13 D14 D15 D16]");
  at = 8;
  clean_windows(1);  // that of the loss is none
  clean_windows(7);
  EXPECT_EQ(count(Counter::kBurstsRestored), 0U);
  at += 8;
  ack(at);
  EXPECT_EQ(sent_text(), "D81 D82 D83 D84 D85 D86 D87 D88");
  EXPECT_EQ(count(Counter::kBurstsRestored), 1U);
  EXPECT_GT(engine->next_deadline(), now.monotonic + milliseconds(5));
}

TEST_F(TftpPacing, AnAckDuringAPauseDoesNotShortenIt) {
  reading(1'000, 8);
  ack(2);
  EXPECT_EQ(sent_text(), "D3 D4 D5 D6");
  ack(4);
  EXPECT_EQ(sent_text(), "");
  EXPECT_EQ(by_ticks(), "[][D7 D8 D9 D10][D11 D12]");
}

TEST_F(TftpPacing, ATransferThatEndsInAPauseLeavesNoTimer) {
  reading(1'000, 8);
  ack(2);
  error(tftp::ErrorCode::kUndefined, "no more");
  (void)sent();
  pass_in_steps(milliseconds(50));
  EXPECT_EQ(sent_text(), "");
  EXPECT_EQ(engine->in_flight(), 0U);
}

TEST_F(TftpPacing, LockStepIsNeverHalvedNorPaused) {
  open(file(random_bytes(5'000, 1)), {.blksize = 1'000});
  (void)sent();
  ack(0);
  (void)sent();
  pass_in_steps(milliseconds(3'100));
  EXPECT_EQ(sent_text(), "D1 D1");
  EXPECT_EQ(count(Counter::kBurstsHalved), 0U);
  EXPECT_EQ(count(Counter::kPauses), 0U);
}

}  // namespace
}  // namespace rackcast::engine
