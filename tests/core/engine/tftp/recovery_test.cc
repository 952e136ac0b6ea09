// Loss, duplicates, silence, errors: what a transfer does with every packet that comes back, or does not.
#include "tests/core/engine/tftp/tftp_engine_fixture.h"

namespace rackcast::engine {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::bytes_of;
using testing::random_bytes;

class TftpRecovery : public TftpEngineTest {
 protected:
  // What goes out within a few ticks: after a loss a window does so in bursts (pacing_test.cc).
  static constexpr milliseconds kWindowTime{5};
  std::string window_text() {
    pass_in_steps(kWindowTime);
    return sent_text();
  }
};

TEST_F(TftpRecovery, ResendsTheUnacknowledgedBlockOnTimeoutWithBackOff) {
  reading(5, 1);
  ack(1);
  EXPECT_EQ(sent_text(), "D2");
  for (const int wait : {1, 2, 4, 8, 16}) {
    pass_in_steps(seconds(wait) - milliseconds(20));
    EXPECT_EQ(sent_text(), "") << wait;
    pass_in_steps(milliseconds(20));
    EXPECT_EQ(sent_text(), "D2") << wait;
  }
  pass_in_steps(seconds(17));
  EXPECT_EQ(sent_text(), "");
  EXPECT_EQ(engine->in_flight(), 0U);
  EXPECT_EQ(count(Counter::kPeerSilent), 1U);
  EXPECT_EQ(kinds().back(), EventKind::kTransferFailed);
}

TEST_F(TftpRecovery, ProgressResetsTheBackOff) {
  reading(5, 1);
  pass_in_steps(milliseconds(3'500));  // two timeouts
  EXPECT_EQ(sent_text(), "D1 D1");
  ack(1);
  EXPECT_EQ(sent_text(), "D2");
  pass_in_steps(milliseconds(1'050));
  EXPECT_EQ(sent_text(), "D2");
}

TEST_F(TftpRecovery, TheTimeoutOptionSetsTheFirstWait) {
  open(file(random_bytes(2'000, 1)), {.timeout = 5});
  (void)sent();
  ack(0);
  (void)sent();
  pass_in_steps(milliseconds(4'900));
  EXPECT_EQ(sent_text(), "");
  pass_in_steps(milliseconds(200));
  EXPECT_EQ(sent_text(), "D1");
}

TEST_F(TftpRecovery, TimersAreNotTouchedPerBlock) {
  reading(100, 1);
  const MonotonicTime first = engine->next_deadline();
  for (std::uint16_t block = 1; block < 90; ++block) {
    pass(milliseconds(1));
    ack(block);
    EXPECT_EQ(engine->next_deadline(), first);
  }
}

// RFC 1123 section 4.2.3.1
TEST_F(TftpRecovery, ADuplicateAckNeverCausesDataInLockStep) {
  reading(5, 1);
  ack(1);
  EXPECT_EQ(sent_text(), "D2");
  for (int i = 0; i < 5; ++i) ack(1);
  EXPECT_EQ(sent_text(), "");
  EXPECT_EQ(count(Counter::kAcksDuplicate), 5U);
  ack(0);
  EXPECT_EQ(sent_text(), "");
  EXPECT_EQ(count(Counter::kAcksStale), 1U);
}

TEST_F(TftpRecovery, ARepeatedAck0OfTheOackNeverCausesASecondData1) {
  open(file(random_bytes(100'000, 1)), {.blksize = 1'000, .windowsize = 4});
  (void)sent();
  pass_in_steps(milliseconds(1'100));  // the OACK is sent again, both copies arrive
  (void)sent();
  ack(0);
  EXPECT_EQ(sent_text(), "D1 D2 D3 D4");
  ack(0);
  EXPECT_EQ(sent_text(), "");
}

TEST_F(TftpRecovery, APeerThatRepeatsItsAckIsAliveButNotForEver) {
  reading(5, 1);
  ack(1);
  for (int i = 0; i < 60; ++i) {  // four minutes
    pass_in_steps(seconds(4));
    ack(1);
  }
  EXPECT_EQ(engine->in_flight(), 1U);
  for (int i = 0; i < 30; ++i) {
    pass_in_steps(seconds(4));
    ack(1);
  }
  EXPECT_EQ(engine->in_flight(), 0U);
  EXPECT_EQ(count(Counter::kPeerSilent), 1U);
}

TEST_F(TftpRecovery, AcksOfBlocksThatWereNotSentAreIgnored) {
  reading(100, 4);
  for (const int number : {5, 6, 100, 30'000}) ack(static_cast<std::uint16_t>(number));
  EXPECT_EQ(sent_text(), "");
  EXPECT_EQ(count(Counter::kAcksBeyondWindow), 4U);
  ack(4);
  EXPECT_EQ(sent_text(), "D5 D6 D7 D8");
}

TEST_F(TftpRecovery, AckOfAnotherNumberDoesNotAcceptTheOack) {
  open(file(random_bytes(5'000, 1)), {.blksize = 1'000});
  (void)sent();
  ack(1);
  EXPECT_EQ(sent_text(), "");
  ack(0);
  EXPECT_EQ(sent_text(), "D1");
}

// RFC 7440 section 4
TEST_F(TftpRecovery, AGapInAWindowGoesBackToItOnce) {
  reading(100, 8);
  ack(2);  // 3 was lost
  EXPECT_EQ(window_text(), "D3 D4 D5 D6 D7 D8 D9 D10");
  for (int i = 0; i < 5; ++i) ack(2);  // EDK2 says so for each later block
  EXPECT_EQ(sent_text(), "");
  EXPECT_EQ(count(Counter::kGoBacks), 1U);
  ack(10);
  EXPECT_EQ(window_text(), "D11 D12 D13 D14 D15 D16 D17 D18");
}

TEST_F(TftpRecovery, ALostFirstBlockOfAWindowIsReportedByTheOldAck) {
  reading(100, 4);
  ack(4);
  EXPECT_EQ(sent_text(), "D5 D6 D7 D8");
  ack(4);  // 5 was lost
  EXPECT_EQ(window_text(), "D5 D6 D7 D8");
  ack(4);
  EXPECT_EQ(sent_text(), "");
}

TEST_F(TftpRecovery, EchoesOfAResentWindowDoNotBreed) {
  reading(1'000, 4);
  ack(4);
  (void)sent();
  ack(4);  // a copy the network made: the window goes out twice
  EXPECT_EQ(window_text(), "D5 D6 D7 D8");
  ack(8);  // first copy
  EXPECT_EQ(window_text(), "D9 D10 D11 D12");
  for (int i = 0; i < 4; ++i) ack(8);  // the client sees 5..8 again and says 8 each time
  EXPECT_EQ(sent_text(), "");
  ack(12);
  EXPECT_EQ(window_text(), "D13 D14 D15 D16");
  EXPECT_EQ(count(Counter::kGoBacks), 1U);
}

TEST_F(TftpRecovery, ASecondLossInAResentWindowIsFoundByAShortTimer) {
  reading(100, 8);
  ack(2);
  EXPECT_EQ(window_text(), "D3 D4 D5 D6 D7 D8 D9 D10");
  ack(4);  // 5 was lost again: this could be an echo, so only the window moves
  EXPECT_EQ(window_text(), "D11 D12");
  pass_in_steps(tftpd::kGapWait + milliseconds(20));
  EXPECT_EQ(sent_text(), "D5 D6 D7 D8 D9 D10 D11 D12");
}

// Found by the simulator's sweep: one block overtaken by others cost two windows.
TEST_F(TftpRecovery, AnAckThatCameTooSoonToBeAnAnswerIsAnEcho) {
  open(file(random_bytes(100'000, 3)), {.blksize = 1'000, .windowsize = 4});
  (void)sent();
  pass(milliseconds(20));  // the round trip
  ack(0);
  EXPECT_EQ(sent_text(), "D1 D2 D3 D4");
  pass(milliseconds(20));
  ack(1);  // 2 is late
  EXPECT_EQ(window_text(), "D2 D3 D4 D5");
  pass(milliseconds(20) - kWindowTime);
  ack(5);
  EXPECT_EQ(window_text(), "D6 D7 D8 D9");
  pass(milliseconds(10) - kWindowTime);
  ack(5);  // the late 2 arrived: the client says again what it has
  EXPECT_EQ(sent_text(), "");
  pass(milliseconds(10));
  ack(9);
  EXPECT_EQ(window_text(), "D10 D11 D12 D13");
  pass(milliseconds(20) - kWindowTime);
  ack(9);  // a round trip later: 10 was lost
  EXPECT_EQ(window_text(), "D10 D11 D12 D13");
  EXPECT_EQ(count(Counter::kGoBacks), 2U);
}

// Found by the simulator's sweep once more: the late block fell into the last eighth of the round trip.
TEST_F(TftpRecovery, AnEchoThatIsAlmostAsLateAsAnAnswerIsOneStill) {
  open(file(random_bytes(100'000, 3)), {.blksize = 1'000, .windowsize = 4});
  (void)sent();
  pass(milliseconds(20));  // the round trip
  ack(0);
  (void)sent();
  pass(milliseconds(20));
  ack(1);  // 2 is late
  EXPECT_EQ(window_text(), "D2 D3 D4 D5");
  pass(milliseconds(20) - kWindowTime);
  ack(5);
  EXPECT_EQ(window_text(), "D6 D7 D8 D9");
  pass(milliseconds(19) - kWindowTime);
  ack(5);
  EXPECT_EQ(sent_text(), "");
  EXPECT_EQ(count(Counter::kGoBacks), 1U);
}

TEST_F(TftpRecovery, ALossTakenForAnEchoIsFoundByAShortTimer) {
  open(file(random_bytes(100'000, 3)), {.blksize = 1'000, .timeout = 5, .windowsize = 4});
  (void)sent();
  pass(milliseconds(20));
  ack(0);
  (void)sent();
  pass(milliseconds(2));  // the way became much shorter
  ack(0);
  EXPECT_EQ(sent_text(), "");
  pass_in_steps(tftpd::kGapWait + milliseconds(20));
  EXPECT_EQ(sent_text(), "D1 D2 D3 D4");
}

// Found by the simulator's sweep: U-Boot (window 8, timeout 5) stood still for five seconds after each.
TEST_F(TftpRecovery, ALossBehindTheResentPartIsFoundByAShortTimer) {
  open(file(random_bytes(100'000, 3)), {.blksize = 1'000, .timeout = 5, .windowsize = 8});
  (void)sent();
  ack(0);
  (void)sent();
  ack(2);  // the network delivered 2 twice, and the client said so: 3 to 8 are resent, 9 and 10 are new
  EXPECT_EQ(window_text(), "D3 D4 D5 D6 D7 D8 D9 D10");
  ack(8);  // 9 was lost, 10 is nothing that the client would answer
  EXPECT_EQ(window_text(), "D11 D12 D13 D14 D15 D16");
  pass_in_steps(tftpd::kGapWait + milliseconds(20));
  EXPECT_EQ(sent_text(), "D9 D10 D11 D12 D13 D14 D15 D16");
}

TEST_F(TftpRecovery, ALossInAWindowResentByTimerIsFoundByAShortTimer) {
  open(file(random_bytes(100'000, 3)), {.blksize = 1'000, .timeout = 5, .windowsize = 8});
  (void)sent();
  ack(0);
  (void)sent();
  pass_in_steps(seconds(5) + milliseconds(20));  // the whole window was lost
  EXPECT_EQ(window_text(), "D1 D2 D3 D4 D5 D6 D7 D8");
  ack(4);  // 5 was lost again
  EXPECT_EQ(window_text(), "D9 D10 D11 D12");
  pass_in_steps(tftpd::kGapWait + milliseconds(20));
  EXPECT_EQ(sent_text(), "D5 D6 D7 D8 D9 D10 D11 D12");
}

TEST_F(TftpRecovery, AClientThatAcknowledgesEachBlockOfAWindowIsNotFlooded) {
  reading(1'000, 8);
  std::size_t datagrams = 0;
  for (std::uint16_t block = 1; block < 400; ++block) {
    ack(block);
    datagrams += sent().size();
  }
  EXPECT_LT(datagrams, 1'000U);
}

TEST_F(TftpRecovery, OnTimeoutTheWindowRestartsBehindTheLastAck) {
  reading(100, 8);
  ack(8);
  (void)sent();
  pass_in_steps(milliseconds(1'050));
  EXPECT_EQ(sent_text(), "D9 D10 D11 D12 D13 D14 D15 D16");
}

TEST_F(TftpRecovery, ASilentPeerIsSentEverSmallerPartsOfTheWindow) {
  reading(100, 8);
  pass_in_steps(milliseconds(1'050));
  EXPECT_EQ(sent().size(), 8U);
  pass_in_steps(milliseconds(2'050));
  EXPECT_EQ(sent().size(), 4U);
  pass_in_steps(milliseconds(4'050));
  EXPECT_EQ(sent().size(), 2U);
  ack(2);
  pass_in_steps(milliseconds(10));
  EXPECT_EQ(sent().size(), 8U);
}

TEST_F(TftpRecovery, AnAckOfBlocksThatWereAboutToBeResentMovesOn) {
  reading(100, 8);
  pass_in_steps(milliseconds(1'050));
  pass_in_steps(milliseconds(2'050));
  (void)sent();  // resent up to 4 only
  ack(8);        // all of the first copy had arrived
  EXPECT_EQ(window_text(), "D9 D10 D11 D12 D13 D14 D15 D16");
}

TEST_F(TftpRecovery, TheFinalBlockIsResentUntilAcknowledgedOrGivenUpAsDone) {
  open(file(bytes_of("short")), {.blksize = 1'000});
  (void)sent();
  ack(0);
  (void)sent();
  pass_in_steps(std::chrono::minutes(2));
  EXPECT_EQ(sent_text(), "D1 D1 D1 D1 D1");
  EXPECT_EQ(count(Counter::kDoneUnconfirmed), 1U);
  EXPECT_EQ(kinds().back(), EventKind::kTransferDone);
}

TEST_F(TftpRecovery, APeerThatNeverAnsweredGetsThreeAnswersAndLittle) {
  open(file(random_bytes(100'000, 1)));
  pass_in_steps(std::chrono::minutes(2));
  const auto all = sent();
  EXPECT_EQ(all.size(), 3U);
  std::size_t bytes = 0;
  for (const auto& one : all) bytes += one.payload.size();
  EXPECT_LE(bytes, 2'048U);
  EXPECT_EQ(engine->in_flight(), 0U);
  EXPECT_EQ(count(Counter::kNeverAnswered), 1U);
}

TEST_F(TftpRecovery, AFirstAckThatComesLateIsStillTaken) {
  open(file(random_bytes(5'000, 1)));
  (void)sent();
  pass_in_steps(seconds(25));
  (void)sent();
  ack(1);
  EXPECT_EQ(sent_text(), "D2");
  EXPECT_EQ(count(Counter::kNeverAnswered), 0U);
}

TEST_F(TftpRecovery, AForgedPeerWithAWindowGetsOnlyOacks) {
  open(file(random_bytes(100'000, 1)), {.blksize = 1'468, .windowsize = 64});
  pass_in_steps(std::chrono::minutes(2));
  EXPECT_EQ(sent_text(), "O O O");
}

TEST_F(TftpRecovery, TheSizeProbeOfFirmwareIsNoFailure) {
  for (const auto code : {tftp::ErrorCode::kOptionRefused, tftp::ErrorCode::kUndefined}) {
    build({});
    harness.events.events.clear();
    open(file(random_bytes(5'000, 1)), {.blksize = 1'468, .tsize = 0, .windowsize = 4});
    EXPECT_EQ(sent_text(), "O");
    error(code, "User aborted the transfer");
    EXPECT_EQ(sent_text(), "");
    EXPECT_EQ(count(Counter::kSizeProbes), 1U);
    EXPECT_EQ(count(Counter::kPeerError), 0U);
    EXPECT_TRUE(events().empty());
    EXPECT_EQ(engine->in_flight(), 0U);
    rrq("file", {.blksize = 1'468, .windowsize = 4});  // the real one, from the same port
    EXPECT_EQ(sent_text(), "O");
  }
}

TEST_F(TftpRecovery, TheRealRequestAfterAProbeWhoseAbortWasLostIsNoDuplicate) {
  open(file(random_bytes(5'000, 1)), {.blksize = 1'468, .tsize = 0});
  (void)sent();
  rrq("file", {.blksize = 1'468});
  const auto all = sent();
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(tftp::parse_oack(all[0].payload)->options.tsize, std::nullopt);
}

TEST_F(TftpRecovery, RefusedOptionsAreAFailureOfTheirOwn) {
  open(file(random_bytes(5'000, 1)), {.blksize = 1'468});
  (void)sent();
  error(tftp::ErrorCode::kIllegalOperation, "bad blksize");
  EXPECT_EQ(count(Counter::kOptionsRefusedByPeer), 1U);
  EXPECT_EQ(kinds().back(), EventKind::kTransferFailed);
  EXPECT_EQ(events().back().detail.view(), "bad blksize");
}

TEST_F(TftpRecovery, AnErrorOfThePeerEndsTheTransferAtOnceAndQuietly) {
  reading(100, 8);
  error(tftp::ErrorCode::kDiskFull, "no room");
  EXPECT_EQ(engine->in_flight(), 0U);
  EXPECT_EQ(sent_text(), "");
  EXPECT_EQ(count(Counter::kPeerError), 1U);
  EXPECT_EQ(events().back().detail.view(), "no room");
  pass_in_steps(std::chrono::minutes(1));
  EXPECT_EQ(sent_text(), "");
}

TEST_F(TftpRecovery, AStrangerIsToldUnknownTidAndTheTransferGoesOn) {
  reading(5, 1);
  ack_at(tid, 1, peer(1, 999));
  const auto all = sent();
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(name_of(all[0].payload), "E5");
  EXPECT_EQ(all[0].to.peer, peer(1, 999));
  EXPECT_EQ(count(Counter::kUnknownTid), 1U);
  ack_at(all[0].to.socket, 1);
  EXPECT_EQ(sent_text(), "D2");
}

TEST_F(TftpRecovery, AStrangersErrorIsNeverAnswered) {
  error(tftp::ErrorCode::kUnknownTid, "", peer(9));
  EXPECT_EQ(sent_text(), "");
  EXPECT_EQ(count(Counter::kUnknownTid), 0U);
}

TEST_F(TftpRecovery, StrayPacketsAtTheListenerAreOnlyCounted) {
  ack_at(kListener, 3, peer(9));
  EXPECT_EQ(sent_text(), "");
  EXPECT_EQ(count(Counter::kUnexpectedPackets), 1U);
}

TEST_F(TftpRecovery, DataAndOackFromAClientAreCountedAndChangeNothing) {
  reading(5, 1);
  give(tid, bytes_of(std::string_view("\0\3\0\1abc", 7)), peer());
  give(tid,
       bytes_of(std::string_view("\0\6tsize\0"
                                 "1\0",
                                 10)),
       peer());
  EXPECT_EQ(count(Counter::kUnexpectedPackets), 2U);
  ack(1);
  EXPECT_EQ(sent_text(), "D2");
}

TEST_F(TftpRecovery, WhatComesAfterTheEndIsAbsorbed) {
  open(file(bytes_of("x")));
  (void)sent();
  ack(1);
  ack(1);
  error(tftp::ErrorCode::kUndefined, "closed");
  EXPECT_EQ(sent_text(), "");
  EXPECT_EQ(count(Counter::kLateDatagrams), 2U);
  EXPECT_EQ(count(Counter::kDone), 1U);
  EXPECT_EQ(count(Counter::kPeerError), 0U);
}

}  // namespace
}  // namespace rackcast::engine
