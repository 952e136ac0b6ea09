// Uploads, packet by packet.
#include <gmock/gmock.h>

#include "core/engine/tftp/upload_name.h"
#include "tests/core/engine/tftp/tftp_uploads_fixture.h"

namespace rackcast::engine {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

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

TEST_F(TftpUploads, AnAckAtItsPortIsNotAnsweredByAnErrorThatWouldEndIt) {
  wrq("a");
  EXPECT_EQ(answers(), "A0");
  ack(0);
  data(1, std::string(512, 'x'));
  EXPECT_EQ(answers(), "A1");
  ack(1);
  EXPECT_EQ(answers(), "");
  EXPECT_EQ(count(Counter::kUnexpectedPackets), 2U);
  EXPECT_EQ(count(Counter::kUnknownTid), 0U);
  data(2, "x");
  written(taken());
  EXPECT_EQ(answers(), "A2");
}

}  // namespace
}  // namespace rackcast::engine
