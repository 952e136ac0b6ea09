// Paths and images: the lane's cache, the store's answers, pins.
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

TEST_F(TftpEngineTest, AnAgedEntryAnswersWhileItIsAskedForAgain) {
  open(file(bytes_of("x")));
  ack(1);
  (void)sent();
  pass(kRevalidateAfter);
  for (std::uint8_t host = 2; host <= 4; ++host) {
    rrq("file", {}, peer(host));
    EXPECT_EQ(sent_text(), "D1");
  }
  ASSERT_EQ(harness.router.submitted.size(), 1U);
  EXPECT_TRUE(std::get<LoadImage>(harness.router.submitted.front()).known);
  EXPECT_EQ(count(Counter::kCacheStaleHits), 3U);
  loaded(file(bytes_of("new!")));
  rrq("file", {}, peer(5));
  const auto all = sent();
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].payload.size(), 4U + 4U);
}

TEST_F(TftpEngineTest, AnAgedEntryAnswersThoughTheStoresQueueIsFullButNotForEver) {
  open(file(bytes_of("x")));
  ack(1);
  (void)sent();
  harness.router.full = true;
  pass(kStaleMax - std::chrono::milliseconds(100));
  rrq("file", {}, peer(2));
  EXPECT_EQ(sent_text(), "D1");
  EXPECT_EQ(count(Counter::kDroppedLoadQueueFull), 0U);
  pass(std::chrono::milliseconds(100));
  rrq("file", {}, peer(3));
  EXPECT_EQ(count(Counter::kDroppedLoadQueueFull), 1U);
  EXPECT_EQ(count(Counter::kStarted), 2U);
}

TEST_F(TftpEngineTest, AnAgedNameThatIsMissingIsRefusedWhileItIsAskedForAgain) {
  rrq("missing");
  loaded(nullptr, ImageStatus::kNotFound);
  (void)sent();
  pass(kRevalidateAfter);
  rrq("missing");
  EXPECT_EQ(sent_text(), "E1");
  ASSERT_EQ(harness.router.submitted.size(), 1U);
  EXPECT_FALSE(std::get<LoadImage>(harness.router.submitted.front()).known);
  loaded(file(bytes_of("there now")));
  rrq("missing");
  EXPECT_EQ(sent_text(), "D1");
}

TEST_F(TftpEngineTest, AFileThatWasUnpinnedIsAskedForAsOneThatIsKnown) {
  open(file(bytes_of("x")));
  ack(1);
  (void)sent();
  pass(kStaleMax + std::chrono::seconds(2));
  EXPECT_EQ(harness.pins.in_use(), 0U);
  rrq("file", {}, peer(2));
  ASSERT_EQ(harness.router.submitted.size(), 1U);
  EXPECT_TRUE(std::get<LoadImage>(harness.router.submitted.front()).known);
  loaded(nullptr, ImageStatus::kNotFound);
  pass(kStaleMax);
  rrq("file", {}, peer(2));
  ASSERT_EQ(harness.router.submitted.size(), 1U);
  EXPECT_FALSE(std::get<LoadImage>(harness.router.submitted.front()).known);
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
  pass_in_steps(kStaleMax + std::chrono::seconds(2));
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

}  // namespace
}  // namespace rackcast::engine
