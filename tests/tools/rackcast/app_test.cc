// The program as a whole, against a board on loopback.
#include "tools/rackcast/app.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <sstream>
#include <thread>

#include "core/board/board_api.h"
#include "tests/core/board/events_of.h"
#include "tests/support/temporary_tree.h"
#include "tools/rackcast/http_get.h"
#include "tools/rackcast/not_built.h"
#include "tools/rackcast/status.h"

namespace rackcast {
namespace {

using namespace testing_board;
using ::testing::HasSubstr;

struct Outcome {
  int code = -1;
  std::string out;
  std::string err;
};

Outcome run(std::vector<std::string> arguments) {
  std::vector<const char*> argv{"rackcast"};
  for (const std::string& argument : arguments) argv.push_back(argument.c_str());
  std::ostringstream out;
  std::ostringstream err;
  Outcome outcome;
  outcome.code = run_rackcast(static_cast<int>(argv.size()), argv.data(), out, err, {});
  outcome.out = out.str();
  outcome.err = err.str();
  return outcome;
}

// Answers `connections` requests on a loopback port with the same bytes, then ends. Waits for the whole request head.
class OneAnswerServer {
 public:
  OneAnswerServer(std::string answer, int connections) : answer_(std::move(answer)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(listener_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(::listen(listener_, 8), 0);
    EXPECT_EQ(::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this, connections] {
      for (int i = 0; i < connections; ++i) serve();
    });
  }
  ~OneAnswerServer() {
    ::shutdown(listener_, SHUT_RDWR);  // ends an accept() that waits
    thread_.join();
    ::close(listener_);
  }
  [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  [[nodiscard]] std::string endpoint() const { return "127.0.0.1:" + std::to_string(port_); }
  [[nodiscard]] HttpUrl http_url() const { return {"127.0.0.1", std::to_string(port_)}; }

 private:
  void serve() {
    const int connection = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (connection < 0) return;
    std::string request;
    char bytes[512];
    while (request.find("\r\n\r\n") == std::string::npos) {
      const ssize_t count = ::recv(connection, bytes, sizeof bytes, 0);
      if (count <= 0) break;
      request.append(bytes, static_cast<std::size_t>(count));
    }
    // Nothing to say: hold the connection until the client gives up.
    if (answer_.empty()) (void)::recv(connection, bytes, sizeof bytes, 0);
    for (std::size_t sent = 0; sent < answer_.size();) {
      const ssize_t count = ::send(connection, answer_.data() + sent, answer_.size() - sent, MSG_NOSIGNAL);
      if (count <= 0) break;
      sent += static_cast<std::size_t>(count);
    }
    ::close(connection);
  }

  std::string answer_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

std::string http_answer(const std::string& body, const char* status = "200 OK") {
  return std::string("HTTP/1.1 ") + status +
         "\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

std::string board_body() {
  BoardModel model({});
  model.on_event(dhcp(EventKind::kDhcpAck, kStart));
  model.on_event(transfer(EventKind::kTransferStarted, kStart, "vmlinuz", 1, 0, 200));
  return BoardApi(model).handle("GET", "/api/machines", kStart + std::chrono::seconds(60)).body;
}

TEST(RackcastApp, HelpAndVersionSucceed) {
  EXPECT_EQ(run({"--version"}).code, 0);
  EXPECT_THAT(run({"--version"}).out, HasSubstr("rackcast "));
  const Outcome help = run({"--help"});
  EXPECT_EQ(help.code, 0);
  EXPECT_THAT(help.out, HasSubstr("check-config"));
  for (const char* command : {"check-config", "import", "status", "record"}) {
    const Outcome one = run({command, "--help"});
    EXPECT_EQ(one.code, 0);
    EXPECT_THAT(one.out, HasSubstr("Examples:"));
    EXPECT_THAT(one.out, HasSubstr(std::string("rackcast ") + command));
  }
}

TEST(RackcastApp, WrongUsageIsTwoAndOneSentence) {
  for (const auto& arguments : std::vector<std::vector<std::string>>{{},
                                                                     {"frobnicate"},
                                                                     {"status", "--frob"},
                                                                     {"status", "--url"},
                                                                     {"check-config"},
                                                                     {"record"},
                                                                     {"record", "-o", "x", "--seconds", "0"},
                                                                     {"record", "-o", "x", "--megabytes", "lots"},
                                                                     {"status", "--url", "a", "--config", "b"}}) {
    const Outcome outcome = run(arguments);
    EXPECT_EQ(outcome.code, 2) << outcome.err;
    EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1) << outcome.err;
    EXPECT_EQ(outcome.out, "");
  }
}

TEST(RackcastApp, WhatIsNotBuiltSaysSo) {
  for (const char* name : {"cast", "doctor", "explain", "arm", "disarm", "tree", "kickstart"}) {
    const Outcome outcome = run({name, "start", "--some-option", "x"});
    EXPECT_EQ(outcome.code, 1) << name;
    EXPECT_THAT(outcome.err, HasSubstr(std::string("rackcast ") + name + ": not built yet"));
    EXPECT_EQ(outcome.out, "");
    EXPECT_THAT(run({name, "--help"}).out, HasSubstr(std::string("rackcast ") + name));
  }
  EXPECT_EQ(not_built_commands().size(), 7U);
}

class RackcastFiles : public ::testing::Test {
 protected:
  std::string file(const std::string& text) {
    tree_.write("rackcast.toml", text);
    return tree_.path("rackcast.toml");
  }
  testing::TemporaryTree tree_;
};

TEST_F(RackcastFiles, CheckConfigPrintsEveryProblemWithItsLine) {
  const std::string path = file("[http]\nrot = \"/h\"\n[ftp]\nroot = \"f\"\n");
  const Outcome outcome = run({"check-config", path});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_EQ(outcome.out, "");
  EXPECT_THAT(outcome.err, HasSubstr(path + ":1:1: error: http.root: needs root"));
  EXPECT_THAT(outcome.err, HasSubstr(path + ":2:1: error: http.rot: unknown key \"rot\"; did you mean \"root\"?"));
  EXPECT_THAT(outcome.err, HasSubstr(path + ":4:8: error: ftp.root: must be an absolute path"));
}

TEST_F(RackcastFiles, CheckConfigTakesWarningsForFine) {
  const Outcome warned = run({"check-config", file("[log]\n")});
  EXPECT_EQ(warned.code, 0);
  EXPECT_THAT(warned.err, HasSubstr("warning: no service is on"));
  EXPECT_THAT(warned.out, HasSubstr("can be used, 1 warning\n"));
  const Outcome fine = run({"check-config", file("[http]\nroot = \"/h\"\n")});
  EXPECT_EQ(fine.code, 0);
  EXPECT_EQ(fine.err, "");
}

TEST_F(RackcastFiles, CheckConfigOfAMissingFileIsOneSentence) {
  const Outcome outcome = run({"check-config", tree_.path("none")});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1);
  EXPECT_THAT(outcome.err, HasSubstr("No such file"));
}

constexpr const char* kOldFile =
    "service tftp\n{\n\tserver = /usr/sbin/in.tftpd\n\tserver_args = -s /tftpboot -c\n\tper_source = 11 each\n}\n";

TEST_F(RackcastFiles, ImportWritesTomlThatCheckConfigTakes) {
  tree_.write("tftp", kOldFile);
  const std::string made = tree_.path("made.toml");
  const Outcome imported = run({"import", "--xinetd", tree_.path("tftp"), "-o", made});
  EXPECT_EQ(imported.code, 0) << imported.err;
  EXPECT_EQ(imported.out, "");
  EXPECT_THAT(imported.err, HasSubstr(tree_.path("tftp") + ":4:29: remark: -c: [tftp] upload_dir"));
  EXPECT_THAT(imported.err, HasSubstr(tree_.path("tftp") + ":5:18: remark: per_source: \"each\""));
  EXPECT_THAT(imported.err, HasSubstr("4 honoured, 2 with a remark, 0 not honoured, 0 errors"));
  EXPECT_EQ(run({"check-config", made}).code, 0) << run({"check-config", made}).err;
  const Outcome printed = run({"import", "--xinetd", tree_.path("tftp"), "--strict-xinetd", "--verbose"});
  EXPECT_THAT(printed.out,
              HasSubstr("root = \"/tftpboot\"\nper_source = 11\ncps = [50, 10]\nadmission = \"xinetd\"\n"));
  EXPECT_THAT(printed.err, HasSubstr("honoured: per_source: per_source"));
}

TEST_F(RackcastFiles, ImportOfADhcpdConfIsAFileThatCheckConfigTakes) {
  tree_.write("dhcpd.conf",
              "omapi-port 7911;\nsubnet 192.168.1.0 netmask 255.255.255.0 { range 192.168.1.2 192.168.1.9; }\n");
  tree_.write(
      "dhcpd.leases",
      "lease 192.168.1.2 { binding state active; hardware ethernet 02:00:00:00:00:01; }\nlease 192.168.1.3 {\n");
  const std::string made = tree_.path("made.toml");
  const Outcome imported =
      run({"import", "--dhcpd-conf", tree_.path("dhcpd.conf"), "--leases", tree_.path("dhcpd.leases"), "-o", made});
  EXPECT_EQ(imported.code, 0) << imported.err;
  EXPECT_THAT(imported.err, HasSubstr(tree_.path("dhcpd.conf") + ":1:1: not honoured: omapi-port"));
  EXPECT_THAT(imported.err,
              HasSubstr(tree_.path("dhcpd.leases") + ":2:1: not honoured: 192.168.1.3: the entry is cut off"));
  EXPECT_THAT(imported.err,
              HasSubstr("1 leases (1 active, 0 abandoned) of 1 entries in " + tree_.path("dhcpd.leases")));
  EXPECT_EQ(run({"check-config", made}).code, 0) << run({"check-config", made}).err;
  tree_.write("dhcpd.conf", "subnet 192.168.1.0 netmask 255.255.255.0 { rnage 192.168.1.2; optoin routers 1; }\n");
  const Outcome broken = run({"import", "--dhcpd-conf", tree_.path("dhcpd.conf")});
  EXPECT_EQ(broken.code, 1);
  EXPECT_EQ(broken.out, "");
  EXPECT_THAT(broken.err, HasSubstr(":1:44: error: rnage"));
  EXPECT_THAT(broken.err, HasSubstr(":1:63: error: optoin"));
  EXPECT_THAT(broken.err, HasSubstr("2 errors"));
}

TEST_F(RackcastFiles, ImportOfWhatCannotBeUsedWritesNothing) {
  tree_.write("tftp", "service tftp\n{\n");
  const Outcome outcome = run({"import", "--xinetd", tree_.path("tftp"), "-o", tree_.path("made.toml")});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.err, HasSubstr("error: tftp: the entry is not closed"));
  EXPECT_NE(run({"check-config", tree_.path("made.toml")}).code, 0);
  EXPECT_EQ(run({"import", "--xinetd", tree_.path("none")}).code, 1);
  EXPECT_EQ(run({"import"}).code, 2);
  EXPECT_EQ(run({"import", "--dhcpd-conf", tree_.path("none")}).code, 1);
  EXPECT_EQ(run({"import", "--xinetd", tree_.path("tftp"), "--leases", "x"}).code, 2);
  EXPECT_EQ(run({"import", "--vsftpd-conf", "x"}).code, 1);
}

TEST(RackcastApp, CheckConfigListsTheKeys) {
  const Outcome outcome = run({"check-config", "--keys"});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_THAT(outcome.out, HasSubstr("max_windowsize"));
}

TEST(RackcastStatus, ShowsTheBoardAsATable) {
  const OneAnswerServer server(http_answer(board_body()), 1);
  const Outcome outcome = run({"status", "--url", server.url()});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("12:34:56:78:ab:cd"));
  EXPECT_THAT(outcome.out, HasSubstr("######---- kernel"));
  EXPECT_THAT(outcome.out, HasSubstr("1 machine, 0 done, 1 stuck"));
}

TEST(RackcastStatus, JsonIsTheBoardsOwn) {
  const std::string body = board_body();
  const OneAnswerServer server(http_answer(body), 1);
  const Outcome outcome = run({"status", "--json", "--url", server.url()});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(outcome.out, body);
}

TEST_F(RackcastFiles, StatusFindsTheBoardByTheConfiguration) {
  const OneAnswerServer server(http_answer(board_body()), 1);
  const std::string path = file("[http]\nroot = \"/h\"\n[board]\nlisten = \"" + server.endpoint() + "\"\n");
  EXPECT_EQ(run({"status", "--config", path}).code, 0);
  EXPECT_EQ(board_url({false, false, "", file("[http]\nroot=\"/h\"\n[board]\nlisten=\"0.0.0.0:9\"\n")}).value(),
            "http://127.0.0.1:9");
  EXPECT_EQ(board_url({false, false, "", file("[http]\nroot=\"/h\"\n[board]\nlisten=\"[::]:9\"\n")}).value(),
            "http://[::1]:9");
  EXPECT_THAT(run({"status", "--config", file("[http]\nroot=\"/h\"\n")}).err, HasSubstr("has no [board]"));
  EXPECT_THAT(run({"status", "--config", file("x")}).err, HasSubstr("run rackcast check-config"));
  EXPECT_EQ(board_url({}).value(), "http://127.0.0.1:8077");
}

TEST(RackcastStatus, ADaemonThatIsNotThereIsOneSentence) {
  std::string url;
  { url = OneAnswerServer("", 0).url(); }  // a port nobody listens on any more
  const Outcome outcome = run({"status", "--url", url});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_EQ(outcome.out, "");
  EXPECT_THAT(outcome.err, HasSubstr("rackcastd does not answer at " + url));
  EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1);
  EXPECT_EQ(run({"status", "--watch", "--url", url}).code, 1);
  EXPECT_EQ(run({"status", "--url", "ftp://x"}).code, 1);
}

TEST(RackcastStatus, AnotherProgramOnThePortIsToldApart) {
  const OneAnswerServer not_found(http_answer("no", "404 Not Found"), 1);
  EXPECT_THAT(run({"status", "--url", not_found.url()}).err, HasSubstr("answered 404"));
  const OneAnswerServer page(http_answer("<html>"), 1);
  EXPECT_THAT(run({"status", "--url", page.url()}).err, HasSubstr("not a boot board's"));
  const OneAnswerServer ssh("SSH-2.0-OpenSSH_9.2\r\n", 1);
  EXPECT_THAT(run({"status", "--url", ssh.url()}).err, HasSubstr("cannot read"));
}

TEST(HttpGet, GivesUpOnAServerThatIsSilent) {
  const OneAnswerServer silent("", 1);
  const auto body = http_get(silent.http_url(), "/", std::chrono::milliseconds(50));
  ASSERT_FALSE(body);
  EXPECT_THAT(body.error().message, HasSubstr("within 50 ms"));
}

TEST(HttpGet, RefusesABodyBeyondItsLimit) {
  const OneAnswerServer server(http_answer(std::string(5000, 'x')), 2);
  EXPECT_FALSE(http_get(server.http_url(), "/", std::chrono::seconds(5), 4999));
  EXPECT_TRUE(http_get(server.http_url(), "/", std::chrono::seconds(5), 5000));
}

TEST(RackcastStatus, WatchDrawsAgainAndOutlivesARestartOfTheDaemon) {
  std::ostringstream out;
  std::ostringstream err;
  StatusOptions options;
  options.watch = true;
  int pauses = 0;
  {
    auto server = std::make_unique<OneAnswerServer>(http_answer(board_body()), 2);
    options.url = server->url();
    const auto pause = [&] {
      if (++pauses == 2) server.reset();  // the daemon goes away after the second look
      return pauses < 3;
    };
    EXPECT_EQ(show_status(options, out, err, {true, 120, 20}, pause), 0);
  }
  EXPECT_EQ(pauses, 3);
  const std::string text = out.str();
  std::size_t screens = 0;
  for (std::size_t at = text.find("\x1b[H\x1b[2J"); at != std::string::npos; at = text.find("\x1b[H\x1b[2J", at + 1))
    ++screens;
  EXPECT_EQ(screens, 3U);
  EXPECT_THAT(text, HasSubstr("does not answer"));
  EXPECT_EQ(err.str(), "");
}

}  // namespace
}  // namespace rackcast
