// HTTP fetches against a server that plays a script, right and wrong.
#include <gmock/gmock.h>

#include "tests/tools/sim/live/fetch_fixture.h"
#include "tools/sim/live/http_fetch.h"

namespace rackcast::sim {
namespace {

using testing::HasSubstr;

constexpr std::string_view kHello = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

class HttpFetchTest : public FetchTest {
 protected:
  FetchOrder get(const ScriptedServer& server, std::string path = "/file") {
    return order(server.endpoint(), std::move(path), Scheme::kHttp);
  }
  // The end of one fetch from a server that answers every request of one connection with `answer`, then closes.
  Ending answered_with(std::string answer) {
    ScriptedServer server({[answer](ScriptedPeer& peer) { peer.answer(answer); }});
    return fetch(get(server));
  }
};

TEST_F(HttpFetchTest, ReadsABodyOfKnownLength) {
  ScriptedServer server({[](ScriptedPeer& peer) { peer.answer(kHello); }});
  const Ending end = fetch(get(server, "/a b%/é"));
  server.finish();
  EXPECT_EQ(end.failure, Failure::kNone);
  EXPECT_EQ(end.status, 200);
  EXPECT_EQ(end.text, "hello");
  EXPECT_EQ(end.digest, digest_of_text("hello"));
  EXPECT_THAT(server.heard(), HasSubstr("GET /a%20b%25/%C3%A9 HTTP/1.1\r\n"));
  EXPECT_THAT(server.heard(), HasSubstr("Host: " + std::string(server.endpoint().text().view()) + "\r\n"));
  EXPECT_THAT(server.heard(), HasSubstr("User-Agent: test/1\r\n"));
}

TEST_F(HttpFetchTest, ReadsChunksAndBodiesThatEndWithTheConnection) {
  EXPECT_EQ(answered_with("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n").text,
            "hello");
  EXPECT_EQ(answered_with("HTTP/1.0 200 OK\r\n\r\nhello").text, "hello");
}

TEST_F(HttpFetchTest, ReadsAnswersThatComeByteByByte) {
  ScriptedServer server({[](ScriptedPeer& peer) {
    peer.read_until("\r\n\r\n");
    for (const char& letter : kHello) peer.send({&letter, 1});
  }});
  const Ending end = fetch(get(server));
  EXPECT_EQ(end.failure, Failure::kNone);
  EXPECT_EQ(end.text, "hello");
}

TEST_F(HttpFetchTest, UsesTheConnectionAgain) {
  ScriptedServer server({[](ScriptedPeer& peer) {
    peer.answer(kHello);
    peer.answer(kHello);
  }});
  EXPECT_EQ(fetch(get(server)).failure, Failure::kNone);
  EXPECT_EQ(fetch(get(server)).failure, Failure::kNone);
  server.finish();
  EXPECT_EQ(server.accepted(), 1);
}

TEST_F(HttpFetchTest, AnotherMachineHasAConnectionOfItsOwn) {
  ScriptedServer server(
      {[](ScriptedPeer& peer) { peer.answer(kHello); }, [](ScriptedPeer& peer) { peer.answer(kHello); }});
  EXPECT_EQ(fetch(get(server)).failure, Failure::kNone);
  FetchOrder other = get(server);
  other.machine = MachineId{1};
  EXPECT_EQ(fetch(other).failure, Failure::kNone);
  server.finish();
  EXPECT_EQ(server.accepted(), 2);
}

TEST_F(HttpFetchTest, AKeptConnectionThatTheServerClosedIsReplaced) {
  ScriptedServer server(
      {[](ScriptedPeer& peer) { peer.answer(kHello); }, [](ScriptedPeer& peer) { peer.answer(kHello); }});
  EXPECT_EQ(fetch(get(server)).failure, Failure::kNone);
  EXPECT_EQ(fetch(get(server)).failure, Failure::kNone);
  server.finish();
  EXPECT_EQ(server.accepted(), 2);
}

TEST_F(HttpFetchTest, AsksHeadThenGetOnOneConnection) {
  ScriptedServer server({[](ScriptedPeer& peer) {
    peer.answer("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n");
    peer.answer(kHello);
  }});
  FetchOrder order = get(server);
  order.request.head_first = true;
  EXPECT_EQ(fetch(order).text, "hello");
  server.finish();
  EXPECT_EQ(server.accepted(), 1);
  EXPECT_THAT(server.heard(), testing::StartsWith("HEAD /file "));
  EXPECT_THAT(server.heard(), HasSubstr("GET /file "));
}

TEST_F(HttpFetchTest, AnErrorToHeadIsFollowedByGet) {
  for (const char* status : {"404 Not Found", "405 Method Not Allowed", "501 Not Implemented"}) {
    ScriptedServer server({[status](ScriptedPeer& peer) {
      peer.answer("HTTP/1.1 " + std::string(status) + "\r\nContent-Length: 9\r\n\r\n");
      peer.answer(kHello);
    }});
    FetchOrder order = get(server);
    order.request.head_first = true;
    EXPECT_EQ(fetch(order).text, "hello") << status;
    server.finish();
    EXPECT_EQ(server.accepted(), 1);
    EXPECT_THAT(server.heard(), HasSubstr("GET /file "));
  }
}

TEST_F(HttpFetchTest, WhatIsMissingForGetTooIsMissing) {
  ScriptedServer server({[](ScriptedPeer& peer) {
    peer.answer("HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\n");
    peer.answer("HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\nnone");
  }});
  FetchOrder order = get(server);
  order.request.head_first = true;
  const Ending end = fetch(order);
  EXPECT_EQ(end.failure, Failure::kNotFound);
  EXPECT_EQ(end.status, 404);
}

TEST_F(HttpFetchTest, AServerThatClosesBetweenHeadAndGetFails) {
  for (const char* answer : {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n",
                             "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\n",
                             "HTTP/1.1 405 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"}) {
    ScriptedServer server({[answer](ScriptedPeer& peer) { peer.answer(answer); }});
    FetchOrder order = get(server);
    order.request.head_first = true;
    EXPECT_EQ(fetch(order).failure, Failure::kConnectionLost);
  }
}

TEST_F(HttpFetchTest, HeadAndGetMustAgree) {
  ScriptedServer server({[](ScriptedPeer& peer) {
    peer.answer("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n");
    peer.answer(kHello);
  }});
  FetchOrder order = get(server);
  order.request.head_first = true;
  EXPECT_EQ(fetch(order).failure, Failure::kWrongSize);
}

TEST_F(HttpFetchTest, StatusesHaveTheirMeaning) {
  const Ending missing = answered_with("HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\nnone");
  EXPECT_EQ(missing.failure, Failure::kNotFound);
  EXPECT_EQ(missing.status, 404);
  EXPECT_EQ(missing.bytes, 0U) << "an error page is no part of the file";
  EXPECT_EQ(answered_with("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n").failure, Failure::kRefused);
  EXPECT_EQ(answered_with("HTTP/1.1 206 Part\r\nContent-Length: 1\r\n\r\nx").failure, Failure::kRefused);
}

TEST_F(HttpFetchTest, FollowsRedirectsUpToALimit) {
  ScriptedServer server({[](ScriptedPeer& peer) {
    peer.answer("HTTP/1.1 302 Found\r\nLocation: /there\r\nContent-Length: 0\r\n\r\n");
    peer.answer(kHello);
  }});
  EXPECT_EQ(fetch(get(server)).text, "hello");
  server.finish();
  EXPECT_THAT(server.heard(), HasSubstr("GET /there "));

  ScriptedServer circle({[](ScriptedPeer& peer) {
    for (unsigned i = 0; i <= HttpFetch::kRedirectsMax; ++i)
      peer.answer("HTTP/1.1 301 Moved\r\nLocation: /file\r\nContent-Length: 0\r\n\r\n");
  }});
  EXPECT_EQ(fetch(get(circle)).failure, Failure::kProtocol);
  EXPECT_EQ(answered_with("HTTP/1.1 302 Found\r\nLocation: http://name.test/\r\nContent-Length: 0\r\n\r\n").failure,
            Failure::kProtocol);
}

TEST_F(HttpFetchTest, ARedirectAwayFromLoopbackIsNotFollowed) {
  EXPECT_EQ(answered_with("HTTP/1.1 302 Found\r\nLocation: http://192.0.2.9/\r\nContent-Length: 0\r\n\r\n").failure,
            Failure::kLocal);
  EXPECT_EQ(fetcher_.beyond_reach(), 1U);
}

TEST_F(HttpFetchTest, EndsThatComeEarlyOrLateAreNamed) {
  EXPECT_EQ(answered_with("HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhello").failure, Failure::kConnectionLost);
  EXPECT_EQ(answered_with("HTTP/1.1 200 OK\r\nConte").failure, Failure::kConnectionLost);
  EXPECT_EQ(answered_with("").failure, Failure::kConnectionLost);
  EXPECT_EQ(answered_with("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello, world").failure, Failure::kWrongSize);
  ScriptedServer server({[](ScriptedPeer& peer) {
    peer.answer("HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhello");
    peer.reset();
  }});
  EXPECT_EQ(fetch(get(server)).failure, Failure::kConnectionLost);
}

TEST_F(HttpFetchTest, WhatIsNoHttpIsNamed) {
  EXPECT_EQ(answered_with("220 this is FTP\r\n\r\n").failure, Failure::kProtocol);
  EXPECT_EQ(answered_with("HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n").failure, Failure::kProtocol);
  EXPECT_EQ(answered_with("HTTP/1.1 200 OK\r\nX: " + std::string(HttpResponse::kHeadBytesMax, 'x')).failure,
            Failure::kProtocol);
  EXPECT_EQ(answered_with("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n").failure, Failure::kProtocol);
}

TEST_F(HttpFetchTest, EndlessTextIsEnded) {
  ScriptedServer server({[](ScriptedPeer& peer) {
    peer.answer("HTTP/1.0 200 OK\r\n\r\n" + std::string(kFetchTextBytesMax + 1, 'x'));
    peer.wait_for_close();
  }});
  EXPECT_EQ(fetch(get(server)).failure, Failure::kEndless);
}

TEST_F(HttpFetchTest, ABodyLongerThanAnyImageIsRefusedByItsLength) {
  const std::string length = std::to_string(kFileBytesMax + 1);
  EXPECT_EQ(answered_with("HTTP/1.1 200 OK\r\nContent-Length: " + length + "\r\n\r\n").failure, Failure::kEndless);
}

TEST_F(HttpFetchTest, SilenceIsATimeout) {
  ScriptedServer server({[](ScriptedPeer& peer) { peer.wait_for_close(); }});
  FetchOrder order = get(server);
  order.request.patience = std::chrono::milliseconds(50);
  EXPECT_EQ(fetch(order).failure, Failure::kTimeout);
}

TEST_F(HttpFetchTest, ASlowReaderTakesItsTimeAndIsNotCalledSilent) {
  const std::string body(60'000, 'b');
  ScriptedServer server({[&](ScriptedPeer& peer) {
    peer.answer("HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n" + body);
    peer.wait_for_close();
  }});
  FetchOrder order = get(server);
  order.request.keep_alive = false;
  order.bytes_per_second = 200'000;
  const Instant begin = timer_.now();
  const Ending end = fetch(order);
  EXPECT_EQ(end.failure, Failure::kNone);
  EXPECT_EQ(end.digest, digest_of_text(body));
  EXPECT_GT(timer_.now() - begin, std::chrono::milliseconds(150));
  EXPECT_GT(reports_, 2);
  EXPECT_LE(reports_, 60'000 / 4'096 + 2) << "read in pieces, not byte by byte";
}

TEST_F(HttpFetchTest, NobodyListeningIsARefusal) {
  std::uint16_t port = 0;
  listen_on_loopback(port).reset();
  const net::Endpoint nobody{net::Ipv4Address(127, 0, 0, 1), net::UdpPort{port}};
  EXPECT_EQ(fetch(order(nobody, "/x", Scheme::kHttp)).failure, Failure::kRefused);
}

TEST_F(HttpFetchTest, WithoutAnAddressOfThisHostItIsOurOwnFault) {
  ScriptedServer server({});
  FetchOrder none = get(server);
  none.source = {};
  EXPECT_EQ(fetch(none).failure, Failure::kLocal);
  FetchOrder foreign = get(server);
  foreign.source = net::Ipv4Address(203, 0, 113, 9);
  EXPECT_EQ(fetch(foreign).failure, Failure::kLocal);
}

TEST_F(HttpFetchTest, CancelledFetchesSayNothing) {
  ScriptedServer server({[](ScriptedPeer& peer) { peer.wait_for_close(); }});
  place(get(server));
  loop_.turn(timer_, timer_.now());
  fetcher_.cancel(MachineId{0});
  server.finish();  // it saw the connection close
  loop_.turn(timer_, timer_.now());
  EXPECT_TRUE(endings_.empty());
  EXPECT_EQ(fetcher_.descriptors(), 0U);
}

TEST_F(HttpFetchTest, AFetchMayBeOrderedFromTheEndOfAnother) {
  ScriptedServer server({[](ScriptedPeer& peer) {
    peer.answer(kHello);
    peer.answer(kHello);
  }});
  on_end_ = [&] {
    on_end_ = nullptr;
    place(get(server));
  };
  place(get(server));
  run_until(2);
  EXPECT_EQ(fetcher_.descriptors(), 1U) << "kept for the next";
}

// Two descriptors, so one fetch at a time: the others wait their turn, and the one that waits too long is told why.
TEST_F(HttpFetchTest, FetchesWaitForDescriptorsAndNotForEver) {
  Fetcher narrow(loop_, *this, Fetcher::kDescriptorsPerFetch, {}, std::chrono::milliseconds(200));
  ScriptedServer server({[](ScriptedPeer& peer) {
    peer.answer(kHello);
    peer.read_until("\r\n\r\n");
    peer.wait_for_close();
  }});
  FetchOrder first = get(server);
  FetchOrder second = get(server);
  FetchOrder third = get(server);
  second.request.patience = std::chrono::milliseconds(800);
  third.machine = MachineId{1};
  third.request.patience = std::chrono::hours(1);
  narrow.order(timer_.now(), first);
  narrow.order(timer_.now(), second);
  narrow.order(timer_.now(), third);
  run_until(3);
  EXPECT_EQ((endings_[{0, 1}].failure), Failure::kNone);
  EXPECT_EQ((endings_[{0, 2}].failure), Failure::kTimeout);
  EXPECT_EQ((endings_[{1, 3}].failure), Failure::kLocal);
  EXPECT_GT(narrow.had_to_wait(), 0U);
}

}  // namespace
}  // namespace rackcast::sim
