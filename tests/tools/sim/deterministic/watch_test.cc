// The eyes of the checkers by hand: transfers on the wire, owed answers, leases; and the stores' group commit.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "io_backends/sim/sim_network.h"
#include "proto/tftp/encode.h"
#include "tools/sim/deterministic/checkers.h"
#include "tools/sim/deterministic/virtual_stores.h"
#include "tools/sim/deterministic/withheld_checker.h"

namespace rackcast::sim {
namespace {

using namespace std::chrono_literals;

const net::Endpoint kClient{net::Ipv4Address(10, 0, 0, 16), net::UdpPort{2'070}};
const net::Ipv4Address kServer(10, 0, 0, 1);

class TransferWatchTest : public ::testing::Test, protected TransferWatcher {
 protected:
  void on_started(const TransferFacts&) override { ++started; }
  void on_ended(const TransferFacts&) override { ++ended; }
  void on_repeat(TransferFacts& transfer) override {
    last = transfer;
    checker.on_repeat(now, transfer);
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
    watch.on_sent(now, frame(true, kTid, tftp::encode_oack(room, options)));
  }
  void data(std::uint16_t block, std::size_t size = 1'000) {
    std::vector<std::byte> bytes(4 + size);
    (void)tftp::encode_data_header(bytes, tftp::BlockNumber(block));
    watch.on_sent(now, frame(true, kTid, bytes));
  }
  void ack(std::uint16_t block) {
    std::array<std::byte, 4> room{};
    watch.on_arrived(now, frame(false, kTid, tftp::encode_ack(room, tftp::BlockNumber(block))));
  }
  void lose_data() { watch.on_fault(frame(true, kTid, {})); }

  static constexpr std::uint16_t kTid = 40'000;
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
  ASSERT_EQ(violations.count(), 1U);
  EXPECT_THAT(violations.kept().front().what, ::testing::HasSubstr("10.0.0.16:2070"));
}

TEST_F(TransferWatchTest, AFaultAllowsOneWindow) {
  rrq();
  oack(4);
  ack(0);
  for (const int block : {1, 2, 3, 4}) data(static_cast<std::uint16_t>(block));
  lose_data();
  ack(0);
  for (const int block : {1, 2, 3, 4}) data(static_cast<std::uint16_t>(block));
  EXPECT_EQ(violations.count(), 0U);
  data(1);
  EXPECT_EQ(violations.count(), 1U);
}

TEST_F(TransferWatchTest, SilenceBeyondTheTimeOutIsAFaultToo) {
  rrq();
  data(1, 512);
  now += 1s;
  data(1, 512);
  EXPECT_EQ(violations.count(), 0U);
  now += 1ms;
  ack(0);  // heard
  now += 1s;
  data(1, 512);  // late, but not for the client's silence
  EXPECT_EQ(last.faults, 1U);
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

TEST(LeaseChecker, AnAddressMayChangeHandsOnlyWhenItIsFree) {
  Violations violations;
  LeaseChecker checker(violations);
  const LeaseReceived lease{net::Ipv4Address(10, 0, 0, 16), kServer, 100};
  checker.on_lease(Instant(0s), MachineId{1}, lease);
  checker.on_lease(Instant(50s), MachineId{1}, lease);   // renewed
  checker.on_lease(Instant(151s), MachineId{2}, lease);  // ran out at 150
  EXPECT_EQ(violations.count(), 0U);
  checker.on_lease(Instant(160s), MachineId{2}, {net::Ipv4Address(10, 0, 0, 17), kServer, 100});
  checker.on_lease(Instant(170s), MachineId{3}, lease);  // machine 2 has another now
  EXPECT_EQ(violations.count(), 0U);
  checker.on_lease(Instant(171s), MachineId{4}, lease);
  EXPECT_EQ(violations.count(), 1U);
}

TEST(Violations, AreBoundedButCounted) {
  Violations violations;
  for (int i = 0; i < 1'000; ++i) violations.add({});
  EXPECT_EQ(violations.count(), 1'000U);
  EXPECT_EQ(violations.kept().size(), Violations::kKeptMax);
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
