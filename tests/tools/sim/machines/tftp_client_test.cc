// The simulator's TFTP client, fed by hand: what it sends, what it refuses, and that every wait ends.
#include "tools/sim/machines/tftp_client.h"

#include <gtest/gtest.h>

#include "tests/tools/sim/machines/part_world.h"
#include "tools/sim/machines/profiles/habits.h"

namespace rackcast::sim {
namespace {

using namespace std::string_literals;
using rackcast::test::bytes_of;
using std::chrono::milliseconds;
using std::chrono::seconds;

const net::Endpoint kWellKnown{test::kServer, net::UdpPort(69)};
const net::Endpoint kTid{test::kServer, net::UdpPort(30'000)};
const net::Endpoint kOtherTid{test::kServer, net::UdpPort(30'001)};

std::string data(std::uint16_t block, std::string_view payload) {
  return "\0\3"s + static_cast<char>(block >> 8U) + static_cast<char>(block & 0xFFU) + std::string(payload);
}
std::string ack(std::uint16_t block) {
  return "\0\4"s + static_cast<char>(block >> 8U) + static_cast<char>(block & 0xFFU);
}
const std::string kBlock512(512, 'x');

class TftpClientTest : public ::testing::Test {
 protected:
  void start(const TftpHabits& habits, bool keep_text = false) {
    client_.start(it_.now, it_.world(), {habits, kWellKnown, "vmlinuz", keep_text});
  }
  PartStatus receive(const std::string& payload, const net::Endpoint& from = kTid) {
    return client_.on_datagram(it_.now, it_.world(), port(), from, bytes_of(payload));
  }
  PartStatus wait() {
    it_.now = client_.deadline();
    return client_.on_deadline(it_.now, it_.world());
  }
  [[nodiscard]] const std::string& last() const { return it_.carrier.tftp.back().payload; }
  [[nodiscard]] net::UdpPort port() const { return it_.carrier.tftp.back().from; }
  [[nodiscard]] std::size_t sent() const { return it_.carrier.tftp.size(); }

  test::PartWorld it_;
  TftpClient client_;
};

TEST_F(TftpClientTest, ReadsAFileInLockStep) {
  start(habits::kPxelinuxTftp);
  EXPECT_EQ(last(), "\0\1vmlinuz\0octet\0tsize\0"s + "0\0blksize\0"s + "1408\0"s);
  EXPECT_EQ(it_.carrier.tftp.back().to, kWellKnown);
  EXPECT_EQ(receive("\0\6tsize\0"s + "1411\0blksize\0"s + "1408\0"s), PartStatus::kRunning);
  EXPECT_EQ(last(), ack(0));
  EXPECT_EQ(it_.carrier.tftp.back().to, kTid);
  const std::string whole = std::string(1'408, 'a') + "end";
  EXPECT_EQ(receive(data(1, std::string(1'408, 'a'))), PartStatus::kRunning);
  EXPECT_EQ(last(), ack(1));
  EXPECT_EQ(receive(data(2, "end")), PartStatus::kDone);
  EXPECT_EQ(last(), ack(2));
  EXPECT_EQ(client_.bytes(), 1'411U);
  EXPECT_EQ(client_.digest(), digest_of(bytes_of(whole)));
  EXPECT_EQ(it_.observer.bytes, 1'411U);
  EXPECT_EQ(client_.deadline(), kNever);
}

TEST_F(TftpClientTest, FileOfExactBlocksEndsWithAnEmptyOne) {
  start(habits::kPlainTftp);
  EXPECT_EQ(receive(data(1, kBlock512)), PartStatus::kRunning);
  EXPECT_EQ(receive(data(2, "")), PartStatus::kDone);
  EXPECT_EQ(client_.bytes(), 512U);
}

TEST_F(TftpClientTest, TakesDataWithoutOptionsAt512) {
  start(habits::kPxelinuxTftp);
  EXPECT_EQ(receive(data(1, kBlock512)), PartStatus::kRunning);
  EXPECT_EQ(last(), ack(1));
  EXPECT_EQ(receive(data(2, std::string(513, 'x'))), PartStatus::kFailed);
  EXPECT_EQ(client_.failure(), Failure::kProtocol);
}

TEST_F(TftpClientTest, PortsCountUpFromTheHabits) {
  start(habits::kPxelinuxTftp);
  EXPECT_EQ(port(), net::UdpPort(49'152));
  receive("\0\5\0\1gone\0"s);
  start(habits::kPxelinuxTftp);
  EXPECT_EQ(port(), net::UdpPort(49'153));
  client_.forget();  // a reset: the same ports again
  start(habits::kPxelinuxTftp);
  EXPECT_EQ(port(), net::UdpPort(49'152));
}

// ---- the size probe

TEST_F(TftpClientTest, Edk2EndsItsProbeWithErrorEightAndAsksAgainFromTheNextPort) {
  start(habits::kEdk2Tftp);
  const net::UdpPort first = port();
  EXPECT_EQ(last(), "\0\1vmlinuz\0octet\0tsize\0"s + "0\0blksize\0"s + "1468\0windowsize\0"s + "4\0"s);
  receive("\0\6tsize\0"s + "3\0blksize\0"s + "1468\0windowsize\0"s + "4\0"s);
  ASSERT_EQ(sent(), 3U);
  EXPECT_EQ(it_.carrier.tftp[1].payload, "\0\5\0\10User aborted the transfer\0"s);
  EXPECT_EQ(it_.carrier.tftp[1].to, kTid);
  EXPECT_EQ(last(), "\0\1vmlinuz\0octet\0blksize\0"s + "1468\0windowsize\0"s + "4\0"s);
  EXPECT_EQ(it_.carrier.tftp.back().to, kWellKnown);
  EXPECT_EQ(port().value(), first.value() + 1);
  receive("\0\6blksize\0"s + "1468\0windowsize\0"s + "4\0"s, kOtherTid);
  EXPECT_EQ(receive(data(1, "abc"), kOtherTid), PartStatus::kDone);
}

TEST_F(TftpClientTest, Edk2NeedsTheSize) {
  start(habits::kEdk2Tftp);
  EXPECT_EQ(receive("\0\6blksize\0"s + "1468\0"s), PartStatus::kFailed);
  EXPECT_EQ(client_.failure(), Failure::kProtocol);
}

TEST_F(TftpClientTest, SizeOfTheProbeHoldsForTheFile) {
  start(habits::kEdk2Tftp);
  receive("\0\6tsize\0"s + "4\0"s);
  receive("\0\6blksize\0"s + "1468\0"s, kOtherTid);
  EXPECT_EQ(receive(data(1, "abc"), kOtherTid), PartStatus::kFailed);
  EXPECT_EQ(client_.failure(), Failure::kWrongSize);
}

TEST_F(TftpClientTest, RomProbeWithoutASizeIsNoHarm) {
  start(habits::kBiosRomTftp);
  EXPECT_EQ(port(), net::UdpPort(2'070));
  receive(data(1, kBlock512));
  EXPECT_EQ(it_.carrier.tftp[1].payload, "\0\5\0\0TFTP Aborted\0"s);
  EXPECT_EQ(last(), "\0\1vmlinuz\0octet\0blksize\0"s + "1456\0"s);
  EXPECT_EQ(port(), net::UdpPort(2'071));
}

// ---- windows

TEST_F(TftpClientTest, AcknowledgesFullWindowsAndTheEnd) {
  start(habits::kShimTftp);
  receive("\0\6blksize\0"s + "512\0windowsize\0"s + "4\0"s);
  const std::size_t before = sent();
  for (std::uint16_t block = 1; block <= 3; ++block) receive(data(block, kBlock512));
  EXPECT_EQ(sent(), before);
  receive(data(4, kBlock512));
  EXPECT_EQ(sent(), before + 1);
  EXPECT_EQ(last(), ack(4));
  receive(data(5, kBlock512));
  EXPECT_EQ(receive(data(6, "end")), PartStatus::kDone);
  EXPECT_EQ(last(), ack(6));
}

TEST_F(TftpClientTest, Edk2AcknowledgesEveryBlockBehindAGap) {
  start(habits::kShimTftp);
  receive("\0\6blksize\0"s + "512\0windowsize\0"s + "4\0"s);
  receive(data(1, kBlock512));
  const std::size_t before = sent();
  receive(data(3, kBlock512));
  receive(data(4, kBlock512));
  EXPECT_EQ(sent(), before + 2);
  EXPECT_EQ(last(), ack(1));
  EXPECT_EQ(it_.observer.count(Incident::kRepeatedBlock), 2);
  EXPECT_EQ(client_.bytes(), 512U);
}

TEST_F(TftpClientTest, UbootAcknowledgesAGapOnce) {
  start(habits::kUbootTftp);
  receive("\0\6timeout\0"s + "5\0blksize\0"s + "512\0windowsize\0"s + "8\0"s);
  receive(data(1, kBlock512));
  const std::size_t before = sent();
  for (std::uint16_t block = 3; block <= 6; ++block) receive(data(block, kBlock512));
  EXPECT_EQ(sent(), before + 1);
  EXPECT_EQ(last(), ack(1));
}

TEST_F(TftpClientTest, BlockBeyondTheWindowBreaksTheProtocol) {
  start(habits::kShimTftp);
  receive("\0\6blksize\0"s + "512\0windowsize\0"s + "4\0"s);
  EXPECT_EQ(receive(data(4, kBlock512)), PartStatus::kRunning);  // the window's last: three were lost
  EXPECT_EQ(receive(data(5, kBlock512)), PartStatus::kFailed);
  EXPECT_EQ(client_.failure(), Failure::kProtocol);
  EXPECT_EQ(last().substr(0, 4), "\0\5\0\4"s);
}

TEST_F(TftpClientTest, BlockNumbersWrapToZero) {
  start(habits::kPlainTftp);
  const std::string block(512, 'b');
  for (std::uint32_t index = 1; index <= 65'537; ++index)
    ASSERT_EQ(receive(data(static_cast<std::uint16_t>(index), block)), PartStatus::kRunning) << index;
  EXPECT_EQ(last(), ack(1));
  EXPECT_EQ(receive(data(2, "")), PartStatus::kDone);
  EXPECT_EQ(client_.bytes(), 65'537U * 512);
}

TEST_F(TftpClientTest, WrapToOneIsSeenByAClientThatWrapsToZero) {
  start(habits::kPlainTftp);
  for (std::uint32_t index = 1; index <= 65'535; ++index) receive(data(static_cast<std::uint16_t>(index), kBlock512));
  EXPECT_EQ(receive(data(1, kBlock512)), PartStatus::kFailed);
  EXPECT_EQ(client_.failure(), Failure::kProtocol);
}

// ---- options

struct BadOack {
  const TftpHabits& habits;
  std::string oack;
  Failure failure;
  char error;
};

TEST_F(TftpClientTest, OacksThatBreakTheProtocolEndTheTransferWithTheClientsError) {
  const BadOack rows[] = {
      {habits::kPxelinuxTftp, "blksize\0"s + "1409\0"s, Failure::kProtocol, 8},
      {habits::kPxelinuxTftp, "blksize\0"s + "7\0"s, Failure::kProtocol, 8},
      {habits::kPxelinuxTftp, "blksize\0"s + "lots\0"s, Failure::kProtocol, 8},
      {habits::kPxelinuxTftp, "windowsize\0"s + "4\0"s, Failure::kProtocol, 8},  // unasked
      {habits::kPxelinuxTftp, "rollover\0"s + "0\0"s, Failure::kProtocol, 8},
      {habits::kPxelinuxTftp, "shoesize\0"s + "43\0"s, Failure::kProtocol, 8},
      {habits::kPxelinuxTftp, "blksize\0"s + "512\0\0\0"s, Failure::kProtocol, 8},  // padded
      {habits::kPxelinuxTftp, "tsize\0"s + "99999999999999\0"s, Failure::kProtocol, 8},
      {habits::kPxelinuxTftp, "tsize\0"s + "0\0"s, Failure::kNotFound, 0},  // a file of no bytes is not there
      {habits::kEdk2Tftp, "tsize\0"s + "5\0timeout\0"s + "1\0"s, Failure::kProtocol, 4},
      {habits::kShimTftp, "windowsize\0"s + "5\0"s, Failure::kProtocol, 4},
      {habits::kShimTftp, "windowsize\0"s + "0\0"s, Failure::kProtocol, 4},
      {habits::kUbootTftp, "timeout\0"s + "4\0"s, Failure::kProtocol, 8},
      {habits::kGrubTftp, "BLKSIZE\0"s + "1024\0"s, Failure::kProtocol, 8},  // GRUB would not know it
  };
  for (const BadOack& row : rows) {
    start(row.habits);
    EXPECT_EQ(receive("\0\6"s + row.oack), PartStatus::kFailed) << row.oack;
    EXPECT_EQ(client_.failure(), row.failure) << row.oack;
    EXPECT_EQ(last().substr(0, 4), "\0\5\0"s + row.error) << row.oack;
  }
}

TEST_F(TftpClientTest, IpxeIgnoresAnUnaskedOption) {
  start(habits::kIpxeTftp);
  EXPECT_EQ(receive("\0\6blksize\0"s + "1432\0windowsize\0"s + "9\0"s), PartStatus::kRunning);
  receive(data(1, std::string(1'432, 'x')));
  EXPECT_EQ(last(), ack(1));  // lock-step all the same
}

TEST_F(TftpClientTest, RepeatedOackIsAcknowledgedAgain) {
  start(habits::kGrubTftp);
  const std::string oack = "\0\6blksize\0"s + "1024\0tsize\0"s + "5\0"s;
  receive(oack);
  const std::size_t before = sent();
  receive(oack);
  EXPECT_EQ(sent(), before + 1);
  EXPECT_EQ(last(), ack(0));
}

// ---- size and shape of the data

TEST_F(TftpClientTest, MoreThanAnnouncedEndsIt) {
  start(habits::kPxelinuxTftp);
  receive("\0\6tsize\0"s + "3\0blksize\0"s + "1408\0"s);
  EXPECT_EQ(receive(data(1, "abcd")), PartStatus::kFailed);
  EXPECT_EQ(client_.failure(), Failure::kWrongSize);
}

TEST_F(TftpClientTest, EarlyEndIsAWrongSize) {
  start(habits::kPxelinuxTftp);
  receive("\0\6tsize\0"s + "5000\0blksize\0"s + "1408\0"s);
  EXPECT_EQ(receive(data(1, "abcd")), PartStatus::kFailed);
  EXPECT_EQ(client_.failure(), Failure::kWrongSize);
  EXPECT_EQ(client_.detail(), "4 bytes of 5000 announced");
}

TEST_F(TftpClientTest, EndlessConfigurationIsEndedAtItsBound) {
  start(habits::kPlainTftp, true);
  PartStatus status = PartStatus::kRunning;
  std::uint16_t block = 0;
  while (status == PartStatus::kRunning && block < 1'000) status = receive(data(++block, kBlock512));
  EXPECT_EQ(status, PartStatus::kFailed);
  EXPECT_EQ(client_.failure(), Failure::kEndless);
  EXPECT_EQ(block, kKeptTextBytesMax / 512 + 1);
}

TEST_F(TftpClientTest, KeepsTheTextOfAConfiguration) {
  start(habits::kPlainTftp, true);
  receive(data(1, kBlock512));
  receive(data(2, "end"));
  EXPECT_EQ(client_.take_text(), kBlock512 + "end");
}

TEST_F(TftpClientTest, ErrorsAreNotFoundOrRefusals) {
  start(habits::kPlainTftp);
  EXPECT_EQ(receive("\0\5\0\1no \nsuch\0"s), PartStatus::kFailed);
  EXPECT_EQ(client_.failure(), Failure::kNotFound);
  EXPECT_EQ(client_.detail(), "ERROR 1: no ?such");
  start(habits::kPlainTftp);
  EXPECT_EQ(receive("\0\5\0\2"s), PartStatus::kFailed);
  EXPECT_EQ(client_.failure(), Failure::kRefused);
}

// ---- loss

TEST_F(TftpClientTest, RepeatsRequestAndAckByItsTableThenGivesUp) {
  start(habits::kIpxeTftp);
  const std::array waits{250, 500, 1'000, 2'000, 4'000, 8'000};
  Instant began = it_.now;
  for (std::size_t i = 0; i + 1 < waits.size(); ++i) {
    EXPECT_EQ(wait(), PartStatus::kRunning);
    EXPECT_EQ(it_.now - began, milliseconds(waits[i]));
    began = it_.now;
    EXPECT_EQ(sent(), i + 2);
  }
  EXPECT_EQ(wait(), PartStatus::kFailed);
  EXPECT_EQ(client_.failure(), Failure::kTimeout);
  EXPECT_EQ(it_.observer.count(Incident::kRetransmit), 5);

  start(habits::kIpxeTftp);
  receive(data(1, kBlock512));
  wait();
  EXPECT_EQ(last(), ack(1));
}

TEST_F(TftpClientTest, GrubNeverRepeatsAnAck) {
  start(habits::kGrubTftp);
  wait();
  EXPECT_EQ(sent(), 2U);  // the request, it does
  receive("\0\6blksize\0"s + "1024\0tsize\0"s + "9999\0"s);
  receive(data(1, std::string(1'024, 'x')));
  const std::size_t before = sent();
  int waits = 0;
  while (wait() == PartStatus::kRunning) ++waits;
  EXPECT_EQ(waits, 39);
  EXPECT_EQ(sent(), before);
  EXPECT_EQ(client_.failure(), Failure::kTimeout);
}

TEST_F(TftpClientTest, GrubNeedsAnOackAndEchoesOldBlocks) {
  start(habits::kGrubTftp);
  const std::size_t before = sent();
  receive(data(1, kBlock512));
  EXPECT_EQ(sent(), before);
  receive("\0\6blksize\0"s + "512\0tsize\0"s + "1600\0"s);
  receive(data(1, kBlock512));
  receive(data(2, kBlock512));
  receive(data(1, kBlock512));
  EXPECT_EQ(last(), ack(1));
}

TEST_F(TftpClientTest, RepeatedDataIsAcknowledgedAndDoesNotMoveTheDeadline) {
  start(habits::kPlainTftp);
  receive(data(1, kBlock512));
  const Instant deadline = client_.deadline();
  it_.now += seconds(1);
  receive(data(1, kBlock512));
  EXPECT_EQ(last(), ack(1));
  EXPECT_EQ(client_.deadline(), deadline);
  EXPECT_EQ(client_.blocks_repeated(), 1U);
}

TEST_F(TftpClientTest, LastDataThatComesAgainIsAcknowledgedAgain) {
  start(habits::kPlainTftp);
  EXPECT_EQ(receive(data(1, "end")), PartStatus::kDone);
  const std::size_t before = sent();
  EXPECT_EQ(receive(data(1, "end")), PartStatus::kIdle);
  EXPECT_EQ(sent(), before + 1);
  EXPECT_EQ(last(), ack(1));
  // And while the next transfer is on its way, from another port.
  const net::UdpPort old_port = port();
  start(habits::kPlainTftp);
  EXPECT_EQ(client_.on_datagram(it_.now, it_.world(), old_port, kTid, bytes_of(data(1, "end"))), PartStatus::kRunning);
  EXPECT_EQ(it_.carrier.tftp.back().from, old_port);
  EXPECT_EQ(last(), ack(1));
}

// ---- whose datagrams count

TEST_F(TftpClientTest, SecondTidIsToldSoAndTheTransferGoesOn) {
  start(habits::kPlainTftp);
  receive(data(1, kBlock512));
  EXPECT_EQ(receive(data(1, kBlock512), kOtherTid), PartStatus::kRunning);
  EXPECT_EQ(last().substr(0, 4), "\0\5\0\5"s);
  EXPECT_EQ(it_.carrier.tftp.back().to, kOtherTid);
  const std::size_t before = sent();
  EXPECT_EQ(receive("\0\5\0\0stop\0"s, kOtherTid), PartStatus::kRunning);  // no answer to an ERROR
  EXPECT_EQ(sent(), before);
  EXPECT_EQ(receive(data(2, "end")), PartStatus::kDone);
}

TEST_F(TftpClientTest, AnswersFromAnotherAddressAreNamedInTheEnd) {
  start(habits::kPlainTftp);
  receive(data(1, "end"), {net::Ipv4Address(10, 99, 0, 66), net::UdpPort(69)});
  while (wait() == PartStatus::kRunning) {
  }
  EXPECT_EQ(client_.failure(), Failure::kProtocol);
  EXPECT_EQ(client_.detail(), "silence after 5 tries; 1 datagrams came from elsewhere");
}

TEST_F(TftpClientTest, StaleBlockIsNoAnswerToANewRequest) {
  start(habits::kPlainTftp);
  const std::size_t before = sent();
  EXPECT_EQ(receive(data(57, kBlock512), kOtherTid), PartStatus::kRunning);
  EXPECT_EQ(sent(), before);
  EXPECT_EQ(receive(data(1, "end")), PartStatus::kDone);
}

// ---- pace

TEST_F(TftpClientTest, SlowReaderWaitsBeforeEachAck) {
  it_.pace.ack_delay = seconds(20);  // longer than its own waits
  start(habits::kPlainTftp);
  receive(data(1, kBlock512));
  EXPECT_EQ(sent(), 1U);
  receive(data(1, kBlock512));  // the server repeats; the ACK comes when it comes
  EXPECT_EQ(sent(), 1U);
  const Instant began = it_.now;
  EXPECT_EQ(wait(), PartStatus::kRunning);
  EXPECT_EQ(it_.now - began, seconds(20));
  EXPECT_EQ(last(), ack(1));
  receive(data(2, "end"));
  EXPECT_EQ(wait(), PartStatus::kDone);
  EXPECT_EQ(last(), ack(2));
  EXPECT_EQ(it_.observer.count(Incident::kRetransmit), 0);
}

TEST_F(TftpClientTest, EveryPrefixOfEveryDatagramIsSurvived) {
  const std::string datagrams[] = {"\0\6blksize\0"s + "512\0tsize\0"s + "5\0"s, data(1, "abc"), "\0\5\0\1gone\0"s};
  for (const TftpHabits* habits : {&habits::kPxelinuxTftp, &habits::kEdk2Tftp, &habits::kGrubTftp})
    for (const std::string& whole : datagrams)
      rackcast::test::for_every_prefix(bytes_of(whole), [&](std::span<const std::byte> prefix) {
        start(*habits);
        const PartStatus status = client_.on_datagram(it_.now, it_.world(), port(), kTid, prefix);
        EXPECT_TRUE(status == PartStatus::kRunning || status == PartStatus::kFailed || prefix.size() >= 4);
        EXPECT_EQ(client_.deadline() == kNever, status != PartStatus::kRunning);
      });
}

}  // namespace
}  // namespace rackcast::sim
