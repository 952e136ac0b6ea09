#include <algorithm>
#include <array>

#include "tests/core/engine/tftp/tftp_engine_fixture.h"

namespace rackcast::engine {
namespace {

using testing::bytes_of;
using testing::random_bytes;

TEST_F(TftpEngineTest, ARequestWithoutOptionsIsAnsweredWithData1FromATransferPort) {
  open(file(bytes_of("hello")));
  const auto all = sent();
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(name_of(all[0].payload), "D1");
  EXPECT_EQ(all[0].to.peer, peer());
  EXPECT_NE(all[0].to.socket, kListener);
  EXPECT_EQ(all[0].to.source, net::IpAddress(net::Ipv4Address(10, 255, 0, 1)));
  EXPECT_EQ(all[0].payload.size(), 4U + 5U);
}

TEST_F(TftpEngineTest, TheOackHoldsExactlyWhatWasAskedAndNoPadding) {
  open(file(random_bytes(10'000, 1)), {.blksize = 1'468, .tsize = 0});
  const auto all = sent();
  ASSERT_EQ(all.size(), 1U);
  const std::string_view expected("\0\6tsize\00010000\0blksize\0001468\0", 2 + 6 + 6 + 8 + 5);
  EXPECT_EQ(all[0].payload, bytes_of(expected));
}

TEST_F(TftpEngineTest, DataFollowsAck0OfTheOackAndNotBefore) {
  open(file(random_bytes(5'000, 1)), {.blksize = 1'000});
  EXPECT_EQ(sent_text(), "O");
  ack(0);
  EXPECT_EQ(sent_text(), "D1");
}

TEST_F(TftpEngineTest, OptionsThatDoNotSurviveLeadStraightToData) {
  open(file(bytes_of("x")), {.blksize = 4, .timeout = 0});
  EXPECT_EQ(sent_text(), "D1");
}

TEST_F(TftpEngineTest, UnknownOptionsAreIgnored) {
  const auto payload = bytes_of(std::string_view("\0\1file\0octet\0frobnicate\0yes\0", 2 + 5 + 6 + 11 + 4));
  give(kListener, payload, peer());
  loaded(file(bytes_of("x")));
  EXPECT_EQ(sent_text(), "D1");
}

TEST_F(TftpEngineTest, LimitsOfTheConfigurationCapBlockAndWindow) {
  TftpConfig tftp;
  tftp.max_blksize = 1'024;
  tftp.max_windowsize = 8;
  build(tftp);
  open(file(random_bytes(100'000, 1)), {.blksize = 65'464, .windowsize = 65'535});
  const auto all = sent();
  const auto oack = *tftp::parse_oack(all[0].payload);
  EXPECT_EQ(oack.options.blksize, 1'024U);
  EXPECT_EQ(oack.options.windowsize, 8U);
}

TEST_F(TftpEngineTest, AWriteRequestIsRefusedOnceWithCode2AndText) {
  give(kListener, request("log", {}, tftp::Mode::kOctet, tftp::Opcode::kWrq), peer());
  const auto all = sent();
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(name_of(all[0].payload), "E2");
  EXPECT_EQ(tftp::parse_error(all[0].payload)->text, "this server does not accept files");
  EXPECT_EQ(all[0].to.socket, kListener);
  EXPECT_EQ(count(Counter::kWriteRefused), 1U);
  EXPECT_EQ(engine->in_flight(), 0U);
  pass_in_steps(std::chrono::minutes(2));
  EXPECT_TRUE(sent().empty());
}

TEST_F(TftpEngineTest, UnknownModeAndMailAreIllegalOperations) {
  give(kListener, bytes_of(std::string_view("\0\1file\0bogus\0", 2 + 5 + 6)), peer());
  EXPECT_EQ(sent_text(), "E4");
  give(kListener, bytes_of(std::string_view("\0\1file\0mail\0", 2 + 5 + 5)), peer());
  EXPECT_EQ(sent_text(), "E4");
  EXPECT_EQ(count(Counter::kModeRefused), 2U);
}

TEST_F(TftpEngineTest, GarbageIsCountedAndNeverAnswered) {
  for (const std::string_view bytes :
       {std::string_view(""), std::string_view("\0", 1), std::string_view("\0\1", 2), std::string_view("\0\1file", 6),
        std::string_view("\0\7abc", 5), std::string_view("\xFF\xFF\xFF\xFF", 4)}) {
    give(kListener, bytes_of(bytes), peer());
    give(SocketId{1}, bytes_of(bytes), peer());
  }
  EXPECT_TRUE(sent().empty());
  EXPECT_EQ(count(Counter::kGarbage), 12U);
  EXPECT_TRUE(events().empty());
}

TEST_F(TftpEngineTest, GarbageIsCountedByWhatIsWrongWithIt) {
  const auto give_bytes = [&](std::string_view bytes) { give(kListener, bytes_of(bytes), peer()); };
  give_bytes({"\0", 1});
  give_bytes({"\0\7abc", 5});
  give_bytes({"\0\1file", 6});
  give_bytes({"\0\1\0octet\0", 9});
  give_bytes({"\0\1file\0octet", 12});
  give_bytes({"\0\1file\0bogus\0", 13});
  give_bytes({"\0\1file\0octet\0blksize\0001468", 25});
  give_bytes(std::string("\0\1", 2) + std::string(tftp::kRequestBytesMax, 'x'));
  EXPECT_EQ(count(Counter::kGarbageCutShort), 1U);
  EXPECT_EQ(count(Counter::kGarbageOpcode), 1U);
  EXPECT_EQ(count(Counter::kGarbageName), 2U);
  EXPECT_EQ(count(Counter::kGarbageMode), 2U);
  EXPECT_EQ(count(Counter::kGarbageOptions), 1U);
  EXPECT_EQ(count(Counter::kGarbageTooLong), 1U);
  EXPECT_EQ(count(Counter::kGarbage), 8U);
}

TEST_F(TftpEngineTest, RequestsSentToAGroupAreDroppedAndCounted) {
  const auto payload = request("file");
  for (const net::Ipv4Address to :
       {net::Ipv4Address::broadcast(), net::Ipv4Address(224, 0, 0, 1), net::Ipv4Address(10, 255, 0, 255)}) {
    ReceivedDatagram received = datagram(kListener, payload, peer());
    received.destination = to;
    engine->on_datagram(now, received, harness.sink);
  }
  EXPECT_EQ(count(Counter::kDroppedGroupAddressed), 3U);
  EXPECT_TRUE(harness.router.submitted.empty());
  EXPECT_TRUE(sent().empty());
}

TEST_F(TftpEngineTest, RequestsFromWhereNobodyCanBeAreDropped) {
  rrq("file", {}, {net::Ipv4Address(10, 0, 0, 1), net::UdpPort(0)});
  rrq("file", {}, {net::Ipv4Address(0, 0, 0, 0), net::UdpPort(9)});
  rrq("file", {}, {net::Ipv4Address(239, 1, 1, 1), net::UdpPort(9)});
  rrq("file", {}, {net::Ipv4Address::broadcast(), net::UdpPort(9)});
  EXPECT_EQ(count(Counter::kDroppedSpoofed), 4U);
  EXPECT_TRUE(sent().empty());
}

TEST_F(TftpEngineTest, TruncatedDatagramsAreDropped) {
  const auto payload = request("file");
  ReceivedDatagram received = datagram(kListener, payload, peer());
  received.truncated = true;
  engine->on_datagram(now, received, harness.sink);
  EXPECT_EQ(count(Counter::kDroppedTruncated), 1U);
  EXPECT_TRUE(harness.router.submitted.empty());
}

TEST_F(TftpEngineTest, ARequestToATransferPortIsIgnored) {
  give(SocketId{1}, request("file"), peer());
  EXPECT_EQ(count(Counter::kRequestOffPort), 1U);
  EXPECT_TRUE(sent().empty());
}

TEST_F(TftpEngineTest, SocketsOfOtherEnginesAreNotOurs) {
  give(SocketId{40}, request("file"), peer());
  EXPECT_TRUE(harness.router.submitted.empty());
}

TEST_F(TftpEngineTest, ARepeatedRequestIsAnsweredAgainAndNotServedTwice) {
  open(file(random_bytes(5'000, 1)), {.blksize = 1'000});
  EXPECT_EQ(sent_text(), "O");
  rrq("file", {.blksize = 1'000});  // a copy the network made
  EXPECT_EQ(sent_text(), "");
  pass(std::chrono::milliseconds(250));
  rrq("file", {.blksize = 1'000});  // the client's own repetition
  const auto again = sent();
  ASSERT_EQ(again.size(), 1U);
  EXPECT_EQ(name_of(again[0].payload), "O");
  EXPECT_EQ(engine->in_flight(), 1U);
  EXPECT_EQ(count(Counter::kDuplicateRequests), 2U);
}

TEST_F(TftpEngineTest, ARepeatedRequestWithoutOptionsGetsData1FromTheSamePort) {
  open(file(random_bytes(5'000, 1)));
  const SocketId first = sent().front().to.socket;
  pass(std::chrono::milliseconds(250));
  rrq("file");
  const auto again = sent();
  ASSERT_EQ(again.size(), 1U);
  EXPECT_EQ(name_of(again[0].payload), "D1");
  EXPECT_EQ(again[0].to.socket, first);
}

TEST_F(TftpEngineTest, ARequestRepeatedWhileTheImageLoadsIsAnsweredOnce) {
  rrq("file");
  rrq("file");
  pass(std::chrono::milliseconds(500));
  rrq("file");
  EXPECT_EQ(harness.router.submitted.size(), 1U);
  loaded(file(bytes_of("x")));
  EXPECT_EQ(sent_text(), "D1");
  EXPECT_EQ(engine->in_flight(), 1U);
}

TEST_F(TftpEngineTest, ANewRequestInTheMiddleOfATransferStartsAnewOnAnotherPort) {
  open(file(random_bytes(5'000, 1)));
  const SocketId first = sent().front().to.socket;
  ack_at(first, 1);
  (void)sent();
  rrq("file");
  const auto restarted = sent();
  ASSERT_EQ(restarted.size(), 1U);
  EXPECT_EQ(name_of(restarted[0].payload), "D1");
  EXPECT_NE(restarted[0].to.socket, first);
  ack(1);  // to the new one: it is what the client means
  EXPECT_EQ(sent_text(), "D2");
  EXPECT_EQ(engine->in_flight(), 1U);
  EXPECT_EQ(count(Counter::kSuperseded), 1U);
  ack_at(first, 2);  // the old one is over and quiet
  EXPECT_TRUE(sent().empty());
  EXPECT_EQ(count(Counter::kLateDatagrams), 1U);
}

TEST_F(TftpEngineTest, ALateCopyOfTheRequestDoesNotEndTheTransferItStarted) {
  open(file(random_bytes(5'000, 1)));
  const SocketId first = sent().front().to.socket;
  ack_at(first, 1);
  (void)sent();
  rrq("file");
  (void)sent();
  ack_at(first, 2);  // the client goes on with the first
  EXPECT_EQ(sent_text(), "D3");
  EXPECT_EQ(engine->in_flight(), 1U);
  rrq("file");
  (void)sent();
  error(tftp::ErrorCode::kUnknownTid, "");  // or says so
  EXPECT_EQ(engine->in_flight(), 1U);
  ack_at(first, 3);
  EXPECT_EQ(sent_text(), "D4");
  EXPECT_EQ(count(Counter::kSuperseded), 2U);
}

TEST_F(TftpEngineTest, ARequestForAnotherFileFromTheSamePortSupersedesTheUnanswered) {
  open(file(random_bytes(5'000, 1)), {.blksize = 1'000});
  (void)sent();
  rrq("other");
  EXPECT_EQ(count(Counter::kSuperseded), 1U);
  loaded(file(bytes_of("other")));
  EXPECT_EQ(sent_text(), "D1");
  EXPECT_EQ(engine->in_flight(), 1U);
}

TEST_F(TftpEngineTest, TheKeyOfAnEndedTransferIsNotReusedWhileOthersAreFree) {
  open(file(bytes_of("x")));
  std::vector<SocketId> used{sent().front().to.socket};
  for (int i = 1; i < kTids; ++i) {
    ack(1);
    rrq("file");
    used.push_back(sent().front().to.socket);
  }
  std::sort(used.begin(), used.end());
  EXPECT_EQ(std::unique(used.begin(), used.end()), used.end());
  ack(1);
  rrq("file");  // all ports linger for this peer: the one that ended first is taken
  EXPECT_EQ(sent_text(), "D1");
  EXPECT_EQ(engine->in_flight(), 1U);
}

TEST_F(TftpEngineTest, SinglePortAnswersFromTheListener) {
  TftpConfig tftp;
  tftp.single_port = true;
  build(tftp);
  open(file(random_bytes(1'000, 1)));
  EXPECT_EQ(sent().front().to.socket, kListener);
  ack_at(kListener, 1);
  EXPECT_EQ(sent_text(), "D2");
  ack_at(kListener, 2);
  EXPECT_EQ(engine->in_flight(), 0U);
  rrq("file");  // the same key again: allowed here, there is no other
  EXPECT_EQ(sent_text(), "D1");
}

TEST_F(TftpEngineTest, UnderASinglePortALateCopyIsIgnoredAndARestartIsServed) {
  TftpConfig tftp;
  tftp.single_port = true;
  build(tftp);
  open(file(random_bytes(5'000, 1)));
  ack_at(kListener, 1);
  (void)sent();
  rrq("file");  // blocks flow: a copy made by the network
  EXPECT_EQ(sent_text(), "");
  ack_at(kListener, 2);
  EXPECT_EQ(sent_text(), "D3");
  pass(std::chrono::milliseconds(250));
  rrq("file");  // nothing flows: the client began anew
  EXPECT_EQ(sent_text(), "D1");
  EXPECT_EQ(engine->in_flight(), 1U);
}

TEST_F(TftpEngineTest, WhenTheTableIsFullTheOldestThatNeverAnsweredGoes) {
  for (std::uint8_t host = 1; host <= 8; ++host) {
    rrq("file", {}, peer(host));
    if (host == 1) loaded(file(random_bytes(2'000, 1)));
    const SocketId used = sent().back().to.socket;
    if (host <= 4) ack_at(used, 1, peer(host));  // honest: confirmed
  }
  (void)sent();
  EXPECT_EQ(engine->in_flight(), 8U);
  rrq("file", {}, peer(9));
  EXPECT_EQ(sent_text(), "D1");
  EXPECT_EQ(engine->in_flight(), 8U);
  EXPECT_EQ(count(Counter::kEvictedUnconfirmed), 1U);
}

TEST_F(TftpEngineTest, WhenAllAreHonestANewRequestIsDroppedAndSaidOnce) {
  for (std::uint8_t host = 1; host <= 8; ++host) {
    rrq("file", {}, peer(host));
    if (host == 1) loaded(file(random_bytes(2'000, 1)));
    ack_at(sent().front().to.socket, 1, peer(host));
    (void)sent();
  }
  for (std::uint8_t host = 20; host < 30; ++host) rrq("file", {}, peer(host));
  EXPECT_EQ(sent_text(), "");
  EXPECT_EQ(count(Counter::kDroppedTableFull), 10U);
  const auto all = kinds();
  EXPECT_EQ(std::count(all.begin(), all.end(), EventKind::kWarning), 1);
}

TEST_F(TftpEngineTest, ConfigurationSwappedRunningTransfersKeepTheirTerms) {
  open(file(random_bytes(10'000, 1)), {.blksize = 1'468});
  (void)sent();
  auto next = std::make_shared<Config>(*config);
  next->tftp->max_blksize = 1'000;
  complete(ConfigSwapped{next});
  ack(0);
  EXPECT_EQ(sent().front().payload.size(), 4U + 1'468U);
  rrq("file", {.blksize = 1'468}, peer(2));
  EXPECT_EQ(tftp::parse_oack(sent().front().payload)->options.blksize, 1'000U);
}

TEST_F(TftpEngineTest, TftpSwitchedOffDropsRequestsAndCounts) {
  complete(ConfigSwapped{std::make_shared<Config>()});
  rrq("file");
  EXPECT_TRUE(harness.router.submitted.empty());
  EXPECT_EQ(count(Counter::kDroppedStopping), 1U);
}

TEST_F(TftpEngineTest, StopTakesNothingNewAndLetsTransfersEnd) {
  open(file(random_bytes(600, 1)));
  (void)sent();
  complete(StopLane{});
  rrq("file", {}, peer(2));
  EXPECT_TRUE(sent().empty());
  EXPECT_EQ(engine->in_flight(), 1U);
  ack(1);
  EXPECT_EQ(sent_text(), "D2");
  ack(2);
  EXPECT_EQ(engine->in_flight(), 0U);
}

TEST_F(TftpEngineTest, Ipv6PeersAreServed) {
  net::Ipv6Address v6;
  v6.octets = {0xFE, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5};
  ReceivedDatagram received;
  const auto payload = request("file");
  received.peer = {v6, net::UdpPort(2'070)};
  v6.octets[15] = 1;
  received.local = {v6, net::UdpPort(69)};
  received.destination = v6;
  received.scope_id = 3;
  received.interface = InterfaceIndex{3};
  received.socket = kListenerV6;
  received.payload = payload;
  engine->on_datagram(now, received, harness.sink);
  loaded(file(bytes_of("x")));
  const auto all = sent();
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].to.scope_id, 3U);
  EXPECT_EQ(all[0].to.interface, InterfaceIndex{3});
}

TEST_F(TftpEngineTest, TheTransferPortIsDrawnAtRandomAndEachComesUpAlike) {
  open(file(bytes_of("x")), {}, peer(1, 1'000));
  (void)sent();
  std::array<int, kTids + 1> uses{};
  int in_turn = 0;
  SocketId last{1};
  constexpr int kDraws = 1'000;
  for (std::uint16_t i = 0; i < kDraws; ++i) {
    const net::Endpoint from = peer(2, static_cast<std::uint16_t>(2'000 + i));
    if (i % 100 == 0) pass(std::chrono::milliseconds(10));
    rrq("file", {}, from);
    const SocketId used = sent().back().to.socket;
    ++uses[used.value()];
    in_turn += used.value() == last.value() % kTids + 1 ? 1 : 0;
    last = used;
    ack_at(used, 1, from);
  }
  for (std::uint16_t i = 1; i <= kTids; ++i) EXPECT_NEAR(uses[i], kDraws / kTids, 80) << i;
  EXPECT_NEAR(in_turn, kDraws / kTids, 80);
}

TEST_F(TftpEngineTest, EachFamilyIsAnsweredFromItsOwnTransferPorts) {
  open(file(random_bytes(1'000, 1)));
  (void)sent();
  for (std::uint8_t host = 2; host < 40; ++host) {
    rrq("file", {}, peer(host));
    const SocketId v4 = sent().front().to.socket;
    EXPECT_TRUE(v4.value() >= 1 && v4.value() <= kTids) << v4.value();

    ReceivedDatagram received = datagram(kListenerV6, {}, peer_v6(host));
    const auto payload = request("file");
    received.payload = payload;
    received.local.address = received.destination = peer_v6(200).address;
    engine->on_datagram(now, received, harness.sink);
    const SocketId v6 = sent().front().to.socket;
    EXPECT_TRUE(v6.value() >= kFirstTidV6.value() && v6.value() < kFirstTidV6.value() + kTids) << v6.value();
    ack_at(v6, 1, peer_v6(host));
    EXPECT_EQ(sent_text(), "D2");
    ack_at(v6, 2, peer_v6(host));
    ack_at(v4, 1, peer(host));
    ack_at(v4, 2, peer(host));
    (void)sent();
  }
  EXPECT_EQ(count(Counter::kDone), 76U);
}

TEST_F(TftpEngineTest, AFamilyWithoutTransferPortsIsAnsweredFromTheListenerThatWasAsked) {
  TftpSetup setup;
  setup.config = config;
  setup.root = "/tftpboot";
  setup.listeners = {kListener, kListenerV6};
  setup.tids.v4 = {SocketId{1}};
  setup.epoch = &epoch;
  engine = std::make_unique<TftpEngine>(std::move(setup));
  ReceivedDatagram received = datagram(kListenerV6, {}, peer_v6());
  const auto payload = request("file");
  received.payload = payload;
  received.local.address = received.destination = peer_v6(200).address;
  engine->on_datagram(now, received, harness.sink);
  loaded(file(random_bytes(1'000, 1)));
  EXPECT_EQ(sent().front().to.socket, kListenerV6);
  ack_at(kListenerV6, 1, peer_v6());
  EXPECT_EQ(sent_text(), "D2");
}

}  // namespace
}  // namespace rackcast::engine
