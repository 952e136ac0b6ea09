// HTTP and FTP without packets: answers are core's, bodies flow.
#include "tools/sim/deterministic/virtual_streams.h"

#include <gtest/gtest.h>

#include "tools/sim/machines/digest.h"

namespace rackcast::sim {
namespace {

using namespace std::chrono_literals;

const net::Ipv4Address kServer(10, 0, 0, 1);

class VirtualStreamsTest : public ::testing::Test, protected StreamClients {
 protected:
  VirtualStreamsTest()
      : tree({{"a/big.rpm", random_content(1'000'000, 7)}, {"ks.cfg", text_content("url --url=x\n")}}) {
    path.address = net::Ipv4Address(10, 0, 0, 16);
    path.round_trip = 1ms;
    path.bytes_per_second = 1'000'000;
    StreamOptions options;
    options.server = kServer;
    options.root = kTreeRoot;
    streams = std::make_unique<VirtualStreams>(network, tree, static_cast<StreamClients&>(*this), options, 4, 1);
  }

  [[nodiscard]] StreamPath path_of(MachineId) const override { return path; }
  void on_fetch(MachineId, const FetchEvent& event) override {
    if (!event.done) {
      ++reports;
      return;
    }
    ended.push_back(event);
    text = event.text;
  }
  FetchEvent get(const std::string& name, Scheme scheme = Scheme::kHttp, bool keep_text = false) {
    FetchRequest request;
    request.id = FetchId{++ids};
    request.scheme = scheme;
    request.server = {kServer, net::UdpPort{static_cast<std::uint16_t>(scheme == Scheme::kHttp ? 80 : 21)}};
    request.path = name;
    request.keep_text = keep_text;
    return fetch(request);
  }
  FetchEvent fetch(const FetchRequest& request) {
    began = network.now().monotonic;
    streams->fetch(MachineId{0}, request);
    while (ended.empty() && network.next_event_time() != rackcast::kNever)
      network.advance_to(network.next_event_time());
    if (ended.empty()) {
      ADD_FAILURE() << "no answer";
      return {};
    }
    took = network.now().monotonic - began;
    const FetchEvent event = ended.front();
    ended.clear();
    EXPECT_EQ(event.id, request.id);
    return event;
  }

  io::SimNetwork network;
  VirtualTree tree;
  StreamPath path;
  std::unique_ptr<VirtualStreams> streams;
  std::vector<FetchEvent> ended;
  std::string text;
  std::uint32_t ids = 0;
  int reports = 0;
  MonotonicTime began;
  Span took{};
};

TEST_F(VirtualStreamsTest, AFileFlowsAtTheMachinesPace) {
  const FetchEvent event = get("/a/big.rpm");
  EXPECT_EQ(event.failure, Failure::kNone);
  EXPECT_EQ(event.status, 200);
  EXPECT_EQ(event.bytes, 1'000'000U);
  EXPECT_EQ(event.digest, tree.find("a/big.rpm")->generations.front().digest);
  EXPECT_GE(took, 1s);
  EXPECT_LT(took, 1s + 10ms);
  EXPECT_GE(reports, 1);
  EXPECT_EQ(streams->running(), 0U);
}

TEST_F(VirtualStreamsTest, FtpAsksTheSessionOfCore) {
  const FetchEvent event = get("/a/big.rpm", Scheme::kFtp);
  EXPECT_EQ(event.failure, Failure::kNone);
  EXPECT_EQ(event.status, 226);
  EXPECT_EQ(event.digest, tree.find("a/big.rpm")->generations.front().digest);
  EXPECT_EQ(get("/nothing", Scheme::kFtp).failure, Failure::kNotFound);
  EXPECT_EQ(get("/a", Scheme::kFtp).failure == Failure::kNone, false);
}

TEST_F(VirtualStreamsTest, RefusalsHaveTheirNames) {
  EXPECT_EQ(get("/nothing").failure, Failure::kNotFound);
  EXPECT_EQ(get("/../../etc/passwd").failure, Failure::kNotFound);
  FetchRequest request;
  request.id = FetchId{100};
  request.path = "/ks.cfg";
  request.server = {kServer, net::UdpPort{8'080}};
  EXPECT_EQ(fetch(request).failure, Failure::kRefused);
  request.server = {net::Ipv4Address(10, 0, 0, 99), net::UdpPort{80}};
  request.patience = 5s;
  EXPECT_EQ(fetch(request).failure, Failure::kTimeout);
  EXPECT_EQ(took, 5s);
}

TEST_F(VirtualStreamsTest, TextIsHandedOver) {
  EXPECT_EQ(get("/ks.cfg", Scheme::kHttp, true).failure, Failure::kNone);
  EXPECT_EQ(text, "url --url=x\n");
  EXPECT_EQ(get("/a/big.rpm", Scheme::kHttp, true).failure, Failure::kEndless);
}

TEST_F(VirtualStreamsTest, ADirectoryIsItsIndexPage) {
  const FetchEvent event = get("/a/", Scheme::kHttp, true);
  EXPECT_EQ(event.status, 200);
  EXPECT_NE(text.find("big.rpm"), std::string::npos);
  EXPECT_EQ(event.digest, digest_of(std::as_bytes(std::span(text))));
}

TEST_F(VirtualStreamsTest, AReplacedFileIsSentAsItWas) {
  const std::uint64_t first = tree.find("a/big.rpm")->generations.front().digest;
  network.schedule(network.now().monotonic + 100ms, [this] { tree.replace("a/big.rpm", random_content(10, 8)); });
  EXPECT_EQ(get("/a/big.rpm").digest, first);
  EXPECT_EQ(get("/a/big.rpm").bytes, 10U);
}

TEST_F(VirtualStreamsTest, HeadFirstStaysOnOneConnection) {
  FetchRequest request;
  request.id = FetchId{1};
  request.path = "/ks.cfg";
  request.server = {kServer, net::UdpPort{80}};
  request.head_first = true;
  EXPECT_EQ(fetch(request).failure, Failure::kNone);
  request.id = FetchId{2};
  request.keep_alive = false;  // the server closes behind HEAD
  EXPECT_EQ(fetch(request).failure, Failure::kConnectionLost);
}

TEST(AfterHead, GetFollowsAnErrorToo) {
  EXPECT_EQ(after_head(200, false), Failure::kNone);
  EXPECT_EQ(after_head(405, false), Failure::kNone);
  EXPECT_EQ(after_head(501, false), Failure::kNone);
  EXPECT_EQ(after_head(405, true), Failure::kConnectionLost);
  EXPECT_EQ(after_head(304, false), Failure::kRefused);
}

// GET is asked after HEAD's 404 as well: its answer decides, and the connection goes on.
TEST_F(VirtualStreamsTest, HeadsErrorIsFollowedByGetOnTheSameConnection) {
  FetchRequest request;
  request.id = FetchId{1};
  request.path = "/nothing";
  request.server = {kServer, net::UdpPort{80}};
  request.head_first = true;
  EXPECT_EQ(fetch(request).failure, Failure::kNotFound);
  EXPECT_EQ(took, 3 * path.round_trip);  // connecting, HEAD, GET
  request.id = FetchId{2};
  request.head_first = false;
  EXPECT_EQ(fetch(request).failure, Failure::kNotFound);
  EXPECT_EQ(took, path.round_trip);
}

TEST_F(VirtualStreamsTest, LossShowsAsALowerRate) {
  path.bytes_per_second = 0;
  (void)get("/a/big.rpm");
  const Span without = took;
  path.loss = 0.05;
  (void)get("/a/big.rpm");
  EXPECT_GT(took, 10 * without);
}

TEST_F(VirtualStreamsTest, CancelEndsAllOfAMachineSilently) {
  for (std::uint32_t i = 1; i <= 3; ++i) {
    FetchRequest request;
    request.id = FetchId{i};
    request.path = i == 3 ? "/nothing" : "/a/big.rpm";
    request.server = {kServer, net::UdpPort{80}};
    streams->fetch(MachineId{i % 2}, request);
  }
  network.advance_to(network.now().monotonic + 300us);
  streams->cancel(MachineId{1});
  network.advance_to(network.now().monotonic + 5s);
  ASSERT_EQ(ended.size(), 1U);
  EXPECT_EQ(ended.front().id, FetchId{2});
  EXPECT_EQ(streams->running(), 0U);
  EXPECT_EQ(streams->counters().cancelled, 2U);
}

}  // namespace
}  // namespace rackcast::sim
