// A recording from start to report. The test is the lane: it calls the tap that the recording put on the port.
#include "core/recording/recording.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <future>
#include <iterator>

#include "proto/net/udp_frame.h"
#include "proto/pcapng/reader.h"
#include "tests/proto/wire_bytes.h"
#include "tests/support/temporary_tree.h"

namespace rackcast {
namespace {

using namespace std::chrono_literals;
using test::bytes_of;
using test::text_of;

const net::Endpoint kMachine{net::Ipv4Address(10, 1, 0, 7), net::UdpPort(2'070)};
const net::Endpoint kServer{net::Ipv4Address(10, 1, 0, 1), net::UdpPort(69)};
constexpr WallTime kNow{std::chrono::seconds(1'790'000'000)};

ReceivedDatagram request(std::span<const std::byte> payload) {
  ReceivedDatagram datagram;
  datagram.peer = kMachine;
  datagram.local = kServer;
  datagram.destination = kServer.address;
  datagram.interface = InterfaceIndex{7};
  datagram.payload = payload;
  return datagram;
}

class Recordings : public ::testing::Test {
 protected:
  [[nodiscard]] FileDescriptor open(const std::string& name, int flags = O_WRONLY | O_CREAT) const {
    return FileDescriptor(::open(tree_.path(name).c_str(), flags | O_CLOEXEC, 0600));
  }
  [[nodiscard]] std::vector<std::byte> content(const std::string& name) const {
    std::ifstream file(tree_.path(name), std::ios::binary);
    return bytes_of(std::string(std::istreambuf_iterator<char>(file), {}));
  }
  [[nodiscard]] RecordingSetup setup() {
    RecordingSetup setup;
    setup.lanes = {{LaneId{0}, &ports_[0]}, {LaneId{1}, &ports_[1]}};
    setup.interfaces = {
        {"eth0", InterfaceIndex{3}, {}, {{net::Ipv4Address(10, 0, 0, 1), net::Ipv4Address(255, 255, 0, 0)}}},
        {"eth1",
         InterfaceIndex{7},
         {{2, 0, 0, 0, 0, 1}},
         {{net::Ipv4Address(10, 1, 0, 1), net::Ipv4Address(255, 255, 0, 0)}}}};
    return setup;
  }
  std::unique_ptr<Recording> start(RecordingSetup setup, FileDescriptor output) {
    auto taken = RecordOutput::take(std::move(output));
    EXPECT_TRUE(taken);
    report_ = done_.get_future();
    return Recording::start(std::move(setup), std::move(*taken), [this](const RecordReport& r) { done_.set_value(r); });
  }
  // A request and its answer of two datagrams, on one lane.
  void exchange(std::size_t lane, std::size_t body_bytes = 8) {
    DatagramTap* const tap = ports_[lane].wanted_tap();
    ASSERT_NE(tap, nullptr);
    const auto asked = bytes_of("asked");
    const std::vector<std::byte> body(body_bytes, std::byte{'d'});
    tap->turn({MonotonicTime{}, kNow});
    tap->received(request(asked));
    TxSlot slot;
    slot.destination = reply_to(request(asked));
    slot.add(0, body);
    slot.add(0, body);
    tap->sent(slot, {net::Ipv4Address(), net::UdpPort(50'001)});
  }

  testing::TemporaryTree tree_;
  std::array<LanePort, 2> ports_;
  std::promise<RecordReport> done_;
  std::future<RecordReport> report_;
};

TEST_F(Recordings, HoldBothDirectionsOfBothLanes) {
  auto recording = start(setup(), open("one"));
  exchange(0);
  exchange(1);
  recording->stop();
  const RecordReport report = report_.get();
  EXPECT_EQ(report.end, RecordEnd::kStopped);
  EXPECT_EQ(report.received, 2U);
  EXPECT_EQ(report.sent, 4U);
  EXPECT_EQ(report.dropped + report.unwritable, 0U);
  EXPECT_EQ(ports_[0].wanted_tap(), nullptr) << "the lanes are left alone";
  EXPECT_EQ(ports_[1].wanted_tap(), nullptr);

  const auto file = content("one");
  EXPECT_EQ(file.size(), report.bytes);
  pcapng::Reader reader(file);
  std::size_t count = 0;
  while (const auto packet = reader.next()) {
    EXPECT_EQ(packet->time_ns, 1'790'000'000'000'000'000U);
    EXPECT_EQ(reader.interfaces()[packet->interface].name, "eth1") << "a reply by route is of the peer's network";
    EXPECT_EQ(packet->queue, count / 3);
    const auto frame = net::parse_udp_frame(packet->data, net::UdpChecksumCheck::kVerified);
    ASSERT_TRUE(frame);
    const bool request = count % 3 == 0;
    EXPECT_EQ(packet->direction, request ? pcapng::Direction::kInbound : pcapng::Direction::kOutbound);
    EXPECT_EQ(text_of(frame->payload), request ? "asked" : "dddddddd");
    EXPECT_EQ(frame->source_port.value(), request ? 2'070 : 50'001);
    ++count;
  }
  EXPECT_EQ(reader.reject(), pcapng::Reject::kNone);
  EXPECT_EQ(count, 6U);
}

TEST_F(Recordings, EndByThemselvesAtTheBytesAllowed) {
  RecordingSetup bounded = setup();
  bounded.limits.bytes = 5'000;
  auto recording = start(std::move(bounded), open("one"));
  while (ports_[0].wanted_tap() != nullptr && !recording->ended()) {
    if (DatagramTap* const tap = ports_[0].wanted_tap()) {
      const auto asked = bytes_of("asked");
      tap->received(request(asked));
    }
  }
  const RecordReport report = report_.get();
  EXPECT_EQ(report.end, RecordEnd::kBytes);
  EXPECT_LE(report.bytes, 5'000U);
  EXPECT_GT(report.bytes, 4'800U);
  const auto file = content("one");
  EXPECT_EQ(file.size(), report.bytes);
  pcapng::Reader reader(file);
  std::size_t count = 0;
  while (reader.next()) ++count;
  EXPECT_EQ(count, report.received);
  EXPECT_EQ(reader.reject(), pcapng::Reject::kNone) << "no half block at the end";
}

// The head alone may be too long: what is there is whole blocks, and never a byte more than allowed.
TEST_F(Recordings, TheHeadCountsToo) {
  for (const std::uint64_t allowed : {1U, 60U, 120U, 200U}) {
    RecordingSetup bounded = setup();
    while (bounded.interfaces.size() < 40) bounded.interfaces.push_back(bounded.interfaces.front());
    bounded.limits.bytes = allowed;
    done_ = {};
    auto recording = start(std::move(bounded), open("head"));
    const RecordReport report = report_.get();
    EXPECT_EQ(report.end, RecordEnd::kBytes) << allowed;
    EXPECT_LE(report.bytes, allowed);
    EXPECT_EQ(content("head").size(), report.bytes);
  }
}

TEST_F(Recordings, EndByThemselvesAfterTheTimeAllowed) {
  RecordingSetup bounded = setup();
  bounded.limits.duration = 0s;
  auto recording = start(std::move(bounded), open("one"));
  EXPECT_EQ(report_.get().end, RecordEnd::kDuration);
}

TEST_F(Recordings, AReaderThatDoesNotReadCostsItsRecordingOnly) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
  const FileDescriptor reader(ends[0]);
  RecordingSetup small = setup();
  small.ring_bytes = 1 << 20;
  auto recording = start(std::move(small), FileDescriptor(ends[1]));
  for (int i = 0; i < 4'000; ++i) exchange(0, 1'400);  // never blocks, though nobody reads the pipe
  recording->stop();
  const RecordReport report = report_.get();
  EXPECT_EQ(report.end, RecordEnd::kFailed);
  EXPECT_NE(report.error.find("does not take it"), std::string::npos);
  EXPECT_GT(report.dropped, 0U);
}

TEST_F(Recordings, TheOutputIsClosedAtTheEndNotWithTheObject) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
  const FileDescriptor reader(ends[0]);
  RecordingSetup bounded = setup();
  bounded.limits.duration = 0s;
  auto recording = start(std::move(bounded), FileDescriptor(ends[1]));
  const RecordReport report = report_.get();
  std::vector<std::byte> bytes(65'536);
  std::size_t read = 0;
  for (ssize_t count = 0; (count = ::read(reader.get(), bytes.data(), bytes.size())) > 0;)
    read += static_cast<std::size_t>(count);
  EXPECT_EQ(read, report.bytes);
}

TEST_F(Recordings, AReaderThatLeavesEndsIt) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
  ::close(ends[0]);
  auto recording = start(setup(), FileDescriptor(ends[1]));
  const RecordReport report = report_.get();
  EXPECT_EQ(report.end, RecordEnd::kFailed);
  EXPECT_NE(report.error.find("has gone"), std::string::npos) << report.error;
}

TEST_F(Recordings, WhatCannotBeWrittenToIsRefused) {
  tree_.write("there", "");
  EXPECT_FALSE(RecordOutput::take(open("there", O_RDONLY)));
  EXPECT_FALSE(RecordOutput::take(open("", O_RDONLY | O_DIRECTORY)));
  EXPECT_FALSE(RecordOutput::take(FileDescriptor()));
  auto full = RecordOutput::take(FileDescriptor(::open("/dev/full", O_WRONLY | O_CLOEXEC)));
  ASSERT_TRUE(full);
  const std::array<std::byte, 1> byte{};
  EXPECT_EQ(full->write(byte, [] { return false; }), RecordOutput::Outcome::kFailed);
  EXPECT_NE(full->error().find("No space left"), std::string::npos) << full->error();
}

}  // namespace
}  // namespace rackcast
