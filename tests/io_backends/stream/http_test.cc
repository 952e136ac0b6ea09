#include <sys/mman.h>

#include <future>
#include <span>
#include <string>
#include <thread>

#include "core/images/open_beneath.h"
#include "tests/io_backends/stream/stream_fixture.h"

namespace rackcast::io {
namespace {

constexpr std::size_t kBig = 8U << 20U;  // more than the sockets of a slow reader hold

class HttpStream : public StreamTest {};

TEST_F(HttpStream, SendsFilesWholeInPartsAndByHead) {
  const std::string content = make_content(300'001, 1);
  tree.write("a/b.rpm", content);
  start();
  RawClient client(http);
  HttpAnswer answer = client.get("/a/b.rpm");
  EXPECT_EQ(answer.status, 200U);
  EXPECT_EQ(answer.fields["Content-Type"], "application/x-rpm");
  EXPECT_TRUE(answer.body == content);
  answer = client.get("/a/b.rpm", "Range: bytes=100000-299999\r\n");
  EXPECT_EQ(answer.status, 206U);
  EXPECT_EQ(answer.fields["Content-Range"], "bytes 100000-299999/300001");
  EXPECT_TRUE(answer.body == content.substr(100'000, 200'000));
  answer = client.get("/a/b.rpm", "", "HEAD");
  EXPECT_EQ(answer.fields["Content-Length"], "300001");
  EXPECT_EQ(client.buffer, "");
  answer = client.get("/a/b.rpm", "Range: bytes=300001-\r\n");
  EXPECT_EQ(answer.status, 416U);
  EXPECT_EQ(server->totals().connections_accepted, 1U);  // all on one connection
  EXPECT_EQ(server->totals().transfers_done, 2U);
}

TEST_F(HttpStream, SeveralRangesComeAsMultipart) {
  const std::string content = make_content(400'000, 2);
  tree.write("x.zck", content);
  start();
  RawClient client(http);
  const HttpAnswer answer = client.get("/x.zck", "Range: bytes=0-9,200000-399999\r\n");
  EXPECT_EQ(answer.status, 206U);
  EXPECT_TRUE(answer.whole);
  EXPECT_NE(answer.body.find("Content-Range: bytes 0-9/400000\r\n\r\n" + content.substr(0, 10) + "\r\n--"),
            std::string::npos);
  EXPECT_NE(answer.body.find("Content-Range: bytes 200000-399999/400000\r\n\r\n" + content.substr(200'000) + "\r\n--"),
            std::string::npos);
  EXPECT_TRUE(answer.body.ends_with("--\r\n"));
}

TEST_F(HttpStream, EmptyFilesAndSizesAroundTheHeldBackPart) {
  limits.held_back_bytes = 4'096;
  limits.turn_bytes = 8'192;
  start();
  RawClient client(http);
  for (const std::size_t size :
       std::initializer_list<std::size_t>{0, 1, 4'095, 4'096, 4'097, 8'192, 12'288, 12'289, 100'000}) {
    const std::string content = make_content(size, size);
    tree.write("f", content);
    const HttpAnswer answer = client.get("/f");
    EXPECT_EQ(answer.status, 200U);
    EXPECT_TRUE(answer.body == content) << size;
  }
}

TEST_F(HttpStream, PipelinedRequestsAreAnsweredInOrder) {
  tree.write("one", "1111");
  tree.write("two", make_content(200'000, 3));
  start();
  RawClient client(http);
  client.send(
      "GET /one HTTP/1.1\r\nHost: t\r\n\r\nGET /two HTTP/1.1\r\nHost: t\r\n\r\nHEAD /one HTTP/1.1\r\nHost: t\r\n\r\n"
      "GET /none HTTP/1.1\r\nHost: t\r\nContent-Length: 5\r\n\r\n12345GET /one HTTP/1.1\r\nHost: t\r\n"
      "Connection: close\r\n\r\n");
  EXPECT_EQ(client.read_answer().body, "1111");
  EXPECT_EQ(client.read_answer().body.size(), 200'000U);
  EXPECT_EQ(client.read_answer(true).status, 200U);
  EXPECT_EQ(client.read_answer().status, 404U);
  HttpAnswer last = client.read_answer();
  EXPECT_EQ(last.body, "1111");
  EXPECT_EQ(last.fields["Connection"], "close");
  EXPECT_FALSE(client.read_some());
  EXPECT_FALSE(client.was_reset);
}

TEST_F(HttpStream, PathsOutOfTheRootAreNotFoundAndCounted) {
  rackcast::testing::TemporaryTree outside;
  outside.write("secret", "secret");
  tree.write("dir/in", "inside");
  tree.link(outside.path("secret"), "absolute_out");
  tree.link("../" + outside.path("secret"), "dir/relative_out");
  tree.link("../dir/in", "dir/relative_in");
  tree.link(tree.path("dir/in"), "dir/absolute_in");
  ASSERT_EQ(::mkfifo(tree.path("fifo").c_str(), 0600), 0);
  start();
  RawClient client(http);
  for (const char* target :
       {"/absolute_out", "/dir/relative_out", "/../secret", "/dir/../../x", "/%2e%2e/x", "/fifo", "/none", "/dir%2fin"})
    EXPECT_EQ(client.get(target).status, 404U) << target;
  EXPECT_EQ(client.get("/dir/in%00").status, 400U);
  EXPECT_EQ(server->totals().not_found, 8U);
  EXPECT_EQ(events.count(EventKind::kNotFound), 8U);
  EXPECT_EQ(events.last(EventKind::kNotFound).path.view(), "/dir%2fin");
  EXPECT_EQ(client.get("/dir/relative_in").body, "inside");
  EXPECT_EQ(client.get("/dir/absolute_in").body, "inside");
  EXPECT_EQ(client.get("//dir/./in").body, "inside");
  EXPECT_EQ(client.get("\\dir\\in").body, "inside");
}

TEST_F(HttpStream, DirectoriesAreListed) {
  tree.write("d/a b.txt", "12345");
  tree.make_folder("d/sub");
  tree.link("/etc/passwd", "d/out");
  start();
  RawClient client(http);
  HttpAnswer answer = client.get("/d");
  EXPECT_EQ(answer.status, 301U);
  EXPECT_EQ(answer.fields["Location"], "/d/");
  answer = client.get("/d/");
  EXPECT_EQ(answer.status, 200U);
  EXPECT_NE(answer.body.find("<a href=\"a%20b.txt\">a b.txt</a>"), std::string::npos);
  EXPECT_NE(answer.body.find("<a href=\"sub/\">sub/</a>"), std::string::npos);
  EXPECT_EQ(answer.body.find("out"), std::string::npos);
  EXPECT_EQ(client.get("/d/", "", "HEAD").fields["Content-Length"], std::to_string(answer.body.size()));
}

TEST_F(HttpStream, ReplacedByRenameGivesTheOldBytesWholeThenTheNew) {
  const std::string old_content = make_content(kBig, 4);
  tree.write("f.img", old_content);
  tree.write("new", make_content(1'000, 5));
  start();
  RawClient client(http, 32'768);
  client.send("GET /f.img HTTP/1.1\r\nHost: t\r\n\r\n");
  ASSERT_TRUE(client.read_some(1'000));
  tree.rename("new", "f.img");
  const HttpAnswer answer = client.read_answer();
  EXPECT_TRUE(answer.whole);
  EXPECT_TRUE(answer.body == old_content);
  EXPECT_TRUE(client.get("/f.img").body == make_content(1'000, 5));
  EXPECT_EQ(server->totals().files_changed, 0U);
}

TEST_F(HttpStream, RewrittenInPlaceCutsTheConnectionAndIsCounted) {
  tree.write("f.img", make_content(kBig, 6));
  start();
  RawClient client(http, 32'768);
  client.send("GET /f.img HTTP/1.1\r\nHost: t\r\n\r\n");
  ASSERT_TRUE(client.read_some(1'000));
  tree.write("f.img", make_content(kBig, 7));
  HttpAnswer answer = client.read_answer();
  EXPECT_EQ(answer.fields["Content-Length"], std::to_string(kBig));
  EXPECT_FALSE(answer.whole);
  EXPECT_FALSE(client.timed_out);
  ASSERT_TRUE(events.wait_for(EventKind::kTransferFailed));
  EXPECT_EQ(server->totals().files_changed, 1U);
  EXPECT_NE(std::string(events.last(EventKind::kTransferFailed).detail.view()).find("rewritten"), std::string::npos);
}

TEST_F(HttpStream, RewrittenAtTheLastMomentIsNoticedToo) {
  limits.held_back_bytes = 65'536;
  const std::size_t size = 256U << 10U;
  tree.write("f.img", make_content(size, 8));
  start();
  RawClient client(http, 16'384);
  client.send("GET /f.img HTTP/1.1\r\nHost: t\r\n\r\n");
  // Everything but the held back part lies in the sockets' buffers: the end must not have been promised yet.
  ASSERT_TRUE(eventually([&](const StreamTotals& t) { return t.bytes_sent >= size - limits.held_back_bytes; }));
  tree.write("f.img", make_content(size, 9));
  EXPECT_FALSE(client.read_answer().whole);
  EXPECT_EQ(server->totals().files_changed, 1U);
}

TEST_F(HttpStream, ResetWhileTheTailIsHeldBackEndsTheTransferAtOnce) {
  limits.held_back_bytes = 65'536;
  const std::size_t size = 256U << 10U;
  tree.write("f.img", make_content(size, 12));
  start();
  RawClient client(http, 16'384);
  client.send("GET /f.img HTTP/1.1\r\nHost: t\r\n\r\n");
  // All but the tail is with the kernel and most of it has not left: the tail waits for that.
  ASSERT_TRUE(eventually([&](const StreamTotals& t) { return t.bytes_sent >= size - limits.held_back_bytes; }));
  client.abort();
  EXPECT_TRUE(eventually([](const StreamTotals& t) { return t.transfers_failed == 1 && t.connections_open == 0; }));
  EXPECT_EQ(server->totals().transfers_done, 0U);
  EXPECT_EQ(server->totals().bytes_sent, size - limits.held_back_bytes);
  EXPECT_NE(std::string(events.last(EventKind::kTransferFailed).detail.view()).find("closed"), std::string::npos);
}

TEST_F(HttpStream, TruncatedCutsTheConnectionAndPadsNothing) {
  const std::string content = make_content(kBig, 10);
  tree.write("f.img", content);
  start();
  RawClient client(http, 32'768);
  client.send("GET /f.img HTTP/1.1\r\nHost: t\r\n\r\n");
  ASSERT_TRUE(client.read_some(1'000));
  tree.truncate("f.img", kBig / 2);
  const HttpAnswer answer = client.read_answer();
  EXPECT_FALSE(answer.whole);
  EXPECT_LE(client.buffer.size() + answer.body.size(), kBig / 2 + limits.turn_bytes);
  EXPECT_TRUE(content.starts_with(answer.body));
  ASSERT_TRUE(events.wait_for(EventKind::kTransferFailed));
  EXPECT_EQ(server->totals().files_changed, 1U);
}

TEST_F(HttpStream, RenamedAwayLinkedOrChmoddedGivesTheOldBytesWhole) {
  const std::string content = make_content(kBig, 11);
  tree.write("f.img", content);
  tree.write("twin.new", "twin");
  limits.turn_bytes = 65'536;  // many looks at the file between one change and the next
  start();
  RawClient client(http, 32'768);
  client.send("GET /f.img HTTP/1.1\r\nHost: t\r\n\r\n");
  const auto after_some_more = [&](std::size_t bytes) {
    while (client.buffer.size() < bytes && client.read_some(50'000)) {
    }
  };
  after_some_more(1'000);
  std::filesystem::permissions(tree.path("f.img"), std::filesystem::perms::owner_read);
  after_some_more(kBig / 4);
  std::filesystem::create_hard_link(tree.path("f.img"), tree.path("twin"));
  after_some_more(kBig / 2);
  tree.rename("f.img", "f.img.old");
  tree.write("f.img", "new");
  after_some_more(kBig / 4 * 3);
  tree.rename("twin.new", "twin");
  EXPECT_TRUE(client.read_answer().body == content);
  EXPECT_EQ(client.get("/f.img").body, "new");
  EXPECT_EQ(server->totals().files_changed, 0U);
}

TEST_F(HttpStream, SlowReaderHoldsUpNobody) {
  const std::string content = make_content(kBig, 12);
  tree.write("big", content);
  tree.write("small", "small");
  start();
  RawClient slow(http, 16'384);
  slow.send("GET /big HTTP/1.1\r\nHost: t\r\n\r\n");
  ASSERT_TRUE(slow.read_some(100));
  for (int i = 0; i < 50; ++i) EXPECT_EQ(RawClient(http).get("/small").body, "small");
  EXPECT_TRUE(slow.read_answer().body == content);
}

TEST_F(HttpStream, ReaderThatStopsIsCutAfterTheStallTime) {
  limits.send_stall_timeout = Milliseconds(100);
  tree.write("big", make_content(kBig, 13));
  start();
  RawClient client(http, 16'384);
  client.send("GET /big HTTP/1.1\r\nHost: t\r\n\r\n");
  ASSERT_TRUE(events.wait_for(EventKind::kTransferFailed));
  EXPECT_EQ(server->totals().timeouts, 1U);
  EXPECT_TRUE(eventually([](const StreamTotals& t) { return t.connections_open == 0; }));
}

TEST_F(HttpStream, ClientThatVanishesEndsItsTransferOnly) {
  tree.write("big", make_content(kBig, 14));
  start();
  RawClient client(http, 16'384);
  client.send("GET /big HTTP/1.1\r\nHost: t\r\n\r\n");
  ASSERT_TRUE(client.read_some(100));
  client.abort();
  ASSERT_TRUE(events.wait_for(EventKind::kTransferFailed));
  EXPECT_EQ(RawClient(http).get("/").status, 200U);
  EXPECT_EQ(server->totals().transfers_failed, 1U);
}

TEST_F(HttpStream, ManyConnectionsAtOnce) {
  const std::string content = make_content(50'000, 15);
  tree.write("f", content);
  start();
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 300; ++i) {
    clients.push_back(std::make_unique<RawClient>(http));
    clients.back()->send("GET /f HTTP/1.1\r\nHost: t\r\n\r\n");
  }
  for (const auto& client : clients) EXPECT_TRUE(client->read_answer().body == content);
  EXPECT_EQ(server->totals().connections_open, 300U);
  clients.clear();
  EXPECT_TRUE(eventually([](const StreamTotals& t) { return t.connections_open == 0; }));
}

TEST_F(HttpStream, OverTheLimitIsToldToComeBackAndCounted) {
  limits.connections_max = 2;
  start();
  RawClient first(http);
  RawClient second(http);
  EXPECT_EQ(first.get("/").status, 200U);
  EXPECT_EQ(second.get("/").status, 200U);
  RawClient third(http);
  HttpAnswer refused = third.read_answer();
  EXPECT_EQ(refused.status, 503U);
  EXPECT_EQ(refused.fields["Retry-After"], "5");
  EXPECT_EQ(RawClient(board).get("/healthz").status, 200U);  // the operator's door stays open
  EXPECT_EQ(server->totals().connections_refused, 1U);
  first.close();
  ASSERT_TRUE(eventually([](const StreamTotals& t) { return t.connections_open < 2; }));
  EXPECT_EQ(RawClient(http).get("/").status, 200U);
}

TEST_F(HttpStream, GarbageIsAnsweredOnceAndCounted) {
  start();
  const std::string cases[] = {
      std::string("\x16\x03\x01\x02\x00\x01\x00\x01", 8),
      "\n",
      "GET\r\n\r\n",
      "GET / HTTP/1.1\r\nbad header\r\n\r\n",
      "GET / HTTP/1.1\r\nHost : t\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: t\r\n folded\r\n\r\n",
      "\x80\x80\x80\x80\r\n\r\n",
  };
  for (const std::string& text : cases) {
    RawClient client(http);
    client.send(text);
    EXPECT_EQ(client.read_answer().status, 400U) << text;
    EXPECT_FALSE(client.read_some()) << text;
  }
  RawClient version(http);
  version.send("GET / HTTP/2.0\r\nHost: t\r\n\r\n");
  EXPECT_EQ(version.read_answer().status, 505U);
  RawClient long_line(http);
  long_line.send("GET /" + std::string(9'000, 'a'));
  EXPECT_EQ(long_line.read_answer().status, 414U);
  RawClient long_head(http);
  long_head.send("GET / HTTP/1.1\r\nHost: t\r\nX: " + std::string(40'000, 'a'));
  EXPECT_EQ(long_head.read_answer().status, 431U);
  EXPECT_EQ(server->totals().http_bad_requests, std::size(cases) + 3);
  EXPECT_EQ(RawClient(http).get("/").status, 200U);
}

TEST_F(HttpStream, HalfAHeadIsTimedOutAndSaid) {
  limits.request_head_timeout = Milliseconds(100);
  start();
  RawClient client(http);
  client.send("GET / HTTP/1.1\r\nHos");
  EXPECT_EQ(client.read_answer().status, 408U);
  EXPECT_EQ(server->totals().timeouts, 1U);
}

TEST_F(HttpStream, IdleConnectionsAreClosedQuietly) {
  limits.keep_alive_timeout = Milliseconds(100);
  start();
  RawClient client(http);
  EXPECT_EQ(client.read_all(), "");
  EXPECT_FALSE(client.timed_out);
}

TEST_F(HttpStream, HalfClosedClientStillGetsItsAnswer) {
  const std::string content = make_content(500'000, 16);
  tree.write("f", content);
  start();
  RawClient client(http);
  client.send("GET /f HTTP/1.1\r\nHost: t\r\n\r\n");
  client.half_close();
  EXPECT_TRUE(client.read_answer().body == content);
  EXPECT_FALSE(client.read_some());
}

TEST_F(HttpStream, EndOfTheConnectionKeepsTheTailWhenBytesAreStillArriving) {
  const std::string content = make_content(100'000, 17);
  tree.write("f", content);
  start();
  RawClient client(http);
  client.send("GET /f HTTP/1.0\r\n\r\n" + std::string(50'000, 'x'));
  EXPECT_TRUE(client.read_answer().body == content);
  EXPECT_FALSE(client.read_some());
  EXPECT_FALSE(client.was_reset);
}

class MemoryImage final : public Image {
 public:
  MemoryImage(const FileIdentity& of, std::string_view content) {
    identity = of;
    size_bytes = content.size();
    bytes = std::as_bytes(std::span(content));
    descriptor = ::memfd_create("image", MFD_CLOEXEC);
    if (::write(descriptor, content.data(), content.size()) < 0) descriptor = -1;
  }
  ~MemoryImage() override { ::close(descriptor); }
};

TEST_F(HttpStream, AnImageOfTheStoreIsSentFromItsMemory) {
  // Same length, other bytes: what arrives shows where it came from.
  const std::string in_store = make_content(3U << 20U, 18);
  tree.write("f.img", make_content(in_store.size(), 19));
  hooks.images = [&](const FileIdentity& identity) { return std::make_shared<MemoryImage>(identity, in_store); };
  start();
  RawClient client(http);
  EXPECT_TRUE(client.get("/f.img").body == in_store);
  EXPECT_TRUE(client.get("/f.img", "Range: bytes=5-\r\n").body == in_store.substr(5));
  EXPECT_EQ(server->totals().images_served, 2U);
}

TEST_F(HttpStream, AnImageThatNobodyElseHoldsIsNotUnmappedOnTheStreamThread) {
  tree.write("f.img", "on the disk");
  std::promise<std::thread::id> destroyed_by;
  std::thread::id asked_by;
  hooks.images = [&](const FileIdentity& identity) {
    asked_by = std::this_thread::get_id();
    return std::shared_ptr<const Image>(new MemoryImage(identity, "in my store"), [&](const Image* image) {
      delete image;
      destroyed_by.set_value(std::this_thread::get_id());
    });
  };
  start();
  EXPECT_EQ(RawClient(http).get("/f.img").body, "in my store");
  auto destroyed = destroyed_by.get_future();
  ASSERT_EQ(destroyed.wait_for(kPatience), std::future_status::ready);
  EXPECT_NE(destroyed.get(), asked_by);
}

TEST_F(HttpStream, TransfersAreReportedWithPathPeerAndBytes) {
  limits.progress_interval = Milliseconds(1);
  tree.write("big", make_content(kBig, 20));
  start();
  RawClient client(http);
  EXPECT_EQ(client.get("//big").body.size(), kBig);
  ASSERT_TRUE(events.wait_for(EventKind::kTransferDone));
  const Event started = events.last(EventKind::kTransferStarted);
  const Event done = events.last(EventKind::kTransferDone);
  EXPECT_EQ(started.protocol, Protocol::kHttp);
  EXPECT_EQ(started.path.view(), "big");
  EXPECT_EQ(started.address.text().view(), "127.0.0.1");
  EXPECT_EQ(started.bytes_total, kBig);
  EXPECT_EQ(started.bytes_done, 0U);
  EXPECT_EQ(done.bytes_done, kBig);
  EXPECT_EQ(done.transfer, started.transfer);
  EXPECT_GE(events.count(EventKind::kTransferProgress), 1U);
}

TEST_F(HttpStream, TheBoardIsServedByItsOwnListener) {
  start();
  RawClient client(board);
  HttpAnswer answer = client.get("/healthz");
  EXPECT_EQ(answer.status, 200U);
  EXPECT_EQ(answer.body, "{}");
  EXPECT_EQ(answer.fields["Content-Type"], "application/json");
  EXPECT_EQ(client.get("/healthz", "", "HEAD").fields["Content-Length"], "2");
  EXPECT_EQ(client.get("/x").status, 404U);
  EXPECT_EQ(client.get("/healthz", "", "POST").status, 405U);
}

}  // namespace
}  // namespace rackcast::io
