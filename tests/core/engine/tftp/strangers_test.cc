// Addresses that have not answered: how much they are sent, and how honest ones get through all the same.
#include "tests/core/engine/tftp/tftp_uploads_fixture.h"

namespace rackcast::engine {
namespace {

using testing::bytes_of;
using testing::random_bytes;

class TftpStrangers : public TftpEngineTest {
 protected:
  // The file is known, by a machine of its own.
  void serve(TftpConfig tftp = {}) {
    build(std::move(tftp), {.transfers_max = 1'024, .cache_paths = 64});
    open(file(random_bytes(3'000, 1)), {}, peer(200));
    ack(1, peer(200));
    (void)sent();
    harness.events.events.clear();
  }
};

TEST_F(TftpStrangers, ARequestThatIsRepeatedForEverGetsThreeAnswers) {
  serve();
  std::size_t answers = 0;
  std::size_t bytes = 0;
  for (int i = 0; i < 100; ++i) {
    rrq("file");
    for (const auto& one : sent()) {
      if (one.to.peer != peer()) continue;
      ++answers;
      bytes += one.payload.size();
    }
    pass_in_steps(290ms);
  }
  EXPECT_EQ(answers, tftpd::kAnswersUnconfirmedMax);
  EXPECT_LE(bytes, tftpd::kAnswerBytesUnconfirmedMax);
  EXPECT_GT(count(Counter::kAnswersWithheld), 50U);
}

TEST_F(TftpStrangers, WhateverItAsksFor) {
  serve();
  std::size_t answers = 0;
  for (int i = 0; i < 100; ++i) {
    rrq("file", i % 2 == 0 ? tftp::Options{} : tftp::Options{.tsize = 0});
    pass_in_steps(250ms);
    for (const auto& one : sent()) answers += one.to.peer == peer() ? 1U : 0U;
  }
  EXPECT_EQ(answers, tftpd::kAnswersUnconfirmedMax);
  pass_in_steps(1min);
  EXPECT_EQ(engine->in_flight(), 0U);
}

TEST_F(TftpStrangers, ManyMachinesBehindOneAddressGetThroughOnceOneAnswers) {
  serve();
  for (std::uint16_t port = 3'000; port < 3'100; ++port) rrq("file", {.tsize = 0}, peer(1, port));
  const auto first = sent();
  ASSERT_EQ(first.size(), tftpd::kFirstAnswersMax);
  EXPECT_EQ(engine->in_flight(), 101U) << "nobody is turned away";
  ack_at(first[0].to.socket, 0, first[0].to.peer);
  EXPECT_EQ(sent_text(), "D1");
  pass_in_steps(100ms);
  EXPECT_EQ(sent().size(), 100U - tftpd::kFirstAnswersMax) << "without asking again";
}

TEST_F(TftpStrangers, WhoIsHeldBackAndAsksAgainIsAnsweredWhenItMayBe) {
  serve();
  constexpr std::uint16_t kLast = 3'000 + tftpd::kFirstAnswersMax;
  for (std::uint16_t port = 3'000; port <= kLast; ++port) rrq("file", {.tsize = 0}, peer(1, port));
  const auto first = sent();
  ASSERT_EQ(first.size(), tftpd::kFirstAnswersMax);
  ack_at(first[0].to.socket, 0, first[0].to.peer);
  (void)sent();
  rrq("file", {.tsize = 0}, peer(1, kLast));
  EXPECT_EQ(sent_text(), "O");
}

TEST_F(TftpStrangers, TheOwnerOfALeasedAddressIsAnsweredWhateverIsForged) {
  serve();
  for (std::uint16_t port = 3'000; port < 4'000; ++port) rrq("file", {.tsize = 0}, peer(1, port));
  (void)sent();
  complete(MachineChanged{.machine = {.address = peer(1).address.v4()}});
  rrq("file", {}, peer(1, 5'000));
  EXPECT_EQ(sent_text(), "D1");
}

TEST_F(TftpStrangers, ASizeProbeThatIsAbortedShowsThatSomebodyIsThere) {
  serve();
  for (std::uint16_t port = 3'000; port < 3'010; ++port) {
    rrq("file", {.tsize = 0}, peer(1, port));
    EXPECT_EQ(sent_text(), "O");
    error(tftp::ErrorCode::kOptionRefused, "User aborted the transfer", peer(1, port));
  }
}

TEST_F(TftpStrangers, WhoAnsweredBeforeGetsMoreCopiesOverABadNetwork) {
  serve();
  std::size_t answers = 0;
  for (int i = 0; i < 100; ++i) {
    rrq("file", {}, peer(200, 3'000));
    pass_in_steps(250ms);
    for (const auto& one : sent()) answers += one.to.peer.port == net::UdpPort(3'000) ? 1U : 0U;
  }
  EXPECT_EQ(answers, tftpd::kAnswersKnownMax);
}

TEST_F(TftpStrangers, TheLongestTimeoutAClientMayAskForHoldsNothingLonger) {
  serve();
  pass_in_steps(2min);  // the one that served is over
  EXPECT_EQ(engine->in_flight(), 0U);
  (void)sent();
  rrq("file", {.timeout = 255});
  if (!harness.router.submitted.empty()) loaded(file(random_bytes(3'000, 1)));
  EXPECT_EQ(sent_text(), "O");
  pass_in_steps(tftpd::kUnconfirmedHold - 1s);
  EXPECT_EQ(engine->in_flight(), 1U);
  pass_in_steps(1s + 2 * tftpd::kTimerTick);
  EXPECT_EQ(engine->in_flight(), 0U);
  EXPECT_GE(count(Counter::kNeverAnswered), 1U);
}

TEST_F(TftpStrangers, ASlowDiskIsNotTheirSilence) {
  build({});
  open(file(random_bytes(10'000, 5), false));
  EXPECT_EQ(sent_text(), "");
  pass_in_steps(tftpd::kUnconfirmedHold + 10s);
  const auto read = std::get<ReadPiece>(harness.router.submitted.back());
  const auto& whole = dynamic_cast<const testing::HeapImage&>(*read.image);
  (void)complete(PieceRead{read.ticket, PieceStatus::kRead, testing::piece_of(whole, read.offset, 3'000, 1'000)});
  EXPECT_EQ(sent_text(), "D1");
  pass_in_steps(500ms);
  ack(1);
  EXPECT_EQ(sent_text(), "D2");
}

TEST_F(TftpUploads, ARequestThatIsRepeatedForEverGetsThreeAnswers) {
  for (std::uint16_t i = 0; i < 100; ++i) {
    wrq("a", {.timeout = 255}, peer(1, 2'000));
    pass_in_steps(250ms);
  }
  EXPECT_EQ(answers(), "O O O");
  pass_in_steps(30s);
  EXPECT_EQ(engine->in_flight(), 0U);
  wrq("a");
  EXPECT_EQ(answers(), "A0");
}

TEST_F(TftpUploads, TheMapFileRenamesWhatIsWritten) {
  name_map = "rP ^ from/\nrG ^ to/\naP secret nothing\n";
  accept({});
  wrq("log");
  data(1, "x");
  (void)answers();
  data(1, "x");
  EXPECT_EQ(taken().name.view(), "10.0.0.1-from_log");
  (void)answers();
  wrq("secret", {}, peer(2));
  EXPECT_EQ(answers(), "E2");
  EXPECT_EQ(count(Counter::kNameRefused), 1U);
  rrq("secret", {}, peer(3));
  EXPECT_EQ(asked_path(), "to/secret") << "P rules are not for reading, nor G rules for writing";
}

TEST_F(TftpUploads, ABufferThatComesBackWhileTftpIsOffIsUsedAgain) {
  accept({}, {}, 1);
  wrq("a");
  (void)answers();
  data(1, "x");
  WriteUpload work = taken();
  (void)complete(ConfigSwapped{std::make_shared<Config>()});
  written(std::move(work));
  EXPECT_EQ(engine->in_flight(), 0U);
  (void)complete(ConfigSwapped{config});
  pass_in_steps(tftpd::kUploadDally + 1s);
  (void)answers();
  wrq("b");
  EXPECT_EQ(answers(), "A0");
}

TEST_F(TftpUploads, ASlowDiskAtTheEndIsNoReasonToBeginAnew) {
  wrq("a");
  (void)answers();
  data(1, "x");
  WriteUpload work = taken();
  pass_in_steps(tftpd::kUploadSupersede + 1s);
  wrq("a");
  EXPECT_EQ(count(Counter::kUploadSuperseded), 0U);
  EXPECT_EQ(answers(), "");
  written(std::move(work));
  EXPECT_EQ(answers(), "A1");
  EXPECT_EQ(count(Counter::kUploadsDone), 1U);
}

TEST_F(TftpEngineTest, StraysOfAnUnknownInterfaceAreToldOnlyWhereEachIsServed) {
  ack_at(SocketId{1}, 7, peer(9));
  EXPECT_EQ(sent_text(), "E5");
  unseen_interfaces_served = false;
  build({});
  ack_at(SocketId{1}, 7, peer(9));
  EXPECT_EQ(sent_text(), "");
  EXPECT_EQ(count(Counter::kStraysUntold), 1U);
  EXPECT_EQ(count(Counter::kUnknownTid), 0U);
}

TEST_F(TftpEngineTest, TheMtuFollowsAReload) {
  TftpConfig tftp;
  tftp.clamp_to_mtu = true;
  build(tftp);
  open(file(random_bytes(9'000, 1)));
  ack(1);
  (void)sent();
  const auto granted = [&](std::uint16_t port) {
    const auto payload = request("file", {.blksize = 8'000});
    ReceivedDatagram asked = datagram(kListener, payload, peer(1, port));
    asked.interface = InterfaceIndex{2};
    engine->on_datagram(now, asked, harness.sink);
    settle();
    const auto packets = sent();
    const tftp::Packet packet = tftp::parse(packets.at(0).payload);
    return std::get<tftp::OptionAck>(packet).options.blksize;
  };
  using Mtus = std::vector<InterfaceMtu>;
  EXPECT_EQ(granted(3'000), 8'000U);
  complete(ConfigSwapped{config, nullptr, std::make_shared<const Mtus>(Mtus{{InterfaceIndex{2}, 1'500}})});
  EXPECT_EQ(granted(3'001), 1'468U);
  complete(ConfigSwapped{config});
  EXPECT_EQ(granted(3'002), 1'468U) << "as it was";
}

}  // namespace
}  // namespace rackcast::engine
