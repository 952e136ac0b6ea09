// FTP fetches against a server that plays a script, right and wrong.
#include <gmock/gmock.h>

#include "proto/ftp/line_splitter.h"
#include "tests/tools/sim/live/fetch_fixture.h"

namespace rackcast::sim {
namespace {

using testing::HasSubstr;

// The data connection's end of a script.
class DataPort {
 public:
  DataPort() : listener_(listen_on_loopback(port_)) {}
  [[nodiscard]] std::string extended() const { return "229 Here (|||" + std::to_string(port_) + "|)\r\n"; }
  [[nodiscard]] std::string passive() const {
    return "227 Here (127,0,0,1," + std::to_string(port_ >> 8U) + "," + std::to_string(port_ & 0xFFU) + ").\r\n";
  }
  void send(std::string_view bytes) {
    std::string ignored;
    ScriptedPeer peer(accept_from(listener_), ignored);
    peer.send(bytes);
  }
  void close() { listener_.reset(); }

 private:
  std::uint16_t port_ = 0;
  FileDescriptor listener_;
};

class FtpFetchTest : public FetchTest {
 protected:
  FetchOrder get(const ScriptedServer& server, std::string path = "/pub/file") {
    return order(server.endpoint(), std::move(path), Scheme::kFtp);
  }
  // The dialogue up to TYPE, as an ordinary server has it.
  static void log_in(ScriptedPeer& peer) {
    peer.send("220-several lines\r\n220 of greeting\r\n");
    peer.reply("331 Password\r\n");
    peer.reply("230 In\r\n");
    peer.reply("200 Binary\r\n");
  }
  // Up to the preliminary reply to RETR.
  void up_to_transfer(ScriptedPeer& peer, std::string_view size) {
    log_in(peer);
    peer.reply(data_.extended());
    peer.reply("213 " + std::string(size) + "\r\n");
    peer.reply("150 Coming\r\n");
  }
  DataPort data_;
};

TEST_F(FtpFetchTest, FetchesAsCurlDoes) {
  ScriptedServer server({[this](ScriptedPeer& peer) {
    up_to_transfer(peer, "5");
    data_.send("hello");
    peer.send("226 Done\r\n");
    peer.reply("221 Bye\r\n");
    peer.wait_for_close();
  }});
  const Ending end = fetch(get(server));
  server.finish();
  EXPECT_EQ(end.failure, Failure::kNone);
  EXPECT_EQ(end.status, 226);
  EXPECT_EQ(end.text, "hello");
  EXPECT_EQ(end.digest, digest_of_text("hello"));
  EXPECT_EQ(server.heard(),
            "USER anonymous\r\nPASS rackcast-sim@\r\nTYPE I\r\nEPSV\r\nSIZE pub/file\r\nRETR pub/file\r\nQUIT\r\n");
  EXPECT_EQ(fetcher_.descriptors(), 0U);
}

TEST_F(FtpFetchTest, FallsBackToPassiveAndDoesWithoutSize) {
  ScriptedServer server({[this](ScriptedPeer& peer) {
    peer.send("220 Hi\r\n");
    peer.reply("230 No password needed\r\n");
    peer.reply("200 Binary\r\n");
    peer.reply("500 What?\r\n");
    peer.reply(data_.passive());
    peer.reply("500 What?\r\n");
    peer.reply("150 Coming\r\n");
    data_.send("hello");
    peer.send("226 Done\r\n");
    peer.read_until("QUIT\r\n");  // and closes without its goodbye
  }});
  EXPECT_EQ(fetch(get(server)).text, "hello");
}

TEST_F(FtpFetchTest, TheFinalReplyMayOvertakeTheData) {
  ScriptedServer server({[this](ScriptedPeer& peer) {
    log_in(peer);
    peer.reply(data_.extended());
    peer.reply("213 5\r\n");
    peer.reply("150 Coming\r\n226 Done\r\n");
    data_.send("hello");
    peer.reply("221 Bye\r\n");
  }});
  EXPECT_EQ(fetch(get(server)).text, "hello");
}

TEST_F(FtpFetchTest, RefusalsAreNamed) {
  ScriptedServer full({[](ScriptedPeer& peer) { peer.send("421 There are too many connections\r\n"); }});
  const Ending refused = fetch(get(full));
  EXPECT_EQ(refused.failure, Failure::kRefused);
  EXPECT_EQ(refused.status, 421);

  ScriptedServer private_server({[](ScriptedPeer& peer) {
    peer.send("220 Hi\r\n");
    peer.reply("331 Password\r\n");
    peer.reply("530 Not you\r\n");
  }});
  EXPECT_EQ(fetch(get(private_server)).status, 530);

  ScriptedServer missing({[this](ScriptedPeer& peer) {
    log_in(peer);
    peer.reply(data_.extended());
    peer.reply("550 No such file\r\n");
  }});
  EXPECT_EQ(fetch(get(missing)).failure, Failure::kNotFound);
}

TEST_F(FtpFetchTest, WrongSizesAreNamed) {
  ScriptedServer shorter({[this](ScriptedPeer& peer) {
    up_to_transfer(peer, "50");
    data_.send("hello");
    peer.send("226 Done\r\n");
    peer.wait_for_close();
  }});
  EXPECT_EQ(fetch(get(shorter)).failure, Failure::kWrongSize);
  ScriptedServer longer({[this](ScriptedPeer& peer) {
    up_to_transfer(peer, "4");
    data_.send("hello");
    peer.wait_for_close();
  }});
  EXPECT_EQ(fetch(get(longer)).failure, Failure::kWrongSize);
}

TEST_F(FtpFetchTest, ATransferThatIsBrokenOffIsLost) {
  ScriptedServer aborted({[this](ScriptedPeer& peer) {
    up_to_transfer(peer, "50");
    data_.send("hello");
    peer.send("426 Broken pipe\r\n");
    peer.wait_for_close();
  }});
  const Ending end = fetch(get(aborted));
  EXPECT_EQ(end.failure, Failure::kConnectionLost);
  EXPECT_EQ(end.status, 426);
  ScriptedServer gone({[this](ScriptedPeer& peer) { up_to_transfer(peer, "50"); }});
  EXPECT_EQ(fetch(get(gone)).failure, Failure::kConnectionLost);
}

TEST_F(FtpFetchTest, WhatIsNoFtpIsNamed) {
  ScriptedServer http({[](ScriptedPeer& peer) { peer.send("HTTP/1.1 400 Bad Request\r\n\r\n"); }});
  EXPECT_EQ(fetch(get(http)).failure, Failure::kProtocol);
  ScriptedServer long_line({[](ScriptedPeer& peer) {
    peer.send("220 " + std::string(ftp::LineSplitter::kLineBytesMax, 'x') + "\r\n");
    peer.wait_for_close();
  }});
  EXPECT_EQ(fetch(get(long_line)).failure, Failure::kProtocol);
  ScriptedServer no_port({[](ScriptedPeer& peer) {
    log_in(peer);
    peer.reply("229 Somewhere\r\n");
    peer.wait_for_close();
  }});
  EXPECT_EQ(fetch(get(no_port)).failure, Failure::kProtocol);
}

TEST_F(FtpFetchTest, AGreetingWithoutEndIsEnded) {
  ScriptedServer server({[](ScriptedPeer& peer) {
    for (int i = 0; i < 2'000; ++i) peer.send("220-more\r\n");
    peer.wait_for_close();
  }});
  EXPECT_EQ(fetch(get(server)).failure, Failure::kProtocol);
}

TEST_F(FtpFetchTest, EndlessTextIsEnded) {
  ScriptedServer server({[this](ScriptedPeer& peer) {
    log_in(peer);
    peer.reply(data_.extended());
    peer.reply("500 What?\r\n");
    peer.reply("150 Coming\r\n");
    data_.send(std::string(kFetchTextBytesMax + 1, 'x'));
    peer.wait_for_close();
  }});
  EXPECT_EQ(fetch(get(server)).failure, Failure::kEndless);
}

TEST_F(FtpFetchTest, SilenceIsATimeout) {
  ScriptedServer server({[](ScriptedPeer& peer) { peer.wait_for_close(); }});
  FetchOrder order = get(server);
  order.request.patience = std::chrono::milliseconds(50);
  EXPECT_EQ(fetch(order).failure, Failure::kTimeout);
}

TEST_F(FtpFetchTest, ADataPortThatIsClosedIsARefusal) {
  ScriptedServer server({[this](ScriptedPeer& peer) {
    log_in(peer);
    data_.close();
    peer.reply(data_.extended());
    peer.wait_for_close();
  }});
  EXPECT_EQ(fetch(get(server)).failure, Failure::kRefused);
}

// Each may need two: four descriptors are two fetches, however few they have open at the moment.
TEST_F(FtpFetchTest, AFetchsSecondDescriptorIsKeptForIt) {
  Fetcher narrow(loop_, *this, 2 * Fetcher::kDescriptorsPerFetch);
  ScriptedServer server(
      {[](ScriptedPeer& peer) { peer.wait_for_close(); }, [](ScriptedPeer& peer) { peer.wait_for_close(); }});
  for (std::uint32_t machine = 0; machine < 3; ++machine) {
    FetchOrder one = get(server);
    one.machine = MachineId{machine};
    narrow.order(timer_.now(), one);
  }
  loop_.turn(timer_, timer_.now());
  EXPECT_EQ(narrow.descriptors(), 2U);
  EXPECT_EQ(narrow.had_to_wait(), 1U);
  for (std::uint32_t machine = 0; machine < 3; ++machine) narrow.cancel(MachineId{machine});
  EXPECT_EQ(narrow.descriptors(), 0U);
}

TEST_F(FtpFetchTest, APathCannotBreakTheDialogue) {
  ScriptedServer server({});
  EXPECT_EQ(fetch(get(server, "/x\r\nDELE y")).failure, Failure::kBadConfiguration);
}

}  // namespace
}  // namespace rackcast::sim
