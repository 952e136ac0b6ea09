// Images that are not resident: transfers whose pieces come from the store.
#include "tests/core/engine/tftp/tftp_engine_fixture.h"

namespace rackcast::engine {
namespace {

using testing::random_bytes;

class TftpPieces : public TftpEngineTest {
 protected:
  static constexpr std::uint64_t kPiece = 3'000;
  static constexpr std::uint64_t kOverlap = 1'000;
  std::shared_ptr<testing::HeapImage> whole = file(random_bytes(10'000, 5), false);

  void answer_piece() {
    ASSERT_EQ(harness.router.submitted.size(), 1U);
    const auto read = std::get<ReadPiece>(harness.router.submitted.front());
    harness.router.submitted.pop_front();
    (void)complete(
        PieceRead{read.ticket, PieceStatus::kRead, testing::piece_of(*whole, read.offset, kPiece, kOverlap)});
  }
  void answer_without_piece(PieceStatus status) {
    ASSERT_EQ(harness.router.submitted.size(), 1U);
    const auto read = std::get<ReadPiece>(harness.router.submitted.front());
    harness.router.submitted.pop_front();
    (void)complete(PieceRead{read.ticket, status, nullptr});
  }
};

TEST_F(TftpPieces, AWindowIsSentAsItsPiecesCome) {
  open(whole, {.blksize = 1'000, .windowsize = 8});
  (void)sent();
  ack(0);
  EXPECT_EQ(sent_text(), "");
  answer_piece();
  EXPECT_EQ(sent_text(), "D1 D2 D3 D4");
  answer_piece();
  EXPECT_EQ(sent_text(), "D5 D6 D7");
  answer_piece();
  EXPECT_EQ(sent_text(), "D8");
  EXPECT_TRUE(harness.router.submitted.empty());
}

TEST_F(TftpPieces, ArriveWholeAndEndWithAnEmptyBlock) {
  open(whole, {.blksize = 500});
  (void)sent();
  std::vector<std::byte> received;
  std::uint16_t next = 0;
  for (int steps = 0; steps < 200 && engine->in_flight() > 0; ++steps) {
    ack(next);
    if (!harness.router.submitted.empty()) answer_piece();
    for (const auto& one : sent()) {
      received.insert(received.end(), one.payload.begin() + 4, one.payload.end());
      next = tftp::parse_data(one.payload)->block.value();
    }
  }
  EXPECT_EQ(received, whole->content());
  EXPECT_EQ(next, 21);
  EXPECT_EQ(engine->in_flight(), 0U);
}

TEST_F(TftpPieces, GoingBackReadsTheEarlierPieceAgain) {
  open(whole, {.blksize = 1'000, .windowsize = 8});
  (void)sent();
  ack(0);
  answer_piece();
  answer_piece();
  (void)sent();
  ack(1);  // 2 was lost; the piece at hand begins later
  EXPECT_EQ(sent_text(), "");
  answer_piece();  // the third, asked for before
  answer_piece();  // the first again
  EXPECT_EQ(sent_text(), "D2 D3 D4");
}

TEST_F(TftpPieces, AtTheStopASlowStoreIsNotThePeersSilence) {
  open(whole, {.blksize = 1'000});
  (void)sent();
  ack(0);
  complete(StopLane{});
  pass_in_steps(std::chrono::seconds(3));
  EXPECT_EQ(engine->in_flight(), 1U);
  answer_piece();
  EXPECT_EQ(sent_text(), "D1");
  pass_in_steps(std::chrono::milliseconds(1'400));
  ack(1);
  EXPECT_EQ(engine->in_flight(), 1U);
}

TEST_F(TftpPieces, AFileThatChangedInPlaceEndsTheTransferWithAnError) {
  open(whole, {.blksize = 1'000});
  (void)sent();
  ack(0);
  answer_without_piece(PieceStatus::kChanged);
  EXPECT_EQ(sent_text(), "E0");
  EXPECT_EQ(count(Counter::kImageChanged), 1U);
  EXPECT_EQ(kinds().back(), EventKind::kTransferFailed);
}

TEST_F(TftpPieces, ADiskThatFailsIsNotAFileThatChanged) {
  open(whole, {.blksize = 1'000});
  (void)sent();
  ack(0);
  answer_without_piece(PieceStatus::kFailed);
  EXPECT_EQ(sent_text(), "E0");
  EXPECT_EQ(count(Counter::kReadFailed), 1U);
  EXPECT_EQ(count(Counter::kImageChanged), 0U);
}

TEST_F(TftpPieces, WhoFindsTheStoreBusyAsksAgainAndGoesOn) {
  open(whole, {.blksize = 1'000});
  (void)sent();
  ack(0);
  for (int i = 0; i < 3; ++i) {
    answer_without_piece(PieceStatus::kBusy);
    EXPECT_EQ(sent_text(), "");
    EXPECT_TRUE(harness.router.submitted.empty());
    pass(tftpd::kBusyAskAgain);
  }
  EXPECT_EQ(count(Counter::kPiecesBusy), 3U);
  answer_piece();
  EXPECT_EQ(sent_text(), "D1");
}

TEST_F(TftpPieces, WhoFindsTheStoreBusyLetsGoOfThePieceItHas) {
  open(whole, {.blksize = 1'000, .windowsize = 4});
  (void)sent();
  ack(0);
  answer_piece();
  EXPECT_EQ(sent_text(), "D1 D2 D3 D4");
  ack(4);
  const std::size_t pins = harness.pins.in_use();
  answer_without_piece(PieceStatus::kBusy);
  EXPECT_EQ(harness.pins.in_use(), pins - 1);
  // The client lacks what that piece held: it is read again when there is room.
  pass(tftpd::kBusyAskAgain);
  answer_piece();
  EXPECT_EQ(sent_text(), "D5 D6 D7");
}

TEST_F(TftpPieces, AStoreThatStaysBusyEndsTheTransferWithAReasonOfItsOwn) {
  open(whole, {.blksize = 1'000});
  (void)sent();
  ack(0);
  const MonotonicTime end = now.monotonic + tftpd::kImageWait;
  while (now.monotonic < end) {
    ASSERT_EQ(engine->in_flight(), 1U);
    answer_without_piece(PieceStatus::kBusy);
    pass(tftpd::kBusyAskAgain);
  }
  EXPECT_EQ(sent_text(), "E0");
  EXPECT_EQ(count(Counter::kBusyTimeout), 1U);
  EXPECT_EQ(count(Counter::kImageTimeout), 0U);
  EXPECT_EQ(engine->in_flight(), 0U);
}

TEST_F(TftpPieces, APieceThatDoesNotComeIsAskedForAgainAndTheWaitEnds) {
  open(whole, {.blksize = 1'000});
  (void)sent();
  ack(0);
  pass_in_steps(std::chrono::minutes(2));
  EXPECT_EQ(harness.router.submitted.size(), 12U);
  EXPECT_EQ(sent_text(), "E0");
  EXPECT_EQ(engine->in_flight(), 0U);
}

TEST_F(TftpPieces, ADeadPeerEndsThoughPiecesAreRereadOnEachTimeout) {
  open(whole, {.blksize = 1'000, .windowsize = 8});
  (void)sent();
  ack(0);
  for (int steps = 0; steps < 1'000 && engine->in_flight() > 0; ++steps) {
    pass_in_steps(std::chrono::milliseconds(500));
    while (!harness.router.submitted.empty() && engine->in_flight() > 0) answer_piece();
  }
  EXPECT_EQ(engine->in_flight(), 0U);
  EXPECT_EQ(count(Counter::kPeerSilent), 1U);
}

TEST_F(TftpPieces, WhenTheQueueForPiecesIsFullItIsTriedAgain) {
  open(whole, {.blksize = 1'000});
  (void)sent();
  harness.router.full = true;
  ack(0);
  EXPECT_EQ(count(Counter::kDroppedLoadQueueFull), 1U);
  harness.router.full = false;
  pass(tftpd::kBusyAskAgain);
  answer_piece();
  EXPECT_EQ(sent_text(), "D1");
}

TEST_F(TftpPieces, APieceWhoseAnswerWasLostIsAskedForAgainThoughTheQueueWasFullThen) {
  open(whole, {.blksize = 1'000});
  (void)sent();
  ack(0);
  harness.router.submitted.clear();  // the answer never comes
  harness.router.full = true;
  pass_in_steps(tftpd::kImageAskAgain);
  EXPECT_EQ(count(Counter::kDroppedLoadQueueFull), 1U);
  EXPECT_NE(engine->next_deadline(), kNever);
  harness.router.full = false;
  pass(tftpd::kBusyAskAgain);
  answer_piece();
  EXPECT_EQ(sent_text(), "D1");
  for (std::uint16_t block = 1; block <= 3; ++block) {
    ack(block);
    if (!harness.router.submitted.empty()) answer_piece();
    EXPECT_EQ(sent_text(), "D" + std::to_string(block + 1));
  }
}

TEST_F(TftpPieces, ATransferWhosePieceQueueStaysFullIsRefusedInTheEnd) {
  open(whole, {.blksize = 1'000});
  (void)sent();
  harness.router.full = true;
  ack(0);
  const MonotonicTime end = now.monotonic + tftpd::kImageWait;
  while (now.monotonic < end) {
    ASSERT_EQ(engine->in_flight(), 1U);
    ASSERT_NE(engine->next_deadline(), kNever);
    pass(std::chrono::milliseconds(100));
  }
  pass(tftpd::kBusyAskAgain);
  EXPECT_EQ(sent_text(), "E0");
  EXPECT_EQ(engine->in_flight(), 0U);
  pass(tftpd::kLinger + tftpd::kSweepEvery);
  EXPECT_EQ(engine->next_deadline(), kNever);
}

TEST_F(TftpPieces, NetasciiOfAnImageThatIsNotResidentIsRefused) {
  give(kListener, request("file", {}, tftp::Mode::kNetascii), peer());
  loaded(whole);
  EXPECT_EQ(sent_text(), "E0");
  EXPECT_EQ(engine->in_flight(), 0U);
}

}  // namespace
}  // namespace rackcast::engine
