// The eyes of the checkers by hand: transfers on the wire, owed answers, leases; and the stores' group commit.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "io_backends/sim/sim_network.h"
#include "proto/dhcp/message_writer.h"
#include "proto/tftp/encode.h"
#include "tools/sim/deterministic/checkers.h"
#include "tools/sim/deterministic/virtual_stores.h"
#include "tools/sim/deterministic/withheld_checker.h"
#include "tools/sim/machines/mac_plan.h"

namespace rackcast::sim {
namespace {

using namespace std::chrono_literals;

const net::Endpoint kClient{net::Ipv4Address(10, 0, 0, 16), net::UdpPort{2'070}};
const net::Ipv4Address kServer(10, 0, 0, 1);

class TransferWatchTest : public ::testing::Test, protected TransferWatcher {
 protected:
  void on_started(const TransferFacts&) override { ++started; }
  void on_ended(const TransferFacts&) override { ++ended; }
  void on_closed(const TransferFacts& transfer) override {
    last = transfer;
    checker.on_closed(now, transfer);
  }

  io::SimFrame frame(bool down, std::uint16_t port, std::span<const std::byte> payload) const {
    io::SimFrame made;
    const net::Endpoint own{kServer, net::UdpPort{port}};
    made.source = down ? own : kClient;
    made.destination = down ? kClient : own;
    made.payload.assign(payload.begin(), payload.end());
    return made;
  }
  void rrq() {
    std::array<std::byte, 100> room{};
    tftp::Request request;
    request.filename = "f";
    watch.on_arrived(now, frame(false, 69, tftp::encode_request(room, request)));
  }
  void oack(std::uint64_t window) {
    std::array<std::byte, 100> room{};
    tftp::Options options;
    options.blksize = 1'000;
    options.windowsize = window;
    options.timeout = timeout;
    watch.on_sent(now, frame(true, tid, tftp::encode_oack(room, options)));
  }
  void data(std::uint16_t block, std::size_t size = 1'000) {
    std::vector<std::byte> bytes(4 + size);
    (void)tftp::encode_data_header(bytes, tftp::BlockNumber(block));
    watch.on_sent(now, frame(true, tid, bytes));
  }
  void ack(std::uint16_t block) {
    std::array<std::byte, 4> room{};
    watch.on_arrived(now, frame(false, tid, tftp::encode_ack(room, tftp::BlockNumber(block))));
  }
  void lose_data() { watch.on_fault(now, frame(true, tid, {})); }
  std::uint64_t violated_at_end() {
    watch.close_all();
    return violations.count();
  }

  std::uint16_t tid = 40'000;
  std::optional<std::uint64_t> timeout;
  Violations violations;
  BytesChecker checker{violations};
  TransferWatch watch{kServer, net::UdpPort{69}, *this};
  Instant now{};
  TransferFacts last;
  int started = 0;
  int ended = 0;
};

TEST_F(TransferWatchTest, ATransferBeginsAndEnds) {
  rrq();
  oack(1);
  ack(0);
  data(1);
  ack(1);
  data(2, 10);
  EXPECT_EQ(started, 1);
  EXPECT_EQ(ended, 0);
  ack(2);
  EXPECT_EQ(ended, 1);
  EXPECT_EQ(violations.count(), 0U);
}

TEST_F(TransferWatchTest, ARepeatWithoutAFaultIsAViolation) {
  rrq();
  oack(1);
  ack(0);
  data(1);
  data(1);
  ASSERT_EQ(violated_at_end(), 1U);
  EXPECT_THAT(violations.kept().front().what, ::testing::HasSubstr("10.0.0.16:2070"));
}

TEST_F(TransferWatchTest, ATenthOfTheWholeTransferMayBeRepeated) {
  rrq();
  oack(1);
  for (std::uint16_t block = 1; block <= 11; ++block) data(block);
  data(1);
  EXPECT_EQ(violations.count(), 0U);
  data(12, 10);
  ack(12);
  EXPECT_EQ(violations.count(), 0U);
}

TEST_F(TransferWatchTest, AFaultAllowsOneWindow) {
  rrq();
  oack(4);
  ack(0);
  for (std::uint16_t block = 1; block <= 4; ++block) data(block);
  lose_data();
  ack(0);
  for (std::uint16_t block = 1; block <= 4; ++block) data(block);
  data(1);
  EXPECT_EQ(violated_at_end(), 1U);
  EXPECT_THAT(violations.kept().front().what, ::testing::HasSubstr("1 datagrams lost"));
}

TEST_F(TransferWatchTest, SilenceBeyondTheTimeOutIsAFaultToo) {
  rrq();
  data(1, 512);
  now += 1s;
  data(1, 512);
  now += 1ms;
  ack(0);  // heard
  now += 1s;
  data(1, 512);  // late, but not for the client's silence
  EXPECT_EQ(violated_at_end(), 1U);
  EXPECT_EQ(last.faults, 1U);
}

TEST_F(TransferWatchTest, SilenceThatALossExplainsIsNoFaultOfItsOwn) {
  rrq();
  data(1, 512);
  lose_data();
  now += 1s;
  data(1, 512);
  watch.close_all();
  EXPECT_EQ(last.faults, 1U);
}

TEST_F(TransferWatchTest, TheTimeOutIsTheTransfersOwn) {
  timeout = 5;
  rrq();
  oack(1);
  now += 1s;
  oack(1);  // four seconds early
  EXPECT_EQ(violated_at_end(), 1U);
  EXPECT_EQ(last.faults, 0U);
}

// single_port: the server answers from the port that was asked, and ACKs arrive there.
TEST_F(TransferWatchTest, AnAckAtTheListenerIsNoRequest) {
  tid = 69;
  rrq();
  oack(1);
  ack(0);
  data(1);
  ack(1);
  data(2, 10);
  ack(2);
  EXPECT_EQ(started, 1);
  EXPECT_EQ(ended, 1);
  EXPECT_EQ(last.bytes_sent, last.bytes_needed);
}

TEST_F(TransferWatchTest, BlocksWrapAndStayNew) {
  rrq();
  oack(1);
  std::uint16_t block = 1;
  for (int i = 0; i < 70'000; ++i) {
    data(block);
    ack(block++);
  }
  EXPECT_EQ(violations.count(), 0U);
}

TEST_F(TransferWatchTest, TheNextRequestBeginsAnew) {
  rrq();
  data(1, 100);
  rrq();  // the client never acknowledged, it asks again from the same port
  data(1, 100);
  EXPECT_EQ(started, 2);
  EXPECT_EQ(ended, 1);
  watch.forget_client(net::Ipv4Address(10, 0, 0, 16));
  EXPECT_EQ(ended, 2);
}

class WithheldTest : public ::testing::Test {
 protected:
  static io::SimFrame frame(bool down, std::span<const std::byte> payload) {
    io::SimFrame made;
    const net::Endpoint own{kServer, net::UdpPort{40'000}};
    made.source = down ? own : kClient;
    made.destination = down ? kClient : own;
    made.payload.assign(payload.begin(), payload.end());
    return made;
  }
  static io::SimFrame ack(std::uint16_t block) {
    std::array<std::byte, 4> room{};
    return frame(false, tftp::encode_ack(room, tftp::BlockNumber(block)));
  }
  void ask(Span at, std::uint16_t block = 7, bool arrives = true) {
    checker.on_sent(Instant(at), ack(block));
    if (arrives) checker.on_arrived(Instant(at), ack(block));
  }
  void answer(Span at, bool lost) {
    std::array<std::byte, 4> room{};
    const io::SimFrame data = frame(true, tftp::encode_data_header(room, tftp::BlockNumber(8)));
    checker.on_sent(Instant(at), data);
    if (lost) checker.on_lost(data);
  }

  Violations violations;
  std::vector<std::uint32_t> segment_of{0};
  WithheldChecker checker{violations, kServer, segment_of};
};

TEST_F(WithheldTest, AQuestionThatIsNeverAnsweredIsToldWhenItIsRepeated) {
  ask(0s);
  ask(1s);
  EXPECT_EQ(violations.count(), 1U);
}

TEST_F(WithheldTest, ALostQuestionIsNotOwed) {
  ask(0s, 7, false);
  ask(1s, 7, false);
  EXPECT_EQ(violations.count(), 0U);
}

TEST_F(WithheldTest, AnAnswerThatWasNotLostIsNotOwedAgain) {
  ask(0s);
  answer(1ms, false);
  ask(5s);
  ask(30s);
  EXPECT_EQ(violations.count(), 0U);
}

TEST_F(WithheldTest, ALostAnswerIsOwedAgain) {
  ask(0s);
  answer(1ms, true);
  ask(5s);
  EXPECT_EQ(violations.count(), 0U);
  ask(10s);
  ASSERT_EQ(violations.count(), 1U);
  EXPECT_THAT(violations.kept().front().what, ::testing::HasSubstr("after 5000 ms"));
}

TEST_F(WithheldTest, WhereTransfersTakeTurnsARequestMayWait) {
  WithheldChecker patient{violations, kServer, segment_of, true};
  const std::array request_bytes{std::byte{0}, std::byte{1},   std::byte{'f'},
                                 std::byte{0}, std::byte{'o'}, std::byte{0}};
  const io::SimFrame request = frame(false, request_bytes);
  patient.on_sent(Instant(0s), request);
  patient.on_arrived(Instant(0s), request);
  patient.on_sent(Instant(5s), request);
  EXPECT_EQ(violations.count(), 0U);
  checker.on_arrived(Instant(0s), request);
  checker.on_sent(Instant(5s), request);
  EXPECT_EQ(violations.count(), 1U);
}

// DATA is repeated by the server's timer, whose wait doubles: 1 s, then 2 s.
TEST_F(WithheldTest, TheServersOwnWaitIsNotWithholding) {
  ask(0s);
  answer(1ms, true);
  ask(250ms);
  ask(750ms);
  answer(1'001ms, true);
  ask(1'750ms);
  ask(2'900ms);
  EXPECT_EQ(violations.count(), 0U);
  ask(3'100ms);
  EXPECT_EQ(violations.count(), 1U);
}

// A machine's DISCOVER, which the server hears at once.
class ProbedTest : public WithheldTest {
 protected:
  void discover(Span at) {
    io::SimFrame made;
    made.source = {net::Ipv4Address(), dhcp4::kClientPort};
    made.destination = {net::Ipv4Address::broadcast(), dhcp4::kServerPort};
    dhcp4::Header header;
    header.set_mac(identity_of(MachineId{0}).mac);
    std::array<std::byte, 300> room{};
    dhcp4::MessageWriter writer(room, header, {.size_bytes_max = room.size()});
    (void)writer.put_u8(dhcp4::OptionCode::kMessageType, static_cast<std::uint8_t>(dhcp4::MessageType::kDiscover));
    const auto octets = writer.finish();
    made.payload.assign(octets.begin(), octets.end());
    checker.on_sent(Instant(at), made);
    checker.on_arrived(Instant(at), made);
  }
  void probe_until(Span at) { checker.on_probe(identity_of(MachineId{0}).mac, Instant(at)); }
};

TEST_F(ProbedTest, NothingIsDueWhileAnAddressIsLookedAt) {
  discover(0s);
  probe_until(1s);
  discover(500ms);
  discover(1'100ms);
  EXPECT_EQ(violations.count(), 0U);
  discover(3s);
  ASSERT_EQ(violations.count(), 1U) << "the look is over, and no answer came";
  EXPECT_THAT(violations.kept().front().what, ::testing::HasSubstr("after 2000 ms"));
}

TEST_F(ProbedTest, AQuestionThatLeadsToNoLookIsDueAtOnce) {
  discover(0s);
  discover(1s);
  EXPECT_EQ(violations.count(), 1U);
}

TEST_F(ProbedTest, OneLookAfterTheOtherIsWaitedFor) {
  discover(0s);
  probe_until(1ms);  // somebody has it
  probe_until(1'001ms);
  discover(1s);
  EXPECT_EQ(violations.count(), 0U);
}

TEST(LeaseChecker, AnAddressMayChangeHandsOnlyWhenItIsFree) {
  Violations violations;
  LeaseChecker checker(violations, 5);
  const auto asked_at = [](Span since, std::uint8_t last = 16) {
    return LeaseReceived{net::Ipv4Address(10, 0, 0, last), kServer, 100, Instant(since)};
  };
  checker.on_lease(Instant(1s), MachineId{1}, asked_at(0s));
  checker.on_lease(Instant(53s), MachineId{1}, asked_at(50s));    // renewed, and counted from the REQUEST
  checker.on_lease(Instant(151s), MachineId{2}, asked_at(151s));  // ran out at 150
  EXPECT_EQ(violations.count(), 0U);
  checker.on_lease(Instant(160s), MachineId{2}, asked_at(160s, 17));
  checker.on_lease(Instant(170s), MachineId{3}, asked_at(170s));  // machine 2 has another now
  checker.on_nak(MachineId{3});
  checker.on_lease(Instant(171s), MachineId{4}, asked_at(171s));  // and machine 3 none
  EXPECT_EQ(violations.count(), 0U);
  checker.on_lease(Instant(172s), MachineId{0}, asked_at(172s));
  EXPECT_EQ(violations.count(), 1U);
  EXPECT_EQ(checker.turns().renewed, 1U);
  EXPECT_EQ(checker.turns().reused, 1U);
}

TEST(Violations, AreBoundedButCounted) {
  Violations violations;
  for (int i = 0; i < 1'000; ++i) violations.add({});
  EXPECT_EQ(violations.count(), 1'000U);
  EXPECT_EQ(violations.kept().size(), Violations::kKeptMax);
}

class FairnessTest : public ::testing::Test {
 protected:
  FairnessTest() {
    plan.machines.resize(5);
    for (MachinePlan& machine : plan.machines) machine.profile = &all_profiles().front();
  }
  // Machine i is done after 10 s; machine 4 as the test has it.
  std::uint64_t violated(const std::function<void(FairnessChecker&)>& last_machine) {
    Violations violations;
    FairnessChecker checker(violations, plan, queued);
    for (std::uint32_t i = 0; i < 4; ++i) checker.on_stage(Instant(10s), MachineId{i}, Stage::kDone);
    last_machine(checker);
    checker.at_end(Instant(60s));
    return violations.count();
  }
  static void done_after(FairnessChecker& checker, Span time) {
    checker.on_stage(Instant(time), MachineId{4}, Stage::kDone);
  }

  RunPlan plan;
  bool queued = false;
};

TEST_F(FairnessTest, TwiceTheMedianFromItsOwnStartIsTheLimit) {
  EXPECT_EQ(violated([](FairnessChecker& checker) { done_after(checker, 20s); }), 0U);
  EXPECT_EQ(violated([](FairnessChecker& checker) { done_after(checker, 21s); }), 1U);
  plan.machines[4].power_on = Instant(5s);
  EXPECT_EQ(violated([](FairnessChecker& checker) { done_after(checker, 21s); }), 0U);
}

TEST_F(FairnessTest, WhoIsStillAtItHasTakenTheWholeTime) {
  EXPECT_EQ(violated([](FairnessChecker&) {}), 1U);
  plan.machines[4].power_on = Instant(45s);
  EXPECT_EQ(violated([](FairnessChecker&) {}), 0U);
}

TEST_F(FairnessTest, SilenceWithoutLossIsStarvation) {
  const auto silent = [](FairnessChecker& checker) { checker.on_failure(MachineId{4}, Failure::kTimeout); };
  EXPECT_EQ(violated(silent), 1U);
  EXPECT_EQ(violated([](FairnessChecker& checker) { checker.on_failure(MachineId{4}, Failure::kNotFound); }), 0U);
  plan.machines[4].exempt_from_fairness = true;  // of the comparison; it is to be answered all the same
  EXPECT_EQ(violated(silent), 1U);
  plan.machines[4].cut_until = Instant(5s);
  EXPECT_EQ(violated(silent), 0U);
  plan.machines[4].cut_until = {};
  plan.weather.loss = 0.01;
  EXPECT_EQ(violated(silent), 0U);
}

TEST_F(FairnessTest, DuplicatesAreNoLossAndReorderingOneThatStarvesNobody) {
  const auto slow = [](FairnessChecker& checker) { done_after(checker, 21s); };
  plan.weather.duplicate = 0.05;
  EXPECT_EQ(violated(slow), 1U);
  plan.weather.reorder = 0.05;
  EXPECT_EQ(violated(slow), 0U);
  EXPECT_EQ(violated([](FairnessChecker& checker) { checker.on_failure(MachineId{4}, Failure::kNoOffer); }), 1U);
}

TEST_F(FairnessTest, WhereMachinesQueueTheLastMayTakeLongButNobodyStarves) {
  queued = true;
  EXPECT_EQ(violated([](FairnessChecker& checker) { done_after(checker, 21s); }), 0U);
  EXPECT_EQ(violated([](FairnessChecker& checker) { checker.on_failure(MachineId{4}, Failure::kTimeout); }), 1U);
}

class StoresTest : public ::testing::Test {
 protected:
  StoresTest() {
    ports.push_back(std::make_unique<LanePort>());
    stores = std::make_unique<VirtualStores>(network, tree, ports, StoreTimes{.commit_time = 3ms});
  }
  void commit(std::size_t rows) {
    for (std::size_t i = 0; i < rows; ++i) {
      Work work = CommitLease{Ticket{++tickets}, {}};
      ASSERT_TRUE(stores->submit(LaneId{0}, work));
    }
  }
  std::size_t answers_at(Duration time) {
    network.advance_to(start + time);
    std::size_t count = 0;
    while (ports[0]->take()) ++count;
    return count;
  }

  io::SimNetwork network;
  VirtualTree tree{TreeContent{{"f", text_content("abc")}}};
  std::vector<std::unique_ptr<LanePort>> ports;
  std::unique_ptr<VirtualStores> stores;
  MonotonicTime start = network.now().monotonic;
  std::uint64_t tickets = 0;
};

TEST_F(StoresTest, ACommitWaitsAMillisecondOrForThirtyTwoRows) {
  commit(3);
  EXPECT_EQ(answers_at(3'900us), 0U);
  EXPECT_EQ(answers_at(4'000us), 3U);
  commit(32);
  EXPECT_EQ(answers_at(7'000us), 32U);
  EXPECT_EQ(stores->counters().commits, 2U);
}

TEST_F(StoresTest, RowsThatComeMeanwhileGoTogether) {
  commit(32);
  network.advance_to(start + 1ms);
  commit(100);
  EXPECT_EQ(answers_at(3ms), 32U);
  EXPECT_EQ(answers_at(6ms), 100U);
  EXPECT_EQ(stores->counters().commits, 2U);
  EXPECT_EQ(stores->waiting(), 0U);
}

TEST_F(StoresTest, TheQueueIsBounded) {
  commit(32);  // on their way
  commit(VirtualStores::kQueueMax);
  Work work = CommitLease{};
  EXPECT_FALSE(stores->submit(LaneId{0}, work));
  EXPECT_EQ(stores->counters().rows_refused, 1U);
}

TEST_F(StoresTest, ImagesAreResolvedWhenAsked) {
  for (const char* path : {"f", "nothing"}) {
    Work work = LoadImage{Ticket{1}, PathText(path)};
    ASSERT_TRUE(stores->submit(LaneId{0}, work));
  }
  network.advance_to(start + 1s);
  const auto missing = ports[0]->take();
  EXPECT_EQ(std::get<ImageLoaded>(*missing).status, ImageStatus::kNotFound);
  const auto found = ports[0]->take();
  EXPECT_EQ(std::get<ImageLoaded>(*found).image->size_bytes, 3U);
}

}  // namespace
}  // namespace rackcast::sim
