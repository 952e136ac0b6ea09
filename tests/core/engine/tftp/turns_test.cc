// Admission as machines see it: who starts, who waits, who hears nothing.
#include "tests/core/engine/tftp/tftp_engine_fixture.h"

namespace rackcast::engine {
namespace {

using namespace std::chrono_literals;
using testing::bytes_of;
using testing::random_bytes;

class TftpTurns : public TftpEngineTest {
 protected:
  // Lets the file be known; peer(200) has its transfer running.
  void limit(AdmissionConfig admission, std::size_t transfers_max = 64) {
    TftpConfig tftp;
    tftp.admission = std::move(admission);
    build(std::move(tftp), {.transfers_max = transfers_max, .cache_paths = 64});
    open(file(random_bytes(3'000, 1)), {}, peer(200));
    (void)sent();
    ack(1, peer(200));
    EXPECT_EQ(sent_text(), "D2");
  }
  // Asks, and answers the first block: "D2" when the transfer goes on, "" when it must wait.
  std::string start(const net::Endpoint& from) {
    rrq("file", {}, from);
    EXPECT_EQ(sent_text(), "D1");
    ack(1, from);
    return sent_text();
  }
  // The rest of a transfer that runs at `socket`.
  void read_all(const net::Endpoint& from, SocketId socket) {
    for (std::uint16_t block = 2; block <= 6; ++block) ack_at(socket, block, from);
    (void)sent();
  }
  std::vector<net::Endpoint> started() {
    std::vector<net::Endpoint> peers;
    for (const auto& one : sent()) peers.push_back(one.to.peer);
    return peers;
  }
};

TEST_F(TftpTurns, InstancesBeyondTheLimitWaitInOrderAndStartWhenOneEnds) {
  limit({.instances = 1});
  const SocketId running = tid;
  EXPECT_EQ(start(peer(1)), "");
  const SocketId first = tid;
  EXPECT_EQ(start(peer(2)), "");
  EXPECT_EQ(count(Counter::kTurnsWaited), 2U);
  read_all(peer(200), running);
  pass(0ms);
  EXPECT_EQ(started(), std::vector{peer(1)});
  read_all(peer(1), first);
  pass(0ms);
  EXPECT_EQ(started(), std::vector{peer(2)});
}

TEST_F(TftpTurns, AnOackedTransferGoesOnWithItsFirstBlock) {
  limit({.instances = 1});
  const SocketId running = tid;
  rrq("file", {.blksize = 512}, peer(1));
  EXPECT_EQ(sent_text(), "O");
  ack(0, peer(1));
  EXPECT_EQ(sent_text(), "");
  ack(0, peer(1));  // it repeats itself
  EXPECT_EQ(sent_text(), "");
  read_all(peer(200), running);
  pass(0ms);
  EXPECT_EQ(sent_text(), "D1");
}

// Both queues go through the same links of a transfer.
TEST_F(TftpTurns, WhoWaitsForASlotAndThenForItsTurnWaitsForItsTurn) {
  limit({.instances = 1});
  const SocketId running = tid;
  rrq("file", {}, peer(1));
  rrq("file", {}, peer(2));
  EXPECT_EQ(sent_text(), "D1 D1");
  std::vector<TxSlot*> taken;
  while (TxSlot* const slot = harness.io.reserve()) taken.push_back(slot);
  pass_in_steps(1'020ms);  // block 1 is due again, to both
  EXPECT_GE(count(Counter::kSlotsExhausted), 2U);
  ack_at(tid, 1, peer(2));
  EXPECT_EQ(count(Counter::kTurnsWaited), 1U);
  for (TxSlot* const slot : taken) harness.io.cancel(slot);
  const SocketId second = tid;
  pass_in_steps(5ms);  // who waits for a slot gets one
  (void)sent();
  read_all(peer(200), running);
  pass_in_steps(10ms);
  std::string to_second;
  for (const auto& one : sent())
    if (one.to.peer == peer(2)) to_second += name_of(one.payload);
  EXPECT_EQ(to_second, "D2");
  read_all(peer(2), second);
  EXPECT_EQ(count(Counter::kDone), 2U);
}

TEST_F(TftpTurns, WhoeverForgesRequestsTakesNoPlace) {
  limit({.instances = 2, .cps = Cps{2, 10}});
  for (std::uint8_t forged = 100; forged < 140; ++forged) {
    rrq("file", {}, peer(forged));
    EXPECT_EQ(sent_text(), "D1");
  }
  EXPECT_EQ(start(peer(1)), "D2");
}

TEST_F(TftpTurns, OneSourceAtItsLimitHoldsUpNobodyElse) {
  limit({.per_source = 1});
  EXPECT_EQ(start(peer(1, 2'000)), "D2");
  const SocketId first = tid;
  EXPECT_EQ(start(peer(1, 2'001)), "");
  EXPECT_EQ(start(peer(2)), "D2");
  read_all(peer(1, 2'000), first);
  pass(0ms);
  EXPECT_EQ(started(), (std::vector{peer(1, 2'001)}));
}

TEST_F(TftpTurns, ManyOfOneSourceAreNotAskedAboutForEver) {
  AdmissionConfig admission{.per_source = 1};
  TftpConfig tftp;
  tftp.admission = admission;
  build(std::move(tftp), {.transfers_max = 1'024, .cache_paths = 64});
  open(file(random_bytes(3'000, 1)), {}, peer(1, 1'999));
  (void)sent();
  for (std::uint16_t port = 2'000; port < 2'000 + tftpd::kTurnsPerSourceMax; ++port) {
    rrq("file", {}, peer(1, port));
    (void)sent();
    ack(1, peer(1, port));
  }
  (void)sent();
  const std::uint64_t before = engine->admission().delayed[static_cast<std::size_t>(AdmissionReason::kPerSource)];
  for (int i = 0; i < 1'000; ++i) pass(1ms);
  const std::uint64_t asked =
      engine->admission().delayed[static_cast<std::size_t>(AdmissionReason::kPerSource)] - before;
  EXPECT_LE(asked, 6U) << "one question each time";
  EXPECT_GE(asked, 3U);
}

TEST_F(TftpTurns, WhenAllThatWereLookedAtAreOverTheRestIsLookedAtToo) {
  TftpConfig tftp;
  tftp.admission = {.instances = 1};
  build(std::move(tftp), {.transfers_max = 1'024, .cache_paths = 64});
  open(file(random_bytes(3'000, 1)), {}, peer(200));
  (void)sent();
  ack(1, peer(200));
  const auto wait = [&](const net::Endpoint& from) {
    rrq("file", {}, from);
    (void)sent();
    ack(1, from);
    EXPECT_EQ(sent_text(), "");
  };
  constexpr std::size_t kSources = 2 * tftpd::kTurnsGivenMax / tftpd::kTurnsPerSourceMax;
  static_assert(kSources < 16);
  for (std::uint16_t i = 0; i < 2 * tftpd::kTurnsGivenMax; ++i)
    wait(peer(static_cast<std::uint8_t>(1 + i % kSources), static_cast<std::uint16_t>(2'000 + i)));
  wait(peer(100));
  auto next = std::make_shared<Config>(*config);
  next->tftp->admission = {.no_access = {*net::IpPrefix::parse("10.0.0.0/28")}};
  complete(ConfigSwapped{next});
  for (int i = 0; i < 1'000; ++i) pass(1ms);
  EXPECT_EQ(engine->in_flight(), 2U);
  EXPECT_EQ(started().front(), peer(100));
}

TEST_F(TftpTurns, ManySourcesAtTheirLimitHoldUpAFreePlaceForMillisecondsOnly) {
  TftpConfig tftp;
  tftp.admission = {.instances = 301, .per_source = 1};
  build(std::move(tftp), {.transfers_max = 2'048, .cache_paths = 64});
  open(file(random_bytes(3'000, 1)), {}, peer(200, 1'999));
  const auto machine = [](int i) { return net::Ipv4Address(10, 0, 1, 0).value() + static_cast<std::uint32_t>(i); };
  const auto ask = [&](const net::Endpoint& from) {
    rrq("file", {}, from);
    (void)sent();
    ack(1, from);
  };
  std::vector<SocketId> running;
  for (int i = 0; i < 301; ++i) {
    ask({net::Ipv4Address(machine(i)), net::UdpPort(2'000)});
    running.push_back(tid);
  }
  (void)sent();
  for (int i = 0; i < 300; ++i) ask({net::Ipv4Address(machine(i)), net::UdpPort(2'001)});
  EXPECT_EQ(sent_text(), "");
  ask(peer(1));  // all places are taken: it waits behind those that wait for themselves
  EXPECT_EQ(sent_text(), "");
  for (std::uint16_t block = 2; block <= 6; ++block)
    ack_at(running[300], block, {net::Ipv4Address(machine(300)), net::UdpPort(2'000)});
  (void)sent();
  for (int i = 0; i < 5; ++i) pass(1ms);
  EXPECT_EQ(started(), std::vector{peer(1)});
}

TEST_F(TftpTurns, OneSourceDoesNotFillTheTableWithThoseThatWait) {
  limit({.per_source = 1}, 256);
  EXPECT_EQ(start(peer(1, 1'999)), "D2");
  for (std::uint16_t port = 2'000; port < 2'000 + 1'000; ++port) {
    rrq("file", {}, peer(1, port));
    (void)sent();
    ack(1, peer(1, port));
    EXPECT_EQ(sent_text(), "") << port;
  }
  EXPECT_GE(count(Counter::kTurnsTaken), 1'000U - tftpd::kTurnsPerSourceMax);
  EXPECT_EQ(engine->in_flight(), 2U + tftpd::kTurnsPerSourceMax);
  EXPECT_EQ(start(peer(2)), "D2");
}

TEST_F(TftpTurns, SourcesTakeTurnsHoweverManyOneHasWaiting) {
  limit({.instances = 1});
  const SocketId running = tid;
  for (std::uint16_t port = 2'000; port < 2'003; ++port) EXPECT_EQ(start(peer(1, port)), "");
  EXPECT_EQ(start(peer(2)), "");
  const SocketId second = tid;
  read_all(peer(200), running);
  pass(0ms);
  const auto first = sent();
  ASSERT_EQ(first.size(), 1U);
  EXPECT_EQ(first[0].to.peer, peer(1, 2'000));
  read_all(peer(1, 2'000), first[0].to.socket);
  pass(0ms);
  EXPECT_EQ(started(), std::vector{peer(2)});
  read_all(peer(2), second);
  pass(0ms);
  EXPECT_EQ(started(), (std::vector{peer(1, 2'001)}));
}

TEST_F(TftpTurns, ANewcomerTakesNoPlaceThatOthersWaitFor) {
  limit({.instances = 1});
  const SocketId running = tid;
  EXPECT_EQ(start(peer(1)), "");
  read_all(peer(200), running);
  EXPECT_EQ(start(peer(2)), "") << "the place is free, and another's";
  pass(0ms);
  EXPECT_EQ(started(), std::vector{peer(1)});
}

TEST_F(TftpTurns, ConnectionsBeyondTheRateStartASecondLater) {
  limit({.cps = Cps{2, 10}});
  EXPECT_EQ(start(peer(1)), "D2");
  EXPECT_EQ(start(peer(2)), "");
  EXPECT_EQ(start(peer(3)), "");
  EXPECT_EQ(start(peer(4)), "");
  pass(1s);
  std::vector<net::Endpoint> others;
  for (const net::Endpoint& one : started())
    if (one != peer(1) && one != peer(200)) others.push_back(one);
  EXPECT_EQ(others, (std::vector{peer(2), peer(3)}));
  // A machine that is in the middle of its boot goes on: its next file is no connection.
  EXPECT_EQ(start(peer(1, 2'071)), "D2");
}

TEST_F(TftpTurns, TenNamesThatAreNotThereTripNothing) {
  limit({.cps = Cps{1, 10}, .policy = AdmissionPolicy::kXinetd});
  pass(20s);
  (void)sent();
  rrq("pxelinux.cfg/nothing", {}, peer(1));
  loaded(nullptr, ImageStatus::kNotFound);
  for (int i = 0; i < 500; ++i) rrq("pxelinux.cfg/nothing", {}, peer(static_cast<std::uint8_t>(i % 100)));
  (void)sent();
  rrq("file", {}, peer(1));
  loaded(file(bytes_of("x")));
  EXPECT_EQ(sent_text(), "D1");
}

TEST_F(TftpTurns, ASizeProbeIsNeitherInstanceNorConnection) {
  limit({.instances = 2, .cps = Cps{2, 10}, .policy = AdmissionPolicy::kXinetd});
  for (std::uint16_t port = 2'000; port < 2'010; ++port) {
    rrq("file", {.tsize = 0}, peer(1, port));
    EXPECT_EQ(sent_text(), "O");
    error(tftp::ErrorCode::kOptionRefused, "User aborted the transfer", peer(1, port));
  }
  rrq("file", {}, peer(1, 2'010));
  EXPECT_EQ(sent_text(), "D1");
  EXPECT_EQ(engine->admission().undone, 10U);
}

TEST_F(TftpTurns, UnderXinetdsRulesARefusalIsSilentAndTold) {
  limit({.per_source = 1, .policy = AdmissionPolicy::kXinetd});
  rrq("file", {}, peer(1, 2'000));
  EXPECT_EQ(sent_text(), "D1");
  harness.events.events.clear();
  rrq("file", {}, peer(1, 2'001));
  EXPECT_EQ(sent_text(), "");
  ASSERT_EQ(events().size(), 1U);
  EXPECT_EQ(events()[0].kind, EventKind::kRefused);
  EXPECT_EQ(events()[0].detail.view(), "per_source_limit");
  EXPECT_TRUE(events()[0].xinetd);
  EXPECT_FALSE(events()[0].quiet);
  EXPECT_EQ(engine->in_flight(), 2U);
}

TEST_F(TftpTurns, ThatCpsSwitchedTheServiceOffIsToldOnceAndSoIsItsReturn) {
  limit({.cps = Cps{1, 10}, .policy = AdmissionPolicy::kXinetd});
  pass(20s);
  (void)sent();
  harness.events.events.clear();
  for (std::uint8_t host = 1; host <= 5; ++host) {
    rrq("file", {}, peer(host));
    if (!harness.router.submitted.empty()) loaded(file(bytes_of("x")));
  }
  std::vector<std::string> told;
  const auto tell = [&] {
    for (const Event& event : events())
      if (event.kind == EventKind::kWarning || event.kind == EventKind::kNotice) told.emplace_back(event.detail.view());
    harness.events.events.clear();
  };
  tell();
  const std::string off = "Deactivating service tftp due to excessive incoming connections.  Restarting in 10 seconds.";
  EXPECT_EQ(told, std::vector{off});
  pass_in_steps(9'900ms);
  tell();
  EXPECT_EQ(told, std::vector{off});
  pass_in_steps(200ms);
  tell();
  EXPECT_EQ(told, (std::vector<std::string>{off, "Activating service tftp"}));
  pass_in_steps(60s);
  tell();
  EXPECT_EQ(told.size(), 2U);
}

TEST_F(TftpTurns, WhoIsKeptOutHearsNothingWhateverItAsksFor) {
  limit({.only_from = std::vector{*net::IpPrefix::parse("10.0.0.200"), *net::IpPrefix::parse("10.0.0.1")},
         .log_on_failure = false});
  rrq("file", {}, peer(2));
  rrq("no such file", {}, peer(2));
  EXPECT_EQ(sent_text(), "");
  EXPECT_TRUE(harness.router.submitted.empty()) << "a stranger makes nobody look on the disk";
  EXPECT_TRUE(events().back().quiet);
  rrq("file", {}, peer(1));
  EXPECT_EQ(sent_text(), "D1");
}

TEST_F(TftpTurns, WhoIsKeptOutHearsNothingOfUnknownModesAndOldTransfers) {
  limit({.no_access = {*net::IpPrefix::parse("10.0.0.2")}});
  give(kListener, bytes_of(std::string_view("\0\1file\0strange\0", 15)), peer(2));
  EXPECT_EQ(sent_text(), "");
  ack_at(SocketId{1}, 7, peer(2));
  EXPECT_EQ(sent_text(), "");
}

TEST_F(TftpTurns, OutsideTheTimesAFileOfOneBlockIsNotServedEither) {
  limit({});
  auto next = std::make_shared<Config>(*config);
  const unsigned minute = system_local_time().minute_of_day(now.wall);
  const auto later = static_cast<std::uint16_t>((minute + 60) % 1'440);
  next->tftp->admission.access_times = {DaySpan{later, later}};
  complete(ConfigSwapped{next});
  rrq("short", {}, peer(200, 2'071));
  loaded(file(bytes_of("x")));
  EXPECT_EQ(sent_text(), "D1") << "it is in the middle of its boot";
  harness.events.events.clear();
  for (const tftp::Options& options : {tftp::Options{}, tftp::Options{.tsize = 0}}) rrq("short", options, peer(1));
  EXPECT_EQ(sent_text(), "");
  EXPECT_EQ(engine->in_flight(), 2U);
  EXPECT_EQ(engine->admission().refused[static_cast<std::size_t>(AdmissionReason::kTime)], 2U);
  ASSERT_EQ(events().size(), 2U);
  EXPECT_EQ(events()[0].detail.view(), "time");
  pass(1h);
  (void)sent();
  rrq("short", {}, peer(2));
  loaded(file(bytes_of("x")));
  EXPECT_EQ(sent_text(), "D1");
}

TEST_F(TftpTurns, WhoGoesAwayBeforeItsTurnIsForgotten) {
  limit({.instances = 1});
  const SocketId running = tid;
  EXPECT_EQ(start(peer(1)), "");
  const SocketId waiting = tid;
  pass_in_steps(20s);
  ack_at(waiting, 1, peer(1));  // still there, as is the one that runs
  ack_at(running, 1, peer(200));
  pass_in_steps(20s);
  EXPECT_EQ(count(Counter::kTurnsGivenUp), 0U);
  ack_at(running, 1, peer(200));
  pass_in_steps(20s);
  EXPECT_EQ(count(Counter::kTurnsGivenUp), 1U);
}

TEST_F(TftpTurns, AStoppingServerSendsThoseThatWaitAway) {
  limit({.instances = 1});
  EXPECT_EQ(start(peer(1)), "");
  complete(StopLane{});
  EXPECT_EQ(engine->in_flight(), 1U) << "the one that runs";
}

TEST_F(TftpTurns, WithTftpSwitchedOffNobodysTurnComes) {
  limit({.instances = 1});
  const SocketId running = tid;
  EXPECT_EQ(start(peer(1)), "");
  complete(ConfigSwapped{std::make_shared<Config>()});
  read_all(peer(200), running);
  pass(0ms);
  EXPECT_EQ(engine->in_flight(), 0U);
}

}  // namespace
}  // namespace rackcast::engine
