// Both halves of `rackcast record` in one process: the daemon's recorder, on lanes that the test plays, and the
// command.
#include "tools/rackcastd/recorder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <fstream>
#include <future>
#include <iterator>
#include <sstream>

#include "proto/pcapng/reader.h"
#include "tests/proto/wire_bytes.h"
#include "tests/support/temporary_tree.h"
#include "tools/rackcast/record.h"

namespace rackcast {
namespace {

using ::testing::HasSubstr;

TEST(RecordRequest, BoundsAreAlwaysThere) {
  const auto plain = parse_record_request(R"({"command":"record"})", 2);
  ASSERT_TRUE(plain);
  EXPECT_FALSE(plain->lane);
  EXPECT_EQ(plain->limits.duration, std::chrono::seconds(60));
  EXPECT_EQ(plain->limits.bytes, std::uint64_t{256} << 20U);
  const auto full = parse_record_request(R"({"command":"record","lane":1,"seconds":5,"bytes":1000})", 2);
  ASSERT_TRUE(full);
  EXPECT_EQ(full->lane, 1U);
  EXPECT_EQ(full->limits.duration, std::chrono::seconds(5));
  EXPECT_EQ(full->limits.bytes, 1'000U);
}

TEST(RecordRequest, WhatIsWrongIsOneSentence) {
  for (const auto& [line, sentence] : std::vector<std::pair<std::string, std::string>>{
           {"", "not a JSON object"},
           {"[1]", "not a JSON object"},
           {R"({"command":7})", "names no command"},
           {R"({"command":"halt"})", "unknown command \"halt\"; known: record"},
           {R"({"command":"record","seconds":0})", "seconds must be a whole number from 1 to 86400"},
           {R"({"command":"record","seconds":"5"})", "seconds must be"},
           {R"({"command":"record","seconds":1.5})", "seconds must be"},
           {R"({"command":"record","bytes":-1})", "bytes must be"},
           {R"({"command":"record","bytes":18446744073709551615})", "bytes must be"},
           {R"({"command":"record","lane":2})", "lane must be a whole number from 0 to 1"}}) {
    const auto request = parse_record_request(line, 2);
    ASSERT_FALSE(request) << line;
    EXPECT_THAT(request.error().message, HasSubstr(sentence));
  }
}

TEST(RecordSummary, SaysWhatIsInTheFile) {
  RecordReport report{.end = RecordEnd::kBytes, .error = {}, .received = 3, .sent = 4, .bytes = 5'000};
  EXPECT_EQ(record_summary(record_answer(report), "x").value(),
            "3 datagrams in, 4 out, 5.0 kB in x, 0 dropped; its megabytes were full");
  report.end = RecordEnd::kFailed;
  report.error = "the disk is full";
  EXPECT_EQ(record_summary(record_answer(report), "x").error().message, "the disk is full (5.0 kB are in x)");
  report = {.end = RecordEnd::kStopped, .error = {}, .unwritable = 1, .truncated = 2};
  EXPECT_THAT(record_summary(record_answer(report), "-").value(), HasSubstr("1 could not be written; 2 are cut"));
  for (const char* other : {"", "{}", "[]", R"({"ok":"yes"})", R"({"ok":true})"})
    EXPECT_THAT(record_summary(other, "x").error().message, HasSubstr("not rackcastd's")) << other;
}

class RecordCommand : public ::testing::Test {
 protected:
  void SetUp() override {
    auto socket = io::ControlSocket::open(options_.socket, std::nullopt);
    ASSERT_TRUE(socket) << socket.error().message;
    recorder_ = std::make_unique<Recorder>(std::vector<RecordedLane>{{LaneId{0}, &ports_[0]}, {LaneId{1}, &ports_[1]}},
                                           std::vector<RecordedInterface>{});
    ASSERT_TRUE(recorder_->open(std::move(*socket), ::geteuid()));
  }
  struct Outcome {
    int code = -1;
    std::string out;
    std::string err;
  };
  [[nodiscard]] Outcome run(const RecordOptions& options) const {
    std::ostringstream out;
    std::ostringstream err;
    Outcome outcome;
    outcome.code = record(options, stop_.get(), out, err);
    outcome.out = out.str();
    outcome.err = err.str();
    return outcome;
  }
  void press_ctrl_c() const {
    constexpr std::uint64_t kOne = 1;
    ASSERT_EQ(::write(stop_.get(), &kOne, sizeof kOne), 8);
  }
  // What a lane does, once it is tapped.
  void receive_on(std::size_t lane) {
    DatagramTap* tap = nullptr;
    while ((tap = ports_[lane].wanted_tap()) == nullptr) std::this_thread::yield();
    const auto payload = test::bytes_of("asked");
    ReceivedDatagram datagram;
    datagram.peer = {net::Ipv4Address(10, 0, 0, 7), net::UdpPort(2'070)};
    datagram.destination = net::Ipv4Address(10, 0, 0, 1);
    datagram.payload = payload;
    tap->received(datagram);
  }

  testing::TemporaryTree tree_;
  std::array<LanePort, 2> ports_;
  RecordOptions options_{.output = tree_.path("out"), .socket = tree_.path("control"), .config = {}};
  FileDescriptor stop_{::eventfd(0, EFD_CLOEXEC)};
  std::unique_ptr<Recorder> recorder_;
};

TEST_F(RecordCommand, CtrlCEndsItAndTellsWhatIsThere) {
  auto ran = std::async(std::launch::async, [&] { return run(options_); });
  receive_on(0);
  receive_on(1);
  press_ctrl_c();
  const Outcome outcome = ran.get();
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("2 datagrams in, 0 out"));
  EXPECT_THAT(outcome.out, HasSubstr("0 dropped; stopped\n"));
  std::ifstream file(options_.output, std::ios::binary);
  const auto bytes = test::bytes_of(std::string(std::istreambuf_iterator<char>(file), {}));
  pcapng::Reader reader(bytes);
  EXPECT_TRUE(reader.next());
  EXPECT_TRUE(reader.next());
  EXPECT_FALSE(reader.next());
  EXPECT_EQ(reader.reject(), pcapng::Reject::kNone);
}

TEST_F(RecordCommand, OneLaneAlone) {
  options_.lane = 1;
  auto ran = std::async(std::launch::async, [&] { return run(options_); });
  receive_on(1);
  EXPECT_EQ(ports_[0].wanted_tap(), nullptr);
  press_ctrl_c();
  EXPECT_THAT(ran.get().out, HasSubstr("1 datagrams in"));
}

TEST_F(RecordCommand, ARecordingThatRunsIsNotDisturbed) {
  auto ran = std::async(std::launch::async, [&] { return run(options_); });
  receive_on(0);
  RecordOptions second = options_;
  second.output = tree_.path("second");
  const Outcome refused = run(second);
  EXPECT_EQ(refused.code, 1);
  EXPECT_THAT(refused.err, HasSubstr("a recording is running already"));
  EXPECT_NE(::access(second.output.c_str(), F_OK), 0) << "no empty file is left";
  press_ctrl_c();
  EXPECT_EQ(ran.get().code, 0);
  EXPECT_EQ(run(second).code, 0) << "now it may: Ctrl-C is still pressed";
}

TEST_F(RecordCommand, ADaemonThatStopsEndsItCleanly) {
  auto ran = std::async(std::launch::async, [&] { return run(options_); });
  receive_on(0);
  recorder_.reset();
  const Outcome outcome = ran.get();
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("1 datagrams in"));
}

TEST_F(RecordCommand, ErrorsAreOneSentence) {
  RecordOptions lane = options_;
  lane.lane = 7;
  EXPECT_THAT(run(lane).err, HasSubstr("rackcast record: lane must be a whole number from 0 to 1\n"));
  RecordOptions nowhere = options_;
  nowhere.output = tree_.path("none/out");
  EXPECT_THAT(run(nowhere).err, HasSubstr("cannot write"));
  RecordOptions nobody = options_;
  nobody.socket = tree_.path("nobody");
  EXPECT_THAT(run(nobody).err, HasSubstr("no rackcastd answers at"));
  EXPECT_NE(::access(options_.output.c_str(), F_OK), 0);
}

TEST(RecordSocket, IsFoundByTheConfiguration) {
  const testing::TemporaryTree tree;
  tree.write("c.toml", "[server]\nstate_dir = \"/srv/state\"\n[http]\nroot = \"/h\"\n");
  tree.write("bad.toml", "x");
  RecordOptions options;
  EXPECT_EQ(control_socket_of(options).value(), "/var/lib/rackcast/control");
  options.config = tree.path("c.toml");
  EXPECT_EQ(control_socket_of(options).value(), "/srv/state/control");
  options.config = tree.path("bad.toml");
  EXPECT_THAT(control_socket_of(options).error().message, HasSubstr("run rackcast check-config"));
}

}  // namespace
}  // namespace rackcast
