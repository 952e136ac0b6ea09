#include <filesystem>
#include <string>

#include "io_backends/stream/ftp_data.h"
#include "proto/ftp/reply.h"
#include "tests/io_backends/stream/stream_fixture.h"

namespace rackcast::io {
namespace {

constexpr std::size_t kBig = 8U << 20U;  // more than the sockets of a slow reader hold

class FtpStream : public StreamTest {
 protected:
  // A logged-in control connection.
  RawClient log_in() {
    RawClient control(ftp);
    EXPECT_TRUE(control.read_reply().starts_with("220 "));
    EXPECT_TRUE(control.command("USER anonymous").starts_with("331 "));
    EXPECT_TRUE(control.command("PASS test@").starts_with("230 "));
    EXPECT_TRUE(control.command("TYPE I").starts_with("200 "));
    return control;
  }
  RawClient open_passive(RawClient& control, int receive_buffer = 0) {
    const std::string reply = control.command("PASV");
    EXPECT_TRUE(reply.starts_with("227 ")) << reply;
    return RawClient(*ftp::parse_passive_text(reply), receive_buffer);
  }
  RawClient open_extended_passive(RawClient& control) {
    const std::string reply = control.command("EPSV");
    EXPECT_TRUE(reply.starts_with("229 ")) << reply;
    return RawClient({net::Ipv4Address(127, 0, 0, 1), *ftp::parse_extended_passive_text(reply)});
  }
};

// A listener of the client's for active transfers.
class ActiveListener {
 public:
  ActiveListener() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(::listen(socket_.get(), 1), 0);
    ::getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&address), &size);
    port = ntohs(address.sin_port);
  }
  RawClient accept() {
    pollfd wait{socket_.get(), POLLIN, 0};
    EXPECT_EQ(::poll(&wait, 1, 20'000), 1);
    return RawClient(FileDescriptor(::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC)));
  }
  [[nodiscard]] std::string port_command() const {
    return "PORT 127,0,0,1," + std::to_string(port / 256) + "," + std::to_string(port % 256);
  }
  std::uint16_t port = 0;

 private:
  FileDescriptor socket_;
};

TEST_F(FtpStream, RetrievesPassivelyInBothForms) {
  const std::string content = make_content(700'000, 1);
  tree.write("a/b.rpm", content);
  start();
  RawClient control = log_in();
  EXPECT_EQ(control.command("SIZE a/b.rpm"), "213 700000");
  for (const bool extended : {false, true}) {
    RawClient data = extended ? open_extended_passive(control) : open_passive(control);
    EXPECT_EQ(control.command("RETR a/b.rpm"), "150 Opening BINARY mode data connection for a/b.rpm (700000 bytes).");
    EXPECT_TRUE(data.read_all() == content);
    EXPECT_EQ(control.read_reply(), "226 Transfer complete.");
  }
  EXPECT_EQ(control.command("QUIT"), "221 Goodbye.");
  EXPECT_FALSE(control.read_some());
  EXPECT_EQ(server->totals().transfers_done, 2U);
  const Event done = events.last(EventKind::kTransferDone);
  EXPECT_EQ(done.protocol, Protocol::kFtp);
  EXPECT_EQ(done.path.view(), "a/b.rpm");
  EXPECT_EQ(done.bytes_done, content.size());
}

TEST_F(FtpStream, RetrievesActively) {
  const std::string content = make_content(100'000, 2);
  tree.write("f", content);
  start();
  RawClient control = log_in();
  ActiveListener listener;
  EXPECT_TRUE(control.command(listener.port_command()).starts_with("200 "));
  control.send("RETR f\r\n");
  RawClient data = listener.accept();
  EXPECT_TRUE(data.read_all() == content);
  EXPECT_TRUE(control.read_reply().starts_with("150 "));
  EXPECT_EQ(control.read_reply(), "226 Transfer complete.");
  EXPECT_TRUE(control.command("EPRT |1|127.0.0.1|" + std::to_string(listener.port) + "|").starts_with("200 "));
  control.send("LIST\r\n");
  RawClient listing = listener.accept();
  EXPECT_NE(listing.read_all().find(" f\r\n"), std::string::npos);
}

TEST_F(FtpStream, ActiveConnectionThatNobodyTakesFails) {
  tree.write("f", "x");
  start();
  RawClient control = log_in();
  std::string command;
  {
    const ActiveListener gone;
    command = gone.port_command();
  }
  EXPECT_TRUE(control.command(command).starts_with("200 "));
  EXPECT_EQ(control.command("RETR f"), "425 Failed to establish connection.");
}

TEST_F(FtpStream, RestartsAtAnOffset) {
  const std::string content = make_content(300'000, 3);
  tree.write("f", content);
  start();
  RawClient control = log_in();
  for (const std::size_t offset : std::initializer_list<std::size_t>{1, 299'999, 300'000, 400'000}) {
    RawClient data = open_passive(control);
    EXPECT_EQ(control.command("REST " + std::to_string(offset)),
              "350 Restart position accepted (" + std::to_string(offset) + ").");
    EXPECT_TRUE(control.command("RETR f").starts_with("150 "));
    EXPECT_TRUE(data.read_all() == content.substr(std::min(offset, content.size()))) << offset;
    EXPECT_EQ(control.read_reply(), "226 Transfer complete.");
  }
}

TEST_F(FtpStream, ListsInEveryForm) {
  tree.write("d/one.rpm", "12345");
  tree.write("d/two.txt", "");
  tree.make_folder("d/sub");
  tree.link("/etc/passwd", "d/out");
  start();
  RawClient control = log_in();
  const auto list = [&](const std::string& command) {
    RawClient data = open_passive(control);
    EXPECT_EQ(control.command(command), "150 Here comes the directory listing.") << command;
    std::string lines = data.read_all();
    EXPECT_EQ(control.read_reply(), "226 Directory send OK.");
    return lines;
  };
  EXPECT_EQ(list("NLST d"), "d/one.rpm\r\nd/sub\r\nd/two.txt\r\n");
  EXPECT_EQ(list("NLST d/*.rpm"), "d/one.rpm\r\n");
  EXPECT_EQ(list("LIST missing"), "");
  EXPECT_NE(list("LIST -la d/one.rpm").find("    5 "), std::string::npos);
  EXPECT_TRUE(control.command("CWD d").starts_with("250 "));
  EXPECT_EQ(control.command("OPTS MLST type;size;"), "200 MLST OPTS type;size;");
  const std::string facts = list("MLSD");
  EXPECT_NE(facts.find("type=file;size=5; one.rpm\r\n"), std::string::npos) << facts;
  EXPECT_NE(facts.find("type=dir; sub\r\n"), std::string::npos) << facts;
  EXPECT_EQ(facts.find("out"), std::string::npos);
  EXPECT_EQ(control.command("STAT two.txt"), "213 End of status");
}

TEST_F(FtpStream, OnlyWhatThePatternWantsCountsAgainstTheListingsBound) {
  for (int i = 0; i < 30; ++i) tree.write("d/other-" + std::to_string(i), "");
  for (const char* name : {"d/a.rpm", "d/m.rpm", "d/z.rpm"}) tree.write(name, "");
  const TreeReader reader(tree.path(""));
  const Lookup found = reader.open("d", Blocking::kAllowed);
  engine::FtpTransfer transfer;
  transfer.path = "d";
  transfer.listing.format = engine::FtpListFormat::kNames;
  transfer.listing.pattern = "*.rpm";
  bool cut = true;
  EXPECT_EQ(make_ftp_listing(reader, found, transfer, 3, cut), "a.rpm\r\nm.rpm\r\nz.rpm\r\n");
  EXPECT_FALSE(cut);
  (void)make_ftp_listing(reader, found, transfer, 2, cut);
  EXPECT_TRUE(cut);
  // A pattern that nothing matches does not read a directory without end.
  EXPECT_FALSE(reader.list(found.fd, "d", {.entries_max = 1, .pattern = "?", .names_max = 33}).cut);
  EXPECT_TRUE(reader.list(found.fd, "d", {.entries_max = 1, .pattern = "?", .names_max = 32}).cut);
}

TEST_F(FtpStream, BouncesAreRefusedAndCounted) {
  start();
  RawClient control = log_in();
  EXPECT_EQ(control.command("PORT 127,0,0,2,100,100"), "500 Illegal PORT command.");
  EXPECT_EQ(control.command("PORT 127,0,0,1,0,25"), "500 Illegal PORT command.");
  EXPECT_EQ(control.command("EPRT |1|10.0.0.1|5000|"), "500 Illegal EPRT command.");
  EXPECT_EQ(server->totals().ftp_bounces_refused, 3U);
  EXPECT_EQ(events.count(EventKind::kRefused), 3U);
}

TEST_F(FtpStream, StrangersOnThePassivePortAreTurnedAwayAndTheClientStillServed) {
  const std::string content = make_content(10'000, 4);
  tree.write("f", content);
  start();
  RawClient control = log_in();
  const auto endpoint = *ftp::parse_passive_text(control.command("PASV"));
  // From another loopback address than the control connection's.
  const FileDescriptor stranger(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in from{};
  from.sin_family = AF_INET;
  from.sin_addr.s_addr = htonl(0x7F00'0009);
  ASSERT_EQ(::bind(stranger.get(), reinterpret_cast<sockaddr*>(&from), sizeof from), 0);
  sockaddr_in to = from;
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  to.sin_port = htons(endpoint.port.value());
  ASSERT_EQ(::connect(stranger.get(), reinterpret_cast<sockaddr*>(&to), sizeof to), 0);
  RawClient data(endpoint);
  EXPECT_TRUE(control.command("RETR f").starts_with("150 "));
  EXPECT_TRUE(data.read_all() == content);
  EXPECT_EQ(server->totals().ftp_wrong_peers, 1U);
}

TEST_F(FtpStream, NobodyOnThePassivePortTimesOut) {
  limits.data_open_timeout = Milliseconds(100);
  tree.write("f", "x");
  start();
  RawClient control = log_in();
  EXPECT_TRUE(control.command("PASV").starts_with("227 "));
  EXPECT_EQ(control.command("RETR f"), "425 Failed to establish connection.");
  EXPECT_EQ(control.command("NOOP"), "200 NOOP ok.");
}

TEST_F(FtpStream, AborEndsATransferAndTheNextOneWorks) {
  const std::string content = make_content(kBig, 5);
  tree.write("big", content);
  tree.write("small", "small");
  start();
  RawClient control = log_in();
  RawClient data = open_passive(control, 16'384);
  EXPECT_TRUE(control.command("RETR big").starts_with("150 "));
  ASSERT_TRUE(data.read_some(100));
  control.send(
      "\xFF\xF4\xFF\xF2"
      "ABOR\r\n");  // as clients send it: Telnet interrupt, data mark
  EXPECT_TRUE(control.read_reply().starts_with("426 "));
  EXPECT_EQ(control.read_reply(), "226 ABOR successful.");
  EXPECT_LT(data.read_all().size(), kBig);
  RawClient again = open_passive(control);
  EXPECT_TRUE(control.command("RETR small").starts_with("150 "));
  EXPECT_EQ(again.read_all(), "small");
  EXPECT_EQ(control.read_reply(), "226 Transfer complete.");
}

TEST_F(FtpStream, CommandsSentAheadWaitForTheTransferInOrder) {
  tree.write("big", make_content(kBig, 6));
  start();
  RawClient control = log_in();
  RawClient data = open_passive(control, 16'384);
  EXPECT_TRUE(control.command("RETR big").starts_with("150 "));
  control.send("PWD\r\nSIZE big\r\nSTAT\r\nQUIT\r\n");
  EXPECT_EQ(control.read_reply(), "211 End of status");  // urgent: ahead of the others
  EXPECT_EQ(data.read_all().size(), kBig);
  EXPECT_EQ(control.read_reply(), "226 Transfer complete.");
  EXPECT_TRUE(control.read_reply().starts_with("257 "));
  EXPECT_TRUE(control.read_reply().starts_with("213 "));
  EXPECT_EQ(control.read_reply(), "221 Goodbye.");
}

TEST_F(FtpStream, RewrittenInPlaceEndsWith451AndAReset) {
  tree.write("big", make_content(kBig, 7));
  start();
  RawClient control = log_in();
  RawClient data = open_passive(control, 16'384);
  EXPECT_TRUE(control.command("RETR big").starts_with("150 "));
  ASSERT_TRUE(data.read_some(100));
  tree.write("big", make_content(kBig, 8));
  EXPECT_LT(data.read_all().size(), kBig);
  EXPECT_TRUE(data.was_reset);
  EXPECT_EQ(control.read_reply(), "451 Failure reading local file.");
  EXPECT_EQ(server->totals().files_changed, 1U);
}

TEST_F(FtpStream, ReplacedByRenameGivesTheOldBytesWhole) {
  const std::string content = make_content(kBig, 9);
  tree.write("big", content);
  tree.write("new", "new");
  start();
  RawClient control = log_in();
  RawClient data = open_passive(control, 16'384);
  EXPECT_TRUE(control.command("RETR big").starts_with("150 "));
  ASSERT_TRUE(data.read_some(100));
  tree.rename("new", "big");
  EXPECT_TRUE(data.read_all() == content);
  EXPECT_EQ(control.read_reply(), "226 Transfer complete.");
}

TEST_F(FtpStream, RenamedAwayLinkedOrChmoddedGivesTheOldBytesWhole) {
  const std::string content = make_content(kBig, 11);
  tree.write("big", content);
  tree.write("twin.new", "twin");
  limits.turn_bytes = 65'536;  // many looks at the file between one change and the next
  start();
  RawClient control = log_in();
  RawClient data = open_passive(control, 16'384);
  EXPECT_TRUE(control.command("RETR big").starts_with("150 "));
  const auto after_some_more = [&](std::size_t bytes) {
    while (data.buffer.size() < bytes && data.read_some(50'000)) {
    }
  };
  after_some_more(100);
  std::filesystem::create_hard_link(tree.path("big"), tree.path("twin"));
  after_some_more(kBig / 4);
  tree.rename("big", "big.old");
  tree.write("big", "new");
  after_some_more(kBig / 2);
  std::filesystem::permissions(tree.path("big.old"), std::filesystem::perms::owner_read);
  after_some_more(kBig / 4 * 3);
  tree.rename("twin.new", "twin");
  EXPECT_TRUE(data.read_all() == content);
  EXPECT_EQ(control.read_reply(), "226 Transfer complete.");
  EXPECT_EQ(server->totals().files_changed, 0U);
}

TEST_F(FtpStream, RenamedAwayBeforeTheDataConnectionOpensGivesTheOldBytesWhole) {
  const std::string content = make_content(1'000, 12);
  tree.write("small", content);
  start();
  RawClient control = log_in();
  const std::string passive = control.command("PASV");
  control.send("RETR small\r\n");
  control.send("STAT\r\n");  // answered once the file was looked up and while the data connection is waited for
  EXPECT_EQ(control.read_reply(), "211 End of status");
  tree.rename("small", "small.old");
  RawClient data(*ftp::parse_passive_text(passive));
  EXPECT_TRUE(data.read_all() == content);
}

TEST_F(FtpStream, VanishedDataConnectionIsSaidAndVanishedControlConnectionEndsAll) {
  tree.write("big", make_content(kBig, 10));
  start();
  RawClient control = log_in();
  {
    RawClient data = open_passive(control, 16'384);
    EXPECT_TRUE(control.command("RETR big").starts_with("150 "));
    ASSERT_TRUE(data.read_some(100));
    data.abort();
  }
  EXPECT_TRUE(control.read_reply().starts_with("426 "));
  RawClient data = open_passive(control, 16'384);
  EXPECT_TRUE(control.command("RETR big").starts_with("150 "));
  control.close();
  ASSERT_TRUE(events.wait_for(EventKind::kTransferFailed, 2));
  EXPECT_LT(data.read_all().size(), kBig);
  EXPECT_TRUE(eventually([](const StreamTotals& t) { return t.connections_open == 0; }));
}

TEST_F(FtpStream, PassivePortsComeFromTheRangeInTurnAndRunOut) {
  // Three ports that are free now.
  std::uint16_t first = 0;
  {
    const ActiveListener probe;
    first = probe.port;
  }
  first = static_cast<std::uint16_t>(std::min<unsigned>(first, 65'000));
  config.ftp->passive_ports = PortRange{first, static_cast<std::uint16_t>(first + 2)};
  start();
  std::vector<RawClient> controls;
  std::vector<std::uint16_t> ports;
  for (int i = 0; i < 4; ++i) {
    controls.push_back(log_in());
    const auto endpoint = ftp::parse_passive_text(controls.back().command("PASV"));
    if (endpoint) ports.push_back(endpoint->port.value());
  }
  for (const std::uint16_t port : ports) {
    EXPECT_GE(port, first);
    EXPECT_LE(port, first + 2);
  }
  EXPECT_LE(ports.size(), 3U);
  EXPECT_GE(server->totals().ftp_ports_exhausted, 1U);
  EXPECT_EQ(controls.back().command("NOOP"), "200 NOOP ok.");
}

TEST_F(FtpStream, IdleControlConnectionsAreToldSo) {
  limits.ftp_idle_timeout = Milliseconds(100);
  start();
  RawClient control(ftp);
  EXPECT_TRUE(control.read_reply().starts_with("220 "));
  EXPECT_EQ(control.read_reply(), "421 Timeout.");
  EXPECT_FALSE(control.read_some());
}

TEST_F(FtpStream, GarbageIsAnsweredAndOverlongLinesAreDropped) {
  start();
  RawClient control = log_in();
  control.send(std::string("\x00\x01\xFE\x80\r\n", 6));
  EXPECT_EQ(control.read_reply(), "500 Unknown command.");
  control.send(std::string(50'000, 'A') + "\r\n");
  EXPECT_EQ(control.read_reply(), "500 Input line too long.");
  EXPECT_EQ(control.command("NOOP"), "200 NOOP ok.");
  EXPECT_TRUE(control.command("CWD ../..").starts_with("550 "));
  EXPECT_EQ(server->totals().not_found, 1U);
}

TEST_F(FtpStream, OverTheLimitIsToldToComeBack) {
  limits.connections_max = 1;
  start();
  RawClient first = log_in();
  RawClient second(ftp);
  EXPECT_TRUE(second.read_reply().starts_with("421 "));
  EXPECT_EQ(server->totals().connections_refused, 1U);
}

TEST_F(FtpStream, OneFlooderCannotQueueWithoutBound) {
  tree.write("big", make_content(kBig, 11));
  start();
  RawClient control = log_in();
  RawClient data = open_passive(control, 16'384);
  EXPECT_TRUE(control.command("RETR big").starts_with("150 "));
  std::string flood;
  for (int i = 0; i < 1'000; ++i) flood += "NOOP\r\n";
  control.send(flood);
  (void)control.read_all();
  EXPECT_FALSE(control.timed_out);
  EXPECT_LT(data.read_all().size(), kBig);
}

}  // namespace
}  // namespace rackcast::io
