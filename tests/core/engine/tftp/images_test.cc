// Paths and images: the lane's cache, the store's answers, pieces, pins.
#include "tests/core/engine/tftp/tftp_engine_fixture.h"

namespace rackcast::engine {
namespace {

using testing::bytes_of;
using testing::random_bytes;

TEST_F(TftpEngineTest, AMissingFileIsCode1AndTheSecondTimeFromTheCache) {
  rrq("missing");
  loaded(nullptr, ImageStatus::kNotFound);
  EXPECT_EQ(sent_text(), "E1");
  EXPECT_EQ(engine->in_flight(), 0U);
  for (int i = 0; i < 10; ++i) {
    rrq("missing", {}, peer(2));
    EXPECT_EQ(sent_text(), "E1");
  }
  EXPECT_TRUE(harness.router.submitted.empty());
  EXPECT_EQ(count(Counter::kCacheNegativeHits), 10U);
  EXPECT_EQ(count(Counter::kNotFound), 11U);
  EXPECT_EQ(kinds(), std::vector(11, EventKind::kNotFound));
  EXPECT_EQ(events()[5].path.view(), "missing");
}

TEST_F(TftpEngineTest, ALinkOutOfTheRootReadsAsNotFoundAndIsCountedApart) {
  for (int i = 0; i < 2; ++i) {
    rrq("link");
    if (i == 0) loaded(nullptr, ImageStatus::kRefused);
    EXPECT_EQ(sent_text(), "E1");
  }
  EXPECT_EQ(count(Counter::kLinkRefused), 2U);
  EXPECT_EQ(kinds(), std::vector(2, EventKind::kRefused));
}

TEST_F(TftpEngineTest, ADiskThatFailsIsToldAndNotRemembered) {
  rrq("file");
  loaded(nullptr, ImageStatus::kFailed);
  EXPECT_EQ(sent_text(), "E0");
  EXPECT_EQ(count(Counter::kReadFailed), 1U);
  rrq("file");
  EXPECT_EQ(harness.router.submitted.size(), 1U);
}

TEST_F(TftpEngineTest, AFreshEntryAnswersWithoutTheStore) {
  open(file(bytes_of("x")));
  pass(std::chrono::milliseconds(1'900));
  rrq("file", {}, peer(2));
  EXPECT_TRUE(harness.router.submitted.empty());
  EXPECT_EQ(count(Counter::kCacheHits), 1U);
}

TEST_F(TftpEngineTest, AnAgedEntryIsAskedForAgain) {
  open(file(bytes_of("x")));
  (void)sent();
  pass(kRevalidateAfter);
  rrq("file", {}, peer(2));
  EXPECT_EQ(harness.router.submitted.size(), 1U);
  EXPECT_NE(sent_text(), "D1 D1");  // at most the first client's retransmission
}

TEST_F(TftpEngineTest, AMovedEpochMakesTheNextRequestGetTheNewGeneration) {
  const auto old = file(bytes_of("old"));
  open(old);
  (void)sent();
  epoch.bump();
  rrq("file", {}, peer(2));
  EXPECT_TRUE(sent().empty());
  loaded(file(bytes_of("new!")));
  const auto all = sent();
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].payload.size(), 4U + 4U);
}

TEST_F(TftpEngineTest, AMovedEpochRevivesANameThatWasMissing) {
  rrq("file");
  loaded(nullptr, ImageStatus::kNotFound);
  (void)sent();
  epoch.bump();
  rrq("file");
  loaded(file(bytes_of("now")));
  EXPECT_EQ(sent_text(), "D1");
}

TEST_F(TftpEngineTest, ATransferKeepsItsGenerationToItsEnd) {
  const auto old = file(random_bytes(1'500, 1));
  open(old);
  const SocketId first = sent().front().to.socket;
  epoch.bump();
  rrq("file", {}, peer(2));
  loaded(file(random_bytes(1'500, 2)));
  (void)sent();
  ack_at(first, 1);
  const auto next = sent();
  ASSERT_EQ(next.size(), 1U);
  const std::vector<std::byte> body(next[0].payload.begin() + 4, next[0].payload.end());
  const std::vector<std::byte> expected(old->content().begin() + 512, old->content().begin() + 1'024);
  EXPECT_EQ(body, expected);
}

TEST_F(TftpEngineTest, AnAnswerOlderThanTheEpochIsAskedForAgainButNotForEver) {
  rrq("file");
  for (int i = 0; i < tftpd::kLoadTriesMax; ++i) {
    const auto load = std::get<LoadImage>(harness.router.submitted.front());
    harness.router.submitted.pop_front();
    const std::uint64_t resolved_at = epoch.value();
    epoch.bump();
    (void)complete(ImageLoaded{load.ticket, load.path, ImageStatus::kNotFound, nullptr, resolved_at});
    EXPECT_EQ(sent_text(), "");
    ASSERT_EQ(harness.router.submitted.size(), 1U);
  }
  const auto load = std::get<LoadImage>(harness.router.submitted.front());
  harness.router.submitted.pop_front();
  const std::uint64_t resolved_at = epoch.value();
  epoch.bump();
  (void)complete(ImageLoaded{load.ticket, load.path, ImageStatus::kNotFound, nullptr, resolved_at});
  EXPECT_EQ(sent_text(), "E1");
}

TEST_F(TftpEngineTest, AllWhoWaitForAPathAreAnsweredByOneLoad) {
  for (std::uint8_t host = 1; host <= 5; ++host) rrq("file", {}, peer(host));
  EXPECT_EQ(harness.router.submitted.size(), 1U);
  loaded(file(bytes_of("x")));
  EXPECT_EQ(sent_text(), "D1 D1 D1 D1 D1");
}

TEST_F(TftpEngineTest, WhenTheStoresQueueIsFullTheRequestIsDroppedAndTheClientRepeats) {
  harness.router.full = true;
  rrq("file");
  EXPECT_EQ(engine->in_flight(), 0U);
  EXPECT_EQ(count(Counter::kDroppedLoadQueueFull), 1U);
  harness.router.full = false;
  rrq("file");
  loaded(file(bytes_of("x")));
  EXPECT_EQ(sent_text(), "D1");
}

TEST_F(TftpEngineTest, ALoadWhoseAnswerWasLostIsAskedForAgainWhenTheClientRepeats) {
  rrq("file");
  harness.router.submitted.clear();
  pass_in_steps(tftpd::kImageAskAgain);
  rrq("file");
  ASSERT_EQ(harness.router.submitted.size(), 1U);
  loaded(file(bytes_of("x")));
  EXPECT_EQ(sent_text(), "D1");
}

TEST_F(TftpEngineTest, AnImageThatNeverComesEndsTheWait) {
  rrq("file");
  pass_in_steps(tftpd::kImageWait);
  EXPECT_EQ(sent_text(), "E0");
  EXPECT_EQ(engine->in_flight(), 0U);
  EXPECT_EQ(count(Counter::kImageTimeout), 1U);
  loaded(file(bytes_of("late")));  // nobody waits: kept for the next who asks
  EXPECT_EQ(sent_text(), "");
  rrq("file");
  EXPECT_EQ(sent_text(), "D1");
}

TEST_F(TftpEngineTest, LostAnswersDoNotTakeTheCacheAwayForGood) {
  build({}, {.transfers_max = 8, .cache_paths = 8});
  for (std::uint8_t host = 1; host <= 8; ++host) rrq("lost" + std::to_string(host), {}, peer(host));
  EXPECT_EQ(harness.router.submitted.size(), 8U);
  const auto late = std::get<LoadImage>(harness.router.submitted.front());
  harness.router.submitted.clear();
  pass_in_steps(tftpd::kImageWait);
  (void)sent();
  EXPECT_EQ(engine->in_flight(), 0U);
  rrq("file", {}, peer(9));
  EXPECT_EQ(count(Counter::kDroppedCacheFull), 0U);
  ASSERT_EQ(harness.router.submitted.size(), 1U);
  // An answer that comes after all belongs to nobody, whoever has its place now.
  (void)complete(ImageLoaded{late.ticket, late.path, ImageStatus::kLoaded, file(bytes_of("old")), epoch.value()});
  EXPECT_EQ(sent_text(), "");
  loaded(file(bytes_of("x")));
  EXPECT_EQ(sent_text(), "D1");
}

TEST_F(TftpEngineTest, AClientThatAbortsWhileItWaitsIsForgotten) {
  rrq("file");
  rrq("other");  // same port: the first is superseded
  loaded(file(bytes_of("x")));
  EXPECT_EQ(sent_text(), "");
  loaded(file(bytes_of("y")));
  EXPECT_EQ(sent_text(), "D1");
}

std::shared_ptr<const Image> left_in(const Completion& completion) {
  if (const auto* const read = std::get_if<PieceRead>(&completion)) return read->piece;
  return std::get<ImageLoaded>(completion).image;
}

TEST_F(TftpEngineTest, AnswersNobodyWaitsForAreLeftToTheLane) {
  const auto image = file(bytes_of("x"));
  for (const std::uint64_t value : {std::uint64_t{5}, std::uint64_t{1} << 40U})
    EXPECT_EQ(
        left_in(complete(ImageLoaded{make_ticket(EngineTag::kTftp, value), "file", ImageStatus::kLoaded, image, 1})),
        image);
  EXPECT_EQ(left_in(complete(PieceRead{make_ticket(EngineTag::kTftp, 3), PieceStatus::kRead, image})), image);
  EXPECT_EQ(harness.pins.in_use(), 0U);
}

TEST_F(TftpEngineTest, AnImageThatIsWantedIsMovedOutAndOneThatFindsNoPinIsNot) {
  rrq("file");
  auto load = std::get<LoadImage>(harness.router.submitted.front());
  harness.router.submitted.clear();
  const auto image = file(bytes_of("x"));
  EXPECT_EQ(left_in(complete(ImageLoaded{load.ticket, load.path, ImageStatus::kLoaded, image, epoch.value()})),
            nullptr);
  EXPECT_EQ(image.use_count(), 2);  // the pin's and this one
  std::vector<PinId> taken;
  while (harness.pins.in_use() < 64) taken.push_back(harness.pins.acquire(file(bytes_of("t"))));
  rrq("other", {}, peer(2));
  load = std::get<LoadImage>(harness.router.submitted.front());
  const auto other = file(bytes_of("y"));
  EXPECT_EQ(left_in(complete(ImageLoaded{load.ticket, load.path, ImageStatus::kLoaded, other, epoch.value()})), other);
}

TEST_F(TftpEngineTest, CompletionsOfOtherEnginesAreNotOurs) {
  rrq("file");
  (void)complete(ImageLoaded{make_ticket(EngineTag::kCast, 0), "file", ImageStatus::kLoaded, file(bytes_of("x")), 1});
  EXPECT_EQ(sent_text(), "");
}

TEST_F(TftpEngineTest, NothingStaysPinnedWhenAllIsOver) {
  open(file(bytes_of("x")));
  (void)sent();
  ack(1);
  EXPECT_EQ(harness.pins.in_use(), 1U);  // the cache's
  pass_in_steps(std::chrono::seconds(4));
  EXPECT_EQ(harness.pins.in_use(), 0U);
  EXPECT_EQ(engine->next_deadline(), kNever);
}

TEST_F(TftpEngineTest, ASupersededGenerationIsReleasedWhenItsLastTransferEnds) {
  open(file(random_bytes(600, 1)));
  const SocketId first = sent().front().to.socket;
  epoch.bump();
  rrq("file", {}, peer(2));
  loaded(file(random_bytes(600, 2)));
  (void)sent();
  EXPECT_EQ(harness.pins.in_use(), 2U);
  ack_at(first, 1);
  ack_at(first, 2);
  EXPECT_EQ(harness.pins.in_use(), 1U);
}

TEST_F(TftpEngineTest, RevalidationOfTheSameGenerationTakesNoSecondPin) {
  const auto image = file(bytes_of("x"));
  open(image);
  pass_in_steps(std::chrono::milliseconds(1'500));
  epoch.bump();
  rrq("file", {}, peer(2));
  loaded(image);
  EXPECT_EQ(harness.pins.in_use(), 1U);
}

TEST_F(TftpEngineTest, WhenTheLanesPinsAreFullAnUnusedImageMakesRoomElseItIsRefused) {
  std::vector<PinId> taken;
  while (harness.pins.in_use() < 63) taken.push_back(harness.pins.acquire(file(bytes_of("t"))));
  open(file(bytes_of("x")));
  (void)sent();
  ack(1);
  rrq("other", {}, peer(2));
  loaded(file(bytes_of("y")));  // the first image is in the cache only
  EXPECT_EQ(sent_text(), "D1");
  rrq("third", {}, peer(3));
  loaded(file(bytes_of("z")));  // now the pinned one is being sent
  EXPECT_EQ(sent_text(), "E0");
  EXPECT_EQ(count(Counter::kPinsFull), 1U);
}

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
