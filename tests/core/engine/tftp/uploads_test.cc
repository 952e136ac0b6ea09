// Uploads, packet by packet.
#include <gmock/gmock.h>

#include "core/engine/tftp/upload_name.h"
#include "tests/core/engine/tftp/tftp_engine_fixture.h"

namespace rackcast::engine {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class TftpUploads : public TftpEngineTest {
 protected:
  TftpUploads() { accept({}); }

  void accept(UploadConfig upload, TftpConfig tftp = {}, std::size_t uploads_max = 4) {
    tftp.upload = std::move(upload);
    tftp.upload.dir = "/drop";
    build(std::move(tftp), {.transfers_max = 8, .cache_paths = 64, .uploads_max = uploads_max});
  }
  void wrq(std::string_view name, const tftp::Options& options = {}, const net::Endpoint& from = peer(),
           tftp::Mode mode = tftp::Mode::kOctet) {
    give(kListener, request(name, options, mode, tftp::Opcode::kWrq), from);
  }
  void data_at(SocketId socket, std::uint16_t block, std::string_view bytes, const net::Endpoint& from = peer()) {
    std::array<std::byte, 4> room;
    const auto header = tftp::encode_data_header(room, tftp::BlockNumber(block));
    std::vector<std::byte> packet(header.begin(), header.end());
    for (const char c : bytes) packet.push_back(static_cast<std::byte>(c));
    give(socket, packet, from);
  }
  void data(std::uint16_t block, std::string_view bytes, const net::Endpoint& from = peer()) {
    data_at(tid, block, bytes, from);
  }
  void blocks(std::uint16_t first, std::uint16_t last, std::size_t size = 512) {
    for (std::uint16_t block = first; block <= last; ++block) data(block, std::string(size, 'x'));
  }

  // "A3" ACK by number, "O" OACK, "E3" ERROR by code.
  std::string answers() {
    std::string text;
    for (const auto& one : sent()) {
      const tftp::Packet packet = tftp::parse(one.payload);
      const auto* const ack = std::get_if<tftp::Ack>(&packet);
      text += (text.empty() ? "" : " ") +
              (ack != nullptr ? "A" + std::to_string(ack->block.value()) : name_of(one.payload));
    }
    return text;
  }

  // --- the store's side
  WriteUpload taken() {
    if (harness.router.submitted.empty()) return {};
    auto work = std::get<WriteUpload>(std::move(harness.router.submitted.front()));
    harness.router.submitted.pop_front();
    return work;
  }
  void written(WriteUpload work, UploadStatus status = UploadStatus::kWritten, std::string_view name = "10.0.0.1-a") {
    (void)complete(UploadWritten{work.ticket, status, UploadName(name), std::move(work.buffer)});
  }
  static std::string text_of(const WriteUpload& work) {
    std::string text;
    for (std::size_t i = 0; i < work.buffer->size; ++i) text += static_cast<char>(work.buffer->bytes[i]);
    return text;
  }
  [[nodiscard]] bool abandoned() const {
    return !harness.router.submitted.empty() && std::holds_alternative<AbandonUpload>(harness.router.submitted.back());
  }
};

TEST_F(TftpUploads, AreOffUnlessADirectoryIsNamed) {
  build({});
  wrq("a");
  EXPECT_EQ(answers(), "E2");
  EXPECT_EQ(count(Counter::kWriteRefused), 1U);
}

TEST_F(TftpUploads, AFileOfTwoBlocksIsAcknowledgedOnceItIsDurable) {
  wrq("/var/log/a");
  EXPECT_EQ(answers(), "A0");
  EXPECT_THAT(events(), IsEmpty()) << "who never sends data may be forged";
  blocks(1, 1);
  EXPECT_EQ(answers(), "A1");
  data(2, "end");
  EXPECT_EQ(answers(), "");
  const WriteUpload work = taken();
  EXPECT_TRUE(work.first && work.last);
  EXPECT_EQ(work.name.view(), "10.0.0.1-var_log_a");
  EXPECT_EQ(text_of(work), std::string(512, 'x') + "end");
  EXPECT_EQ(engine->in_flight(), 1U);
  written(work, UploadStatus::kWritten, "10.0.0.1-var_log_a.1");
  EXPECT_EQ(answers(), "A2");
  EXPECT_EQ(engine->in_flight(), 0U);
  EXPECT_THAT(kinds(), ElementsAre(EventKind::kTransferStarted, EventKind::kTransferDone));
  EXPECT_TRUE(events()[1].upload);
  EXPECT_EQ(events()[1].path.view(), "10.0.0.1-var_log_a.1");
  EXPECT_EQ(events()[1].bytes_done, 515U);
}

TEST_F(TftpUploads, AnEmptyFileIsAFile) {
  wrq("a");
  (void)answers();
  data(1, "");
  const WriteUpload work = taken();
  EXPECT_TRUE(work.first && work.last);
  EXPECT_EQ(work.buffer->size, 0U);
  written(work);
  EXPECT_EQ(answers(), "A1");
}

TEST_F(TftpUploads, OptionsAreGrantedWithinWhatAReceiveBufferHolds) {
  wrq("a", {.blksize = 8'192, .tsize = 1'000, .windowsize = 64});
  auto packets = sent();
  ASSERT_EQ(packets.size(), 1U);
  const tftp::Packet packet = tftp::parse(packets[0].payload);
  const auto& granted = std::get<tftp::OptionAck>(packet).options;
  EXPECT_EQ(granted.blksize, 2'044U);
  EXPECT_EQ(granted.windowsize, kUploadBufferBytes / 2 / 2'044);
  EXPECT_EQ(granted.tsize, 1'000U);
}

TEST_F(TftpUploads, AMachinesClassCapsWhatItSends) {
  TftpConfig tftp;
  tftp.max_blksize = 1'400;
  TftpClassConfig weak;
  weak.network = net::IpPrefix::parse("10.0.0.0/8");
  weak.max_blksize = 600;
  weak.max_windowsize = 2;
  tftp.classes = {weak};
  accept({}, tftp);
  wrq("a", {.blksize = 1'400, .windowsize = 8});
  const auto packets = sent();
  ASSERT_EQ(packets.size(), 1U);
  const tftp::Packet packet = tftp::parse(packets[0].payload);
  EXPECT_EQ(std::get<tftp::OptionAck>(packet).options.blksize, 600U);
  EXPECT_EQ(std::get<tftp::OptionAck>(packet).options.windowsize, 2U);
}

TEST_F(TftpUploads, ALargeFileGoesToTheStoreBufferByBuffer) {
  wrq("a", {.blksize = 1'024});
  EXPECT_EQ(answers(), "O");
  std::size_t stored = 0;
  unsigned writes = 0;
  for (std::uint16_t block = 1; block <= 200; ++block) {
    data(block, std::string(1'024, 'y'));
    if (harness.router.submitted.empty()) {
      EXPECT_EQ(answers(), "A" + std::to_string(block));
      continue;
    }
    EXPECT_EQ(answers(), "") << "no ACK before there is room for what it lets go";
    data(block, std::string(1'024, 'y'));  // the client is impatient
    EXPECT_EQ(answers(), "");
    const WriteUpload work = taken();
    EXPECT_EQ(work.first, writes == 0);
    EXPECT_FALSE(work.last);
    stored += work.buffer->size;
    ++writes;
    written(work);
    EXPECT_EQ(answers(), "A" + std::to_string(block));
  }
  data(201, "z");
  const WriteUpload work = taken();
  EXPECT_TRUE(work.last && !work.first);
  EXPECT_EQ(stored + work.buffer->size, 200U * 1'024 + 1);
  EXPECT_GE(writes, 3U);
}

TEST_F(TftpUploads, AWindowHasOneAck) {
  wrq("a", {.windowsize = 4});
  (void)answers();
  blocks(1, 4);
  EXPECT_EQ(answers(), "A4");
  blocks(5, 8);
  EXPECT_EQ(answers(), "A8");
}

TEST_F(TftpUploads, AGapIsReportedOnceAndAWindowThatCameTwiceOnce) {
  wrq("a", {.windowsize = 4});
  (void)answers();
  blocks(1, 2);
  blocks(4, 4);
  EXPECT_EQ(answers(), "A2");
  blocks(5, 6);
  EXPECT_EQ(answers(), "") << "one report is enough";
  blocks(3, 6);
  EXPECT_EQ(answers(), "A6");
  blocks(3, 6);  // our ACK was lost
  EXPECT_EQ(answers(), "A6");
  blocks(2, 2);
  EXPECT_EQ(answers(), "");
  EXPECT_EQ(count(Counter::kUploadGaps), 1U);
}

// Each window is broken by a gap before it ends, so no window's end ever looks at the buffer.
TEST_F(TftpUploads, WindowsThatNeverEndDoNotOverrunTheBuffer) {
  for (const auto mode : {tftp::Mode::kOctet, tftp::Mode::kNetascii}) {
    wrq("a", {.blksize = 2'044, .windowsize = 16}, peer(), mode);
    (void)answers();
    std::uint16_t next = 1;
    std::size_t stored = 0;
    while (stored < 4 * kUploadBufferBytes) {
      for (int i = 0; i < 15 && harness.router.submitted.empty(); ++i, ++next) blocks(next, next, 2'044);
      blocks(next + 1, next + 1, 2'044);
      (void)answers();
      if (harness.router.submitted.empty()) continue;
      const WriteUpload work = taken();
      ASSERT_LE(work.buffer->size, kUploadBufferBytes);
      stored += work.buffer->size;
      written(work);
      while (harness.io.sent.empty()) pass(1ms);
      EXPECT_EQ(answers(), "A" + std::to_string(next - 1)) << "what came is acknowledged, the rest asked for again";
    }
    data(next, "");
    EXPECT_EQ(stored + taken().buffer->size, (next - 1) * 2'044U);
    error(tftp::ErrorCode::kUndefined, "enough");
    harness.router.submitted.clear();
    accept({});
  }
}

TEST_F(TftpUploads, NorDoTimeoutsInTheMiddleOfWindows) {
  wrq("a", {.blksize = 2'044, .windowsize = 16});
  (void)answers();
  std::uint16_t next = 1;
  for (; harness.router.submitted.empty(); ++next) {
    ASSERT_LE(next, kUploadBufferBytes / 2'044);
    blocks(next, next, 2'044);
    if (next % 10 == 0) pass_in_steps(1'100ms);
  }
  EXPECT_GT(count(Counter::kUploadTimeouts), 0U);
  const WriteUpload work = taken();
  EXPECT_EQ(work.buffer->size, (next - 1) * 2'044U);
}

TEST_F(TftpUploads, ADuplicateInLockStepIsAcknowledgedAnOlderOneIsNot) {
  wrq("a");
  (void)answers();
  blocks(1, 2);
  EXPECT_EQ(answers(), "A1 A2");
  blocks(2, 2);
  EXPECT_EQ(answers(), "A2");
  blocks(1, 1);
  blocks(9, 9);
  EXPECT_EQ(answers(), "");
  EXPECT_EQ(count(Counter::kUploadBlocksIgnored), 2U);
}

TEST_F(TftpUploads, TheLastAckIsRepeatedWhileTheClientRepeatsItsLastBlock) {
  wrq("a");
  (void)answers();
  data(1, "x");
  written(taken());
  EXPECT_EQ(answers(), "A1");
  data(1, "x");
  EXPECT_EQ(answers(), "A1");
  EXPECT_TRUE(harness.router.submitted.empty()) << "stored once";
  pass_in_steps(tftpd::kUploadDally + 1s);
  data(1, "x");
  EXPECT_EQ(answers(), "E5");
}

TEST_F(TftpUploads, BlockNumbersWrap) {
  wrq("a", {.blksize = 8, .windowsize = 64});
  (void)answers();
  for (std::uint32_t block = 1; block <= 70'000; ++block) {
    data(static_cast<std::uint16_t>(block), "12345678");
    if (!harness.router.submitted.empty()) written(taken());
    pass(1ms);
    (void)answers();
  }
  data(static_cast<std::uint16_t>(70'001), "");
  const WriteUpload work = taken();
  EXPECT_TRUE(work.last);
  written(work);
  EXPECT_EQ(answers(), "A" + std::to_string(70'001 - 65'536));
  EXPECT_EQ(events().back().bytes_done, 560'000U);
}

TEST_F(TftpUploads, NetasciiIsTranslatedBackOverBlockBorders) {
  wrq("a", {}, peer(), tftp::Mode::kNetascii);
  (void)answers();
  data(1, std::string(511, 'x') + "\r");
  EXPECT_EQ(answers(), "A1");
  data(2, std::string_view("\nb\r\0c\r", 6));
  EXPECT_EQ(text_of(taken()), std::string(511, 'x') + "\nb\rc\r");
}

TEST_F(TftpUploads, SizesAboveTheLimitAreRefusedBeforeAndWhileTheyCome) {
  accept({.bytes_max = 1'000});
  wrq("a", {.tsize = 1'001});
  EXPECT_EQ(answers(), "E3");
  wrq("a", {.tsize = 1'000});
  EXPECT_EQ(answers(), "O");
  blocks(1, 1);
  EXPECT_EQ(answers(), "A1");
  blocks(2, 2);
  EXPECT_EQ(answers(), "E3");
  EXPECT_EQ(count(Counter::kUploadTooLarge), 2U);
  EXPECT_THAT(kinds(), ElementsAre(EventKind::kRefused, EventKind::kTransferStarted, EventKind::kTransferFailed));
  EXPECT_TRUE(harness.router.submitted.empty()) << "the store never heard of it";
  EXPECT_EQ(engine->in_flight(), 0U);
}

TEST_F(TftpUploads, ABlockLongerThanAgreedEndsIt) {
  wrq("a");
  (void)answers();
  blocks(1, 1, 513);
  EXPECT_EQ(answers(), "E4");
  EXPECT_EQ(engine->in_flight(), 0U);
}

TEST_F(TftpUploads, AFullDiskIsToldAndThePlaceIsFree) {
  for (const auto& [status, code] :
       {std::pair{UploadStatus::kFull, "E3"}, {UploadStatus::kNamesTaken, "E6"}, {UploadStatus::kFailed, "E0"}}) {
    wrq("a");
    (void)answers();
    data(1, "x");
    written(taken(), status);
    EXPECT_EQ(answers(), code);
    EXPECT_EQ(engine->in_flight(), 0U);
    EXPECT_FALSE(abandoned()) << "the store has forgotten it by itself";
    EXPECT_EQ(events().back().kind, EventKind::kTransferFailed);
  }
}

TEST_F(TftpUploads, AClientThatGoesAwayLeavesNothing) {
  wrq("a", {.blksize = 2'044});
  (void)answers();
  for (std::uint16_t block = 1; harness.router.submitted.empty(); ++block) blocks(block, block, 2'044);
  written(taken());
  (void)answers();
  pass_in_steps(10min);
  EXPECT_EQ(count(Counter::kUploadPeerSilent), 1U);
  EXPECT_TRUE(abandoned());
  EXPECT_EQ(engine->in_flight(), 0U);
  EXPECT_EQ(sent().size(), tftpd::kRetransmitsMax);
}

TEST_F(TftpUploads, AClientsErrorEndsItAlsoWhileTheStoreWrites) {
  wrq("a");
  (void)answers();
  data(1, "x");
  const WriteUpload work = taken();
  error(tftp::ErrorCode::kUndefined, "stop");
  EXPECT_TRUE(abandoned());
  EXPECT_EQ(engine->in_flight(), 1U) << "its buffer is away";
  written(work);
  EXPECT_EQ(engine->in_flight(), 0U);
  EXPECT_EQ(answers(), "");
}

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
  EXPECT_EQ(count(Counter::kUploadsEvicted), 497U);
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
  }
  wrq("a", {}, mine(99));
  EXPECT_EQ(answers(), "");
  EXPECT_EQ(count(Counter::kUploadsPerSource), 1U);
  wrq("a", {}, peer(2));
  EXPECT_EQ(answers(), "A0") << "another's";
  data_at(tids[3], 1, "x", mine(3));
  written(taken());
  EXPECT_EQ(answers(), "A1");
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

TEST_F(TftpUploads, WhoHasToWaitForItsTurnIsNotAnsweredUntilThen) {
  TftpConfig tftp;
  tftp.admission.per_source = 1;
  accept({}, tftp);
  wrq("a", {}, peer(1, 2'000));
  EXPECT_EQ(answers(), "A0");
  wrq("b", {}, peer(1, 2'001));
  EXPECT_EQ(answers(), "");
  EXPECT_EQ(count(Counter::kUploadsDelayed), 1U);
  data(1, "x", peer(1, 2'000));
  written(taken());
  EXPECT_EQ(answers(), "A1");
  wrq("b", {}, peer(1, 2'001));
  EXPECT_EQ(answers(), "A0");
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

TEST(TftpUploadName, IsFlatAndCarriesTheAddress) {
  const net::IpAddress source(net::Ipv4Address(192, 168, 1, 7));
  const auto name = [&](std::string_view asked) {
    const auto made = tftpd::upload_name(source, asked);
    return made ? std::string(made->view()) : "-";
  };
  EXPECT_EQ(name("anaconda.log"), "192.168.1.7-anaconda.log");
  EXPECT_EQ(name("/var/log/x"), "192.168.1.7-var_log_x");
  EXPECT_EQ(name("a\\b"), "192.168.1.7-a_b");
  EXPECT_EQ(name("a/../b"), "192.168.1.7-b");
  for (const std::string_view refused : {"../x", "", "/", "a/", ".hidden", "a/.hidden", "x\ny", "x\x7f", "."})
    EXPECT_EQ(name(refused), "-") << refused;
  EXPECT_EQ(name(std::string(300, 'n')), "-");
  EXPECT_EQ(name(std::string(kUploadNameBytesMax - 12, 'n')).size(), kUploadNameBytesMax);
}

TEST_F(TftpUploads, ANameThatIsRefusedIsTold) {
  wrq("../x");
  EXPECT_EQ(answers(), "E2");
  EXPECT_EQ(events().back().kind, EventKind::kRefused);
}

}  // namespace
}  // namespace rackcast::engine
