// Who may send how much: forged requests, floods, places, turns, the rate, the end.
#include <gmock/gmock.h>

#include "tests/core/engine/tftp/tftp_uploads_fixture.h"

namespace rackcast::engine {
namespace {

using ::testing::ElementsAre;

TEST_F(TftpUploads, AForgedRequestGetsThreeAnswersAndTouchesNoDisk) {
  wrq("a", {.tsize = 100});
  pass_in_steps(1min);
  EXPECT_EQ(answers(), "O O O");
  EXPECT_EQ(count(Counter::kUploadNeverBegun), 1U);
  EXPECT_TRUE(harness.router.submitted.empty());
  EXPECT_EQ(engine->in_flight(), 0U);
}

TEST_F(TftpUploads, DataAtAnotherPortEndsAnUploadThatHasNotBegun) {
  wrq("a");
  (void)answers();
  const SocketId mine = tid;
  data_at(SocketId{static_cast<std::uint16_t>(mine.value() % kTids + 1)}, 1, "x");
  EXPECT_EQ(answers(), "E5");
  data_at(mine, 1, "x");
  EXPECT_EQ(answers(), "E5");
  EXPECT_EQ(count(Counter::kGuessedTid), 1U);
}

TEST_F(TftpUploads, AFloodOfRequestsTakesNoPlaceFromOneThatRuns) {
  wrq("a", {}, peer(200));
  (void)answers();
  const SocketId mine = tid;
  data_at(mine, 1, std::string(512, 'x'), peer(200));
  EXPECT_EQ(answers(), "A1");
  for (int i = 0; i < 500; ++i)
    wrq("junk", {}, peer(static_cast<std::uint8_t>(i % 150), static_cast<std::uint16_t>(3'000 + i)));
  EXPECT_EQ(count(Counter::kUploadsEvicted), 447U);
  EXPECT_EQ(count(Counter::kAnswersWithheld), 50U) << "the fourth of an address";
  EXPECT_THAT(kinds(), ElementsAre(EventKind::kTransferStarted)) << "a flood writes no lines";
  (void)answers();
  data_at(mine, 2, "x", peer(200));
  written(taken());
  EXPECT_EQ(answers(), "A2");
}

TEST_F(TftpUploads, WhenAllPlacesAreTakenARequestIsDropped) {
  accept({}, {}, 1);
  wrq("a", {}, peer(1));
  (void)answers();
  data_at(tid, 1, std::string(512, 'x'), peer(1));
  (void)answers();
  wrq("a", {}, peer(2));
  EXPECT_EQ(answers(), "");
  EXPECT_EQ(count(Counter::kUploadsTableFull), 1U);
}

TEST_F(TftpUploads, OneAddressTakesNotAllPlaces) {
  accept({}, {}, 2 * tftpd::kUploadsPerSourceMax);
  const auto mine = [](std::size_t i) { return peer(1, static_cast<std::uint16_t>(2'000 + i)); };
  std::vector<SocketId> tids;
  for (std::size_t i = 0; i < tftpd::kUploadsPerSourceMax; ++i) {
    wrq("a", {}, mine(i));
    EXPECT_EQ(answers(), "A0") << i;
    tids.push_back(tid);
    data_at(tid, 1, std::string(512, 'x'), mine(i));
    EXPECT_EQ(answers(), "A1") << i;
  }
  wrq("a", {}, mine(99));
  EXPECT_EQ(answers(), "");
  EXPECT_EQ(count(Counter::kUploadsPerSource), 1U);
  wrq("a", {}, peer(2));
  EXPECT_EQ(answers(), "A0") << "another's";
  data_at(tids[3], 2, "x", mine(3));
  written(taken());
  EXPECT_EQ(answers(), "A2");
  wrq("a", {}, mine(99));
  EXPECT_EQ(answers(), "A0") << "one has ended";
}

TEST_F(TftpUploads, WhoIsSilentGivesWayWhenAllPlacesAreTaken) {
  accept({}, {}, 1);
  wrq("a", {.blksize = 2'044}, peer(1));
  (void)answers();
  const SocketId slow = tid;
  for (std::uint16_t block = 1; harness.router.submitted.empty(); ++block)
    data_at(slow, block, std::string(2'044, 'x'), peer(1));
  written(taken());
  (void)answers();
  pass(tftpd::kUploadGivesWay - 1ms);
  (void)answers();
  wrq("b", {}, peer(2));
  EXPECT_EQ(answers(), "");
  EXPECT_EQ(count(Counter::kUploadsTableFull), 1U);
  pass(1ms);
  (void)answers();
  harness.router.full = true;  // the store is to be told first
  wrq("b", {}, peer(2));
  EXPECT_EQ(answers(), "");
  EXPECT_EQ(count(Counter::kUploadGaveWay), 1U);
  harness.router.full = false;
  pass(tftpd::kUploadStoreRetry * 2);
  EXPECT_TRUE(abandoned());
  wrq("b", {}, peer(2));
  EXPECT_EQ(answers(), "A0");
  EXPECT_EQ(events().back().kind, EventKind::kTransferFailed);
  data_at(slow, 99, std::string(2'044, 'x'), peer(1));
  EXPECT_EQ(answers(), "E5") << "its sender is told";
}

TEST_F(TftpUploads, TwoClientsThatSendOneNameAreTwoFiles) {
  wrq("log", {}, peer(1));
  (void)answers();
  const SocketId first = tid;
  wrq("log", {}, peer(2));
  (void)answers();
  const SocketId second = tid;
  data_at(first, 1, "one", peer(1));
  data_at(second, 1, "two", peer(2));
  const WriteUpload one = taken();
  const WriteUpload two = taken();
  EXPECT_NE(one.ticket, two.ticket);
  EXPECT_NE(one.name.view(), two.name.view());
  EXPECT_EQ(text_of(one), "one");
  EXPECT_EQ(text_of(two), "two");
}

TEST_F(TftpUploads, ARepeatedRequestIsAnsweredAgainAndNotTwiceAtOnce) {
  wrq("a");
  wrq("a");
  EXPECT_EQ(answers(), "A0") << "a duplicate made by the network";
  pass(500ms);
  wrq("a");
  EXPECT_EQ(answers(), "A0");
  EXPECT_EQ(engine->in_flight(), 1U);
  wrq("b");
  EXPECT_EQ(answers(), "A0");
  EXPECT_EQ(engine->in_flight(), 1U);
  EXPECT_EQ(count(Counter::kUploadSuperseded), 1U);
}

TEST_F(TftpUploads, TheRateHoldsAcksBackAndDropsNothing) {
  accept({.rate_mbit = 1});
  wrq("a", {.blksize = 1'250});
  (void)answers();
  const MonotonicTime start = now.monotonic;
  for (std::uint16_t block = 1; block <= 40; ++block) {
    data(block, std::string(1'250, 'x'));
    while (harness.io.sent.empty()) pass(1ms);
    EXPECT_EQ(answers(), "A" + std::to_string(block));
  }
  // 40 blocks of 10 kbit at 1 Mbit/s.
  EXPECT_GE(now.monotonic - start, 400ms - UploadPace::kSlack);
  EXPECT_LE(now.monotonic - start, 450ms);
  EXPECT_EQ(count(Counter::kUploadBytes), 50'000U);
}

TEST_F(TftpUploads, WhoHasToWaitForItsTurnIsNotAcknowledgedUntilThen) {
  TftpConfig tftp;
  tftp.admission.per_source = 1;
  accept({}, tftp);
  wrq("a", {}, peer(1, 2'000));
  EXPECT_EQ(answers(), "A0");
  const SocketId first = tid;
  data_at(first, 1, std::string(512, 'x'), peer(1, 2'000));
  EXPECT_EQ(answers(), "A1");
  wrq("b", {.windowsize = 4}, peer(1, 2'001));
  EXPECT_EQ(answers(), "O");
  const SocketId second = tid;
  for (std::uint16_t block = 1; block <= 4; ++block) data_at(second, block, std::string(512, 'y'), peer(1, 2'001));
  EXPECT_EQ(answers(), "") << "what follows the first block is no gap";
  EXPECT_EQ(count(Counter::kUploadsDelayed), 1U);
  data_at(first, 2, "x", peer(1, 2'000));
  written(taken());
  EXPECT_EQ(answers(), "A2");
  pass_in_steps(1'050ms);
  EXPECT_EQ(answers(), "O") << "reminded";
  data_at(second, 1, "y", peer(1, 2'001));
  written(taken());
  EXPECT_EQ(answers(), "A1");
  EXPECT_EQ(count(Counter::kUploadsDone), 2U);
}

TEST_F(TftpUploads, WhoeverForgesRequestsToWriteTakesNoPlace) {
  TftpConfig tftp;
  tftp.admission.instances = 1;
  tftp.admission.cps = Cps{1, 10};
  accept({}, tftp);
  for (std::uint8_t forged = 100; forged < 140; ++forged) {
    wrq("junk", {}, peer(forged));
    EXPECT_EQ(answers(), "A0");
  }
  EXPECT_EQ(engine->admission().admitted, 0U);
  wrq("a", {}, peer(1));
  EXPECT_EQ(answers(), "A0");
  data_at(tid, 1, std::string(512, 'x'), peer(1));
  EXPECT_EQ(answers(), "A1");
}

TEST_F(TftpUploads, WhoIsRefusedAtItsFirstBlockIsToldNothingAndLeavesNothing) {
  TftpConfig tftp;
  tftp.admission.log_on_failure = false;
  accept({}, tftp);
  wrq("a", {}, peer(1));
  EXPECT_EQ(answers(), "A0");
  auto next = std::make_shared<Config>(*config);
  next->tftp->admission.no_access = {*net::IpPrefix::parse("10.0.0.1")};
  (void)complete(ConfigSwapped{next});
  data_at(tid, 1, "x", peer(1));
  EXPECT_EQ(answers(), "");
  EXPECT_EQ(engine->in_flight(), 0U);
  EXPECT_THAT(kinds(), ElementsAre(EventKind::kRefused));
  EXPECT_TRUE(events()[0].quiet);
}

TEST_F(TftpUploads, AFullQueueOfTheStoreIsTriedAgain) {
  wrq("a");
  (void)answers();
  harness.router.full = true;
  data(1, "x");
  pass(20ms);
  EXPECT_EQ(count(Counter::kUploadStoreBusy), 2U);
  harness.router.full = false;
  pass(20ms);
  written(taken());
  EXPECT_EQ(answers(), "A1");
}

TEST_F(TftpUploads, AStopLetsARunningOneEndAndWaitsForNobodyThatIsSilent) {
  wrq("a", {}, peer(1));
  wrq("b", {}, peer(2));
  (void)answers();
  wrq("c", {}, peer(3));
  (void)answers();
  const SocketId mine = tid;
  data_at(mine, 1, std::string(512, 'x'), peer(3));
  (void)complete(StopLane{});
  EXPECT_EQ(engine->in_flight(), 1U);
  data_at(mine, 2, std::string(512, 'x'), peer(3));
  pass_in_steps(1s);
  EXPECT_EQ(engine->in_flight(), 1U);
  pass_in_steps(2s);
  EXPECT_EQ(engine->in_flight(), 0U);
  wrq("d", {}, peer(4));
  EXPECT_EQ(count(Counter::kDroppedStopping), 1U);
}

}  // namespace
}  // namespace rackcast::engine
