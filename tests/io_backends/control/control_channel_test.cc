// Server and client of the control channel, over a socket in a folder of the test's.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <future>

#include "io_backends/control/control_client.h"
#include "io_backends/control/control_server.h"
#include "io_backends/control/socket_path.h"
#include "tests/support/temporary_tree.h"

namespace rackcast::io {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

// "echo X" is answered at once, "later" not before the test says so, "write" into the descriptor that came along.
class Handler final : public ControlHandler {
 public:
  std::promise<ControlConnectionId> later;
  std::promise<ControlConnectionId> hung_up;

  std::optional<std::string> on_request(ControlRequest request) override {
    if (request.line == "later") {
      later.set_value(request.from);
      return std::nullopt;
    }
    if (request.line == "write") {
      if (!request.attached) return "nothing came along";
      return ::write(request.attached.get(), "written", 7) == 7 ? "ok" : "not written";
    }
    return request.line + " from " + std::to_string(request.uid);
  }
  void on_hang_up(ControlConnectionId from) override { hung_up.set_value(from); }
  std::string refusal(const std::string& sentence) override { return "refused: " + sentence; }
};

class ControlChannel : public ::testing::Test {
 protected:
  void start(ControlLimits limits = {}) {
    auto socket = ControlSocket::open(path_, std::nullopt);
    ASSERT_TRUE(socket) << socket.error().message;
    auto server = ControlServer::start(std::move(*socket), ::geteuid(), handler_, limits);
    ASSERT_TRUE(server) << server.error().message;
    server_ = std::move(*server);
  }
  static std::string answer_of(ControlClient& client) {
    for (;;) {
      pollfd ready{client.descriptor(), POLLIN, 0};
      if (::poll(&ready, 1, 10'000) != 1) return "no answer within 10 s";
      auto answer = client.read_answer();
      if (!answer) return answer.error().message;
      if (*answer) return **answer;
    }
  }
  std::string ask(const std::string& line, int attached = -1) {
    auto client = ControlClient::connect(path_);
    if (!client) return client.error().message;
    if (auto asked = client->ask(line, attached); !asked) return asked.error().message;
    return answer_of(*client);
  }
  // A bare connection, for what our client does not do.
  FileDescriptor raw() {
    FileDescriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const auto address = socket_address(path_);
    EXPECT_EQ(::connect(socket.get(), reinterpret_cast<const sockaddr*>(&*address), sizeof *address), 0);
    return socket;
  }
  static std::string read_all(int socket) {
    std::string text;
    std::array<char, 512> bytes;
    for (ssize_t count = 0; (count = ::recv(socket, bytes.data(), bytes.size(), 0)) > 0;)
      text.append(bytes.data(), static_cast<std::size_t>(count));
    return text;
  }

  testing::TemporaryTree tree_;
  std::string path_ = tree_.path("control");
  Handler handler_;
  std::unique_ptr<ControlServer> server_;
};

TEST_F(ControlChannel, OneRequestOneAnswer) {
  start();
  const std::string self = std::to_string(::geteuid());
  EXPECT_EQ(ask("hello"), "hello from " + self);
  EXPECT_EQ(ask("again"), "again from " + self);
  struct stat facts {};
  ASSERT_EQ(::stat(path_.c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777U, 0660U);
}

TEST_F(ControlChannel, ADescriptorComesAlong) {
  start();
  const FileDescriptor file(::open(tree_.path("out").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
  EXPECT_EQ(ask("write", file.get()), "ok");
  EXPECT_EQ(ask("write"), "nothing came along");
  std::ifstream out(tree_.path("out"));
  std::string text;
  EXPECT_TRUE(std::getline(out, text, '\0'));
  EXPECT_EQ(text, "written");
}

TEST_F(ControlChannel, AnAnswerMayComeLaterAndAfterAHangUp) {
  start();
  auto client = ControlClient::connect(path_);
  ASSERT_TRUE(client);
  ASSERT_TRUE(client->ask("later"));
  const ControlConnectionId id = handler_.later.get_future().get();
  EXPECT_THAT(ask("meanwhile"), HasSubstr("meanwhile"));
  client->hang_up();
  EXPECT_EQ(handler_.hung_up.get_future().get(), id);
  server_->answer(ControlConnectionId{77}, "to nobody");
  server_->answer(id, "done");
  EXPECT_EQ(answer_of(*client), "done");
}

TEST_F(ControlChannel, AnswersGivenBeforeTheEndGoOut) {
  start();
  auto client = ControlClient::connect(path_);
  ASSERT_TRUE(client);
  ASSERT_TRUE(client->ask("later"));
  server_->answer(handler_.later.get_future().get(), "at the end");
  server_.reset();
  EXPECT_EQ(answer_of(*client), "at the end");
  EXPECT_NE(::access(path_.c_str(), F_OK), 0) << "the socket's file is gone";
  EXPECT_THAT(ask("x"), HasSubstr("no rackcastd answers at " + path_));
}

TEST_F(ControlChannel, ADaemonThatGoesWithoutAnAnswerIsSaid) {
  start();
  auto client = ControlClient::connect(path_);
  ASSERT_TRUE(client->ask("later"));
  handler_.later.get_future().get();
  server_.reset();
  EXPECT_THAT(answer_of(*client), HasSubstr("went away without an answer"));
}

TEST_F(ControlChannel, TooLongIsRefusedAndTooLateIsClosed) {
  start({.request_wait = 100ms});
  EXPECT_THAT(ask(std::string(kControlRequestBytesMax + 1, 'x')), HasSubstr("refused: the request is longer"));
  EXPECT_THAT(ask(std::string(kControlRequestBytesMax, 'x')), HasSubstr("xxx from"));
  const FileDescriptor silent = raw();
  EXPECT_EQ(read_all(silent.get()), "") << "closed without an answer";
  EXPECT_THAT(ask("still"), HasSubstr("still"));
}

TEST_F(ControlChannel, MoreConnectionsThanAllowedWaitTheirTurn) {
  start({.connections_max = 2, .request_wait = 200ms});
  const std::array<FileDescriptor, 4> silent{raw(), raw(), raw(), raw()};
  EXPECT_THAT(ask("patient"), HasSubstr("patient"));
}

TEST_F(ControlChannel, StrangersAreRefused) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root, to become somebody else";
  start();
  ::chmod(path_.c_str(), 0666);
  ::chmod(tree_.path("").c_str(), 0755);
  const pid_t child = ::fork();
  if (child == 0) {
    if (::setresuid(65'534, 65'534, 65'534) != 0) ::_exit(2);
    ::_exit(ask("hello").find("refused: only root") == 0 ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST_F(ControlChannel, TheSocketsPlaceIsJudged) {
  start();
  auto second = ControlSocket::open(path_, std::nullopt);
  ASSERT_FALSE(second);
  EXPECT_THAT(second.error().message, HasSubstr("another rackcastd answers"));
  tree_.write("file", "x");
  EXPECT_THAT(ControlSocket::open(tree_.path("file"), std::nullopt).error().message, HasSubstr("something else"));
  EXPECT_THAT(ControlSocket::open(tree_.path(std::string(200, 'x')), std::nullopt).error().message,
              HasSubstr("too long"));
  EXPECT_THAT(ControlSocket::open(tree_.path("none/control"), std::nullopt).error().message, HasSubstr("cannot make"));
  // What a daemon that was killed leaves behind.
  const std::string stale = tree_.path("stale");
  {
    const FileDescriptor dead(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const auto address = socket_address(stale);
    ASSERT_EQ(::bind(dead.get(), reinterpret_cast<const sockaddr*>(&*address), sizeof *address), 0);
  }
  EXPECT_TRUE(ControlSocket::open(stale, std::nullopt));
}

}  // namespace
}  // namespace rackcast::io
