#include <array>
#include <set>
#include <string>
#include <thread>

#include "io_backends/socket/steering.h"
#include "tests/io_backends/stream/stream_fixture.h"

namespace rackcast::io {
namespace {

constexpr std::size_t kBig = 8U << 20U;  // more than the sockets of a slow reader hold

class StreamServerTest : public StreamTest {};

TEST_F(StreamServerTest, PortInUseIsOneSentenceThatSaysWhatToDo) {
  start();
  Config second = config;
  second.http->listen = {http};
  const auto sockets = StreamSockets::open(second);
  ASSERT_FALSE(sockets);
  EXPECT_NE(sockets.error().message.find("[http] cannot listen on " + std::string(http.text().view())),
            std::string::npos);
  EXPECT_NE(sockets.error().message.find("another program holds the port"), std::string::npos);
  // Several threads share ports among themselves, and still with nobody else.
  second.server.stream_cores = {0, 0};
  EXPECT_FALSE(StreamSockets::open(second));
}

TEST_F(StreamServerTest, AddressOfNoInterfaceIsSaid) {
  config.ftp->listen = {{net::Ipv4Address(192, 0, 2, 77), net::UdpPort{0}}};
  const auto sockets = StreamSockets::open(config);
  ASSERT_FALSE(sockets);
  EXPECT_NE(sockets.error().message.find("[ftp] cannot listen on 192.0.2.77:0"), std::string::npos);
}

TEST_F(StreamServerTest, MissingRootIsSaid) {
  config.http->root = tree.path("none");
  auto sockets = StreamSockets::open(config);
  ASSERT_TRUE(sockets);
  const auto started = StreamServer::start(config, std::move(*sockets), hooks);
  ASSERT_FALSE(started);
  EXPECT_NE(started.error().message.find("[http]"), std::string::npos);
  EXPECT_NE(started.error().message.find(tree.path("none")), std::string::npos);
}

TEST_F(StreamServerTest, CoreThatDoesNotExistIsSaidAndNobodyIsServed) {
  config.server.stream_cores = {0, 100'000};
  auto sockets = StreamSockets::open(config);
  ASSERT_TRUE(sockets);
  const net::Endpoint endpoint = sockets->local(StreamService::kHttp);
  const auto started = StreamServer::start(config, std::move(*sockets), hooks);
  ASSERT_FALSE(started);
  EXPECT_NE(started.error().message.find("core 100000"), std::string::npos);
  EXPECT_NE(started.error().message.find("stream_cores"), std::string::npos);
  EXPECT_FALSE(RawClient(endpoint).connected());
}

TEST_F(StreamServerTest, SectionsThatAreOffHaveNoListener) {
  config.ftp.reset();
  config.board.reset();
  const auto sockets = StreamSockets::open(config);
  ASSERT_TRUE(sockets);
  ASSERT_EQ(sockets->sockets.size(), 1U);
  EXPECT_EQ(sockets->sockets[0].service, StreamService::kHttp);
}

TEST_F(StreamServerTest, AllConnectionsOfASourceMeetOnOneThread) {
  config.server.stream_cores = {0, 0, 0};
  tree.write("f", "x");
  start();
  ASSERT_EQ(server->thread_count(), 3U);
  std::set<std::size_t> threads_used;
  for (std::uint32_t source = 0x7F00'0010; source < 0x7F00'0020; ++source) {
    std::array<std::uint64_t, 3> before{};
    for (std::size_t i = 0; i < 3; ++i) before[i] = server->totals_of(i).http_requests;
    for (int connection = 0; connection < 4; ++connection) {
      FileDescriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
      sockaddr_in from{};
      from.sin_family = AF_INET;
      from.sin_addr.s_addr = htonl(source);
      ASSERT_EQ(::bind(socket.get(), reinterpret_cast<sockaddr*>(&from), sizeof from), 0);
      sockaddr_in to = from;
      to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      to.sin_port = htons(http.port.value());
      ASSERT_EQ(::connect(socket.get(), reinterpret_cast<sockaddr*>(&to), sizeof to), 0);
      RawClient client(std::move(socket));
      EXPECT_EQ(client.get("/f").body, "x");
    }
    std::size_t moved = 0;
    for (std::size_t i = 0; i < 3; ++i) {
      const std::uint64_t answered = server->totals_of(i).http_requests - before[i];
      if (answered == 0) continue;
      ++moved;
      threads_used.insert(i);
      EXPECT_EQ(answered, 4U);
      EXPECT_EQ(i, lane_of_source(net::Ipv4Address(source), 3));  // as the datagram lanes of as many cores do
    }
    EXPECT_EQ(moved, 1U) << source;
  }
  EXPECT_GT(threads_used.size(), 1U);
}

TEST_F(StreamServerTest, ReloadMovesTheRootForLaterRequestsOnly) {
  const std::string content = make_content(kBig, 1);
  tree.write("old/f", content);
  tree.write("new/f", "new");
  config.http->root = tree.path("old");
  start();
  RawClient running(http, 16'384);
  running.send("GET /f HTTP/1.1\r\nHost: t\r\n\r\n");
  ASSERT_TRUE(running.read_some(100));
  Config changed = config;
  changed.http->root = tree.path("new");
  ASSERT_TRUE(server->reconfigure(changed));
  EXPECT_EQ(RawClient(http).get("/f").body, "new");
  EXPECT_TRUE(running.read_answer().body == content);
  changed.http->root = tree.path("none");
  EXPECT_FALSE(server->reconfigure(changed));
  EXPECT_EQ(running.get("/f").body, "new");
}

// The reply to SIZE for a new session.
std::string ftp_size(const net::Endpoint& ftp, std::string_view file) {
  RawClient control(ftp);
  EXPECT_TRUE(control.read_reply().starts_with("220 "));
  EXPECT_TRUE(control.command("USER anonymous").starts_with("331 "));
  EXPECT_TRUE(control.command("PASS test@").starts_with("230 "));
  EXPECT_TRUE(control.command("TYPE I").starts_with("200 "));
  return control.command("SIZE " + std::string(file));
}

TEST_F(StreamServerTest, ReloadWithoutASectionLeavesItsOpenServiceAsItWas) {
  tree.write("old/f", "old");
  tree.write("new/f", "newer");
  config.http->root = tree.path("old");
  config.ftp->root = tree.path("old");
  start();
  Config without_ftp = config;
  without_ftp.ftp.reset();
  without_ftp.http->root = tree.path("new");
  ASSERT_TRUE(server->reconfigure(without_ftp));
  EXPECT_EQ(RawClient(http).get("/f").body, "newer");
  EXPECT_EQ(ftp_size(ftp, "f"), "213 3");
  Config without_both = config;
  without_both.http.reset();
  without_both.ftp.reset();
  ASSERT_TRUE(server->reconfigure(without_both));
  EXPECT_EQ(RawClient(http).get("/f").body, "newer");  // the last root that was in force, not the first
  EXPECT_EQ(ftp_size(ftp, "f"), "213 3");
  Config without_http = config;
  without_http.http.reset();
  without_http.ftp->root = tree.path("new");
  ASSERT_TRUE(server->reconfigure(without_http));
  EXPECT_EQ(RawClient(http).get("/f").body, "newer");
  EXPECT_EQ(ftp_size(ftp, "f"), "213 5");
}

TEST_F(StreamServerTest, ReloadThatAddsASectionWaitsForARestart) {
  config.ftp.reset();
  tree.write("f", "x");
  start();
  Config changed = config;
  changed.ftp = FtpConfig{{http}, tree.path("none"), std::nullopt, {}};
  EXPECT_TRUE(server->reconfigure(changed));  // its root is not looked at before it is used
  EXPECT_EQ(RawClient(http).get("/f").body, "x");
}

TEST_F(StreamServerTest, StopLetsRunningTransfersEndAndClosesIdleConnections) {
  const std::string content = make_content(kBig, 2);
  tree.write("f", content);
  start();
  RawClient idle(http);
  EXPECT_EQ(idle.get("/").status, 200U);
  RawClient control(ftp);
  EXPECT_TRUE(control.read_reply().starts_with("220 "));
  RawClient running(http, 16'384);
  running.send("GET /f HTTP/1.1\r\nHost: t\r\n\r\n");
  ASSERT_TRUE(running.read_some(100));
  std::thread stopping([this] { server->stop(Milliseconds(20'000)); });
  EXPECT_FALSE(idle.read_some());
  EXPECT_TRUE(control.read_reply().starts_with("421 "));
  EXPECT_TRUE(running.read_answer().body == content);
  EXPECT_FALSE(running.read_some());
  stopping.join();
  EXPECT_FALSE(RawClient(http).connected());
  EXPECT_EQ(server->totals().transfers_done, 1U);
  EXPECT_EQ(server->totals().connections_open, 0U);
}

TEST_F(StreamServerTest, BeginStopTurnsNewConnectionsAwayWhileTransfersGoOn) {
  config.server.stream_cores = {0, 0};
  const std::string content = make_content(kBig, 4);
  tree.write("f", content);
  start();
  RawClient idle(http);
  EXPECT_EQ(idle.get("/").status, 200U);
  RawClient running(http, 16'384);
  running.send("GET /f HTTP/1.1\r\nHost: t\r\n\r\n");
  ASSERT_TRUE(running.read_some(100));
  server->begin_stop(Milliseconds(20'000));  // returns although the transfer cannot end: this thread reads it
  EXPECT_FALSE(idle.read_some());
  EXPECT_FALSE(idle.timed_out);
  EXPECT_TRUE(eventually([&](const StreamTotals&) { return !RawClient(http).connected(); }));
  EXPECT_TRUE(eventually([](const StreamTotals& t) { return t.connections_open == 1; }));
  EXPECT_TRUE(running.read_answer().body == content);
  server->stop(Milliseconds(20'000));
  EXPECT_EQ(server->totals().transfers_done, 1U);
  EXPECT_EQ(server->totals().connections_open, 0U);
  server->begin_stop(Milliseconds(0));
  server->stop(Milliseconds(0));
}

TEST_F(StreamServerTest, StopAfterBeginStopShortensTheGraceAndNeverExtendsIt) {
  tree.write("f", make_content(kBig, 5));
  for (const auto& [first, second] : {std::pair{3'600'000, 50}, std::pair{50, 3'600'000}}) {
    start();
    RawClient stuck(http, 16'384);
    stuck.send("GET /f HTTP/1.1\r\nHost: t\r\n\r\n");
    ASSERT_TRUE(stuck.read_some(100));
    server->begin_stop(Milliseconds(first));
    const auto before = std::chrono::steady_clock::now();
    server->stop(Milliseconds(second));
    EXPECT_LT(std::chrono::steady_clock::now() - before, kPatience);
    EXPECT_EQ(server->totals().transfers_failed, 1U);
  }
}

TEST_F(StreamServerTest, StopCutsWhatOutlastsTheGrace) {
  tree.write("f", make_content(kBig, 3));
  start();
  RawClient stuck(http, 16'384);
  stuck.send("GET /f HTTP/1.1\r\nHost: t\r\n\r\n");
  ASSERT_TRUE(stuck.read_some(100));
  RawClient half(http);
  half.send("GET / HT");
  ASSERT_TRUE(eventually([](const StreamTotals& t) { return t.connections_open == 2; }));
  const auto before = std::chrono::steady_clock::now();
  server->stop(Milliseconds(50));
  EXPECT_LT(std::chrono::steady_clock::now() - before, kPatience);
  EXPECT_FALSE(stuck.read_answer().whole);
  EXPECT_EQ(server->totals().transfers_failed, 1U);
}

TEST_F(StreamServerTest, StopWaitsForNobodyWhoIsGone) {
  limits.stop_stall_timeout = Milliseconds(100);
  tree.write("f", make_content(kBig, 6));
  start();
  RawClient stuck(http, 16'384);
  stuck.send("GET /f HTTP/1.1\r\nHost: t\r\n\r\n");
  ASSERT_TRUE(stuck.read_some(100));
  RawClient half(http);
  half.send("GET / HT");
  RawClient control(ftp);
  EXPECT_TRUE(control.read_reply().starts_with("220 "));
  for (const char* command : {"USER ftp", "PASS x", "TYPE I", "PASV"}) {
    control.send(std::string(command) + "\r\n");
    EXPECT_FALSE(control.read_reply().empty()) << command;
  }
  control.send("RETR f\r\n");  // and no data connection
  ASSERT_TRUE(eventually([](const StreamTotals& t) { return t.connections_open == 3 && t.ftp_commands == 5; }));
  const auto before = std::chrono::steady_clock::now();
  server->stop(Milliseconds(3'600'000));
  EXPECT_LT(std::chrono::steady_clock::now() - before, kPatience);
  EXPECT_EQ(server->totals().connections_open, 0U);
  EXPECT_EQ(server->totals().transfers_failed, 1U);
}

TEST_F(StreamServerTest, EveryCounterHasItsRowOnce) {
  std::set<std::string_view> names;
  StreamCounters counters;
  for (const StreamCounterRow& row : kStreamCounterRows) {
    EXPECT_TRUE(names.insert(row.name).second) << row.name;
    (counters.*row.counter).add();
  }
  StreamTotals totals;
  add_counters(totals, counters);
  add_counters(totals, counters);
  for (const StreamCounterRow& row : kStreamCounterRows) EXPECT_EQ(totals.*row.total, 2U) << row.name;
}

}  // namespace
}  // namespace rackcast::io
