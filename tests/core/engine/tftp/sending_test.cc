// What a transfer puts on the wire when nothing goes wrong, and when there is no transmit slot.
#include "tests/core/engine/tftp/tftp_engine_fixture.h"

namespace rackcast::engine {
namespace {

using testing::bytes_of;
using testing::random_bytes;

TEST_F(TftpEngineTest, AShortLastBlockEndsTheFile) {
  open(file(random_bytes(512 + 100, 1)));
  (void)sent();
  ack(1);
  const auto all = sent();
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].payload.size(), 4U + 100U);
  ack(2);
  EXPECT_EQ(engine->in_flight(), 0U);
  EXPECT_EQ(count(Counter::kDone), 1U);
  EXPECT_EQ(count(Counter::kBytesAcknowledged), 612U);
}

TEST_F(TftpEngineTest, AnExactMultipleEndsWithAnEmptyBlock) {
  open(file(random_bytes(1'024, 1)));
  (void)sent();
  ack(1);
  (void)sent();
  ack(2);
  const auto all = sent();
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].payload.size(), 4U);
  ack(3);
  EXPECT_EQ(count(Counter::kDone), 1U);
}

TEST_F(TftpEngineTest, AnEmptyFileIsOneEmptyBlock) {
  open(file({}), {.tsize = 0});
  EXPECT_EQ(tftp::parse_oack(sent().front().payload)->options.tsize, 0U);
  ack(0);
  EXPECT_EQ(sent().front().payload.size(), 4U);
  ack(1);
  EXPECT_EQ(count(Counter::kDone), 1U);
}

TEST_F(TftpEngineTest, AWindowIsOneBurst) {
  open(file(random_bytes(100'000, 1)), {.blksize = 1'000, .windowsize = 16});
  (void)sent();
  ack(0);
  const auto all = sent();
  ASSERT_EQ(all.size(), 16U);
  for (const auto& one : all) EXPECT_EQ(one.burst, all.front().burst);
  ack(16);
  EXPECT_EQ(sent_text(), "D17 D18 D19 D20 D21 D22 D23 D24 D25 D26 D27 D28 D29 D30 D31 D32");
}

TEST_F(TftpEngineTest, ABurstHoldsNoMoreThanTheKernelTakes) {
  TftpConfig tftp;
  tftp.max_windowsize = 200;
  build(tftp);
  open(file(random_bytes(2'000'000, 1)), {.blksize = 512, .windowsize = 200});
  (void)sent();
  ack(0);
  std::map<std::size_t, std::size_t> datagrams;
  for (const auto& one : sent()) ++datagrams[one.burst];
  ASSERT_EQ(datagrams.size(), 4U);  // 64 + 64 + 64 + 8
  for (const auto& [burst, count] : datagrams) EXPECT_LE(count, kBurstDatagramsMax);

  rrq("file", {.blksize = 8'192, .windowsize = 16}, peer(2));
  (void)sent();
  ack(0, peer(2));
  std::map<std::size_t, std::size_t> bytes;
  for (const auto& one : sent()) bytes[one.burst] += one.payload.size();
  EXPECT_EQ(bytes.size(), 3U);  // 7 + 7 + 2
  for (const auto& [burst, size] : bytes) EXPECT_LE(size, kBurstBytesMax);
}

TEST_F(TftpEngineTest, TheLargestBlockGoesOneByOne) {
  open(file(random_bytes(200'000, 1)), {.blksize = 65'464, .windowsize = 2});
  (void)sent();
  ack(0);
  const auto all = sent();
  ASSERT_EQ(all.size(), 2U);
  EXPECT_NE(all[0].burst, all[1].burst);
  EXPECT_EQ(all[0].payload.size(), 65'468U);
}

TEST_F(TftpEngineTest, AWindowAtTheEndOfTheFileIsShort) {
  open(file(random_bytes(2'500, 1)), {.blksize = 1'000, .windowsize = 16});
  (void)sent();
  ack(0);
  EXPECT_EQ(sent_text(), "D1 D2 D3");
  ack(3);
  EXPECT_EQ(count(Counter::kDone), 1U);
}

TEST_F(TftpEngineTest, BlockNumbersWrapToZeroOrToOne) {
  for (const std::uint64_t rollover : {0U, 1U}) {
    build({});
    open(file(random_bytes(8 * 65'540, 1)), {.blksize = 8, .windowsize = 64, .rollover = rollover});
    (void)sent();
    std::vector<std::uint16_t> numbers;
    ack(0);
    for (;;) {
      std::uint16_t last = 0;
      for (const auto& one : sent()) {
        last = tftp::parse_data(one.payload)->block.value();
        numbers.push_back(last);
      }
      if (engine->in_flight() == 0 || numbers.size() > 70'000) break;
      ack(last);
    }
    ASSERT_EQ(numbers.size(), 65'541U);
    EXPECT_EQ(numbers[65'534], 65'535);
    EXPECT_EQ(numbers[65'535], rollover);
    EXPECT_EQ(numbers[65'536], rollover + 1);
  }
}

TEST_F(TftpEngineTest, NetasciiIsTranslatedAcrossBlocksAndResends) {
  std::string text;
  for (int i = 0; i < 500; ++i) text += "line " + std::to_string(i) + (i % 3 == 0 ? "\r\n" : "\n");
  std::string expected;
  for (const char c : text) {
    expected += c == '\n' ? "\r\n" : std::string(1, c);
    if (c == '\r') expected += '\0';
  }
  give(kListener, request("file", {.blksize = 100, .windowsize = 4}, tftp::Mode::kNetascii), peer());
  loaded(file(bytes_of(text)));
  (void)sent();
  ack(0);
  std::string received;
  std::uint16_t got = 0;
  int lossy = 0;
  for (int steps = 0; steps < 1'000 && engine->in_flight() > 0; ++steps) {
    std::uint16_t before = got;
    for (const auto& one : sent()) {
      const auto data = *tftp::parse_data(one.payload);
      if (data.block.value() != got + 1 || ++lossy % 7 == 0) continue;  // every seventh is lost
      received.append(reinterpret_cast<const char*>(data.payload.data()), data.payload.size());
      ++got;
    }
    if (got == before)
      pass_in_steps(std::chrono::seconds(1));
    else
      ack(got);
  }
  EXPECT_EQ(engine->in_flight(), 0U);
  EXPECT_EQ(received, expected);
}

TEST_F(TftpEngineTest, NetasciiOfAnEmptyFileIsOneEmptyBlock) {
  give(kListener, request("file", {}, tftp::Mode::kNetascii), peer());
  loaded(file({}));
  EXPECT_EQ(sent().front().payload.size(), 4U);
  ack(1);
  EXPECT_EQ(count(Counter::kDone), 1U);
}

TEST_F(TftpEngineTest, EveryCommittedBodyIsPinnedUntilItIsReleased) {
  open(file(random_bytes(5'000, 1)), {.blksize = 1'000, .windowsize = 4});
  (void)sent();
  engine->on_datagram(now, datagram(tid, std::array{std::byte{0}, std::byte{4}, std::byte{0}, std::byte{0}}, peer()),
                      harness.sink);
  ASSERT_EQ(harness.io.released_pins.size(), 1U);
  EXPECT_NE(harness.io.released_pins.front(), kNoPin);
  settle();
}

class TftpBackPressure : public TftpEngineTest {
 protected:
  // Lends `count` slots and then none, until give_slots() again.
  struct Slots {
    testing::RecordingIo& io;
  };
  void take_all_slots() {
    while (TxSlot* const slot = harness.io.reserve()) taken.push_back(slot);
  }
  void give_slots(std::size_t count) {
    for (; count > 0 && !taken.empty(); --count) {
      harness.io.cancel(taken.back());
      taken.pop_back();
    }
  }
  std::vector<TxSlot*> taken;
};

TEST_F(TftpBackPressure, TheFirstAnswerWaitsForASlot) {
  take_all_slots();
  open(file(random_bytes(5'000, 1)), {.blksize = 1'000});
  EXPECT_EQ(sent_text(), "");
  EXPECT_EQ(count(Counter::kSlotsExhausted), 1U);
  EXPECT_LE(engine->next_deadline(), now.monotonic + tftpd::kSlotRetry);
  pass(tftpd::kSlotRetry);
  EXPECT_EQ(sent_text(), "");
  give_slots(1);
  pass(tftpd::kSlotRetry);
  EXPECT_EQ(sent_text(), "O");
  pass(std::chrono::milliseconds(5));
  EXPECT_EQ(sent_text(), "");
}

TEST_F(TftpBackPressure, AWindowGoesOutInPartsNothingLostNothingTwice) {
  open(file(random_bytes(200'000, 1)), {.blksize = 8'192, .windowsize = 16});
  (void)sent();
  take_all_slots();
  give_slots(1);
  harness.io.hold_slots = true;
  ack(0);
  EXPECT_EQ(sent_text(), "D1 D2 D3 D4 D5 D6 D7");
  pass(tftpd::kSlotRetry);
  EXPECT_EQ(sent_text(), "");
  give_slots(1);
  pass(tftpd::kSlotRetry);
  EXPECT_EQ(sent_text(), "D8 D9 D10 D11 D12 D13 D14");
  give_slots(1);
  pass(tftpd::kSlotRetry);
  EXPECT_EQ(sent_text(), "D15 D16");
  EXPECT_EQ(count(Counter::kBlocksResent), 0U);
}

TEST_F(TftpBackPressure, TransfersGetSlotsInTheOrderTheyAsked) {
  take_all_slots();
  for (std::uint8_t host = 1; host <= 4; ++host) {
    rrq("file", {}, peer(host));
    if (host == 1) loaded(file(bytes_of("x")));
  }
  harness.io.hold_slots = true;
  for (std::uint8_t host = 1; host <= 4; ++host) {
    give_slots(1);
    pass(tftpd::kSlotRetry);
    const auto all = sent();
    ASSERT_EQ(all.size(), 1U);
    EXPECT_EQ(all[0].to.peer, peer(host));
  }
}

TEST_F(TftpBackPressure, WhoGetsAnAckWaitsBehindThoseWhoWaitForASlot) {
  open(file(random_bytes(5'000, 1)), {.blksize = 1'000});
  (void)sent();
  take_all_slots();
  rrq("file", {}, peer(2));  // finds no slot
  harness.io.hold_slots = true;
  give_slots(1);
  ack(0);
  EXPECT_EQ(sent_text(), "");
  pass(tftpd::kSlotRetry);
  EXPECT_EQ(sent().front().to.peer, peer(2));
  give_slots(1);
  pass(tftpd::kSlotRetry);
  EXPECT_EQ(sent().front().to.peer, peer(1));
}

TEST_F(TftpBackPressure, ALongShortageOfSlotsIsNotThePeersFault) {
  open(file(random_bytes(5'000, 1)), {.blksize = 1'000});
  (void)sent();
  take_all_slots();
  ack(0);
  pass_in_steps(std::chrono::minutes(3));
  EXPECT_EQ(engine->in_flight(), 1U);
  give_slots(4);
  pass(tftpd::kSlotRetry);
  EXPECT_EQ(sent_text(), "D1");
}

TEST_F(TftpBackPressure, ATransferThatEndsWhileItWaitsForASlotIsSkipped) {
  open(file(random_bytes(5'000, 1)), {.blksize = 1'000});
  (void)sent();
  take_all_slots();
  ack(0);
  error(tftp::ErrorCode::kUndefined, "aborted");
  EXPECT_EQ(engine->in_flight(), 0U);
  give_slots(4);
  pass(tftpd::kSlotRetry);
  EXPECT_EQ(sent_text(), "");
}

TEST_F(TftpBackPressure, AShortAnswerWithoutASlotIsDroppedAndCounted) {
  take_all_slots();
  rrq("../x");
  EXPECT_EQ(count(Counter::kAnswersDropped), 1U);
  EXPECT_EQ(sent_text(), "");
}

}  // namespace
}  // namespace rackcast::engine
