#include "io_backends/control/control_server.h"

#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "core/errno_text.h"

namespace rackcast::io {

namespace {

// Out of descriptors: the listener is left alone for so long.
constexpr std::chrono::milliseconds kAcceptPause{200};
// Longest wait before those who are late are looked for.
constexpr std::chrono::milliseconds kLook{1'000};

}  // namespace

Result<std::unique_ptr<ControlServer>> ControlServer::start(ControlSocket socket, uid_t user, ControlHandler& handler,
                                                            ControlLimits limits) {
  FileDescriptor bell(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!bell) return fail("control socket: no descriptor for its thread: " + errno_text(errno));
  std::unique_ptr<ControlServer> server(new ControlServer(std::move(socket), user, handler, limits, std::move(bell)));
  server->thread_ = std::thread([self = server.get()] { self->run(); });
  return server;
}

ControlServer::ControlServer(ControlSocket socket, uid_t user, ControlHandler& handler, ControlLimits limits,
                             FileDescriptor bell)
    : socket_(std::move(socket)), user_(user), handler_(handler), limits_(limits), bell_(std::move(bell)) {
  connections_.reserve(limits_.connections_max);
}

ControlServer::~ControlServer() {
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
  }
  ring();
  thread_.join();
}

void ControlServer::answer(ControlConnectionId to, std::string line) {
  {
    const std::scoped_lock lock(mutex_);
    answers_.push_back({to, std::move(line)});
  }
  ring();
}

void ControlServer::ring() {
  constexpr std::uint64_t kOne = 1;
  (void)!::write(bell_.get(), &kOne, sizeof kOne);
}

void ControlServer::run() {
  pthread_setname_np(pthread_self(), "rc-control");
  for (bool running = true; running;) {
    std::vector<pollfd> ready = wanted();
    if (::poll(ready.data(), ready.size(), wait_ms()) < 0) continue;
    if (ready[0].revents != 0) {
      std::uint64_t ignored = 0;
      (void)!::read(bell_.get(), &ignored, sizeof ignored);
    }
    // Those polled come first, in order; accepting appends.
    for (std::size_t i = 2; i < ready.size(); ++i)
      if (ready[i].revents != 0) serve(connections_[i - 2], ready[i].revents);
    if (ready[1].revents != 0) accept_one();
    running = take_answers();
    end_the_late();
  }
}

// The bell, the listener (-1 while no more are taken), then the connections in their order.
std::vector<pollfd> ControlServer::wanted() const {
  const bool accepting = connections_.size() < limits_.connections_max && Clock::now() >= accept_again_;
  std::vector<pollfd> all{{bell_.get(), POLLIN, 0}, {accepting ? socket_.get() : -1, POLLIN, 0}};
  for (const Connection& connection : connections_) {
    const bool listening = connection.state == State::kReading || connection.state == State::kWaiting;
    const bool silent = connection.state == State::kHungUp;  // it has nothing to say any more
    const short events = listening ? POLLIN : POLLOUT;
    all.push_back({silent ? -1 : connection.socket.get(), events, 0});
  }
  return all;
}

int ControlServer::wait_ms() const {
  auto wait = std::min(limits_.request_wait, kLook);
  if (Clock::now() < accept_again_) wait = kAcceptPause;
  return static_cast<int>(wait.count());
}

void ControlServer::accept_one() {
  Connection connection;
  connection.socket = FileDescriptor(::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (!connection.socket) {
    if (errno != EAGAIN && errno != ECONNABORTED && errno != EINTR) accept_again_ = Clock::now() + kAcceptPause;
    return;
  }
  ucred peer{};
  socklen_t size = sizeof peer;
  if (::getsockopt(connection.socket.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return;
  connection.id = ControlConnectionId{++next_id_};
  connection.uid = peer.uid;
  connection.deadline = Clock::now() + limits_.request_wait;
  connections_.push_back(std::move(connection));
  if (peer.uid != 0 && peer.uid != user_)
    give(connections_.back(), handler_.refusal("only root and the daemon's own user may do that"));
}

void ControlServer::serve(Connection& connection, short events) {
  switch (connection.state) {
    case State::kReading:
      return read_request(connection);
    case State::kWaiting:
      if ((events & (POLLIN | POLLHUP | POLLERR)) != 0) look_for_hang_up(connection);
      return;
    case State::kAnswering:
      return send_rest(connection);
    case State::kHungUp:
    case State::kOver:
      return;
  }
}

void ControlServer::read_request(Connection& connection) {
  switch (connection.reader.read(connection.socket.get())) {
    case LineStatus::kMore:
      return;
    case LineStatus::kTooLong:
      return give(connection,
                  handler_.refusal("the request is longer than " + std::to_string(kControlRequestBytesMax) + " bytes"));
    case LineStatus::kEnd:
    case LineStatus::kFailed:
      connection.state = State::kOver;
      return;
    case LineStatus::kLine:
      break;
  }
  connection.state = State::kWaiting;
  auto answer = handler_.on_request({.from = connection.id,
                                     .line = connection.reader.line(),
                                     .attached = connection.reader.take_descriptor(),
                                     .uid = connection.uid});
  if (answer) give(connection, std::move(*answer));
}

// Anything it still says is ignored; the end of its side is not.
void ControlServer::look_for_hang_up(Connection& connection) {
  LineReader rest(kControlRequestBytesMax);
  const LineStatus status = rest.read(connection.socket.get());
  if (status == LineStatus::kMore || status == LineStatus::kLine) return;
  connection.state = State::kHungUp;
  handler_.on_hang_up(connection.id);
}

void ControlServer::give(Connection& connection, std::string line) {
  connection.answer = std::move(line) + '\n';
  connection.state = State::kAnswering;
  connection.deadline = Clock::now() + limits_.request_wait;
  send_rest(connection);
}

void ControlServer::send_rest(Connection& connection) {
  const std::string_view rest = std::string_view(connection.answer).substr(connection.sent);
  const long count = send_text(connection.socket.get(), rest);
  if (count > 0) connection.sent += static_cast<std::size_t>(count);
  const bool waits = count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
  if ((count < 0 && !waits) || connection.sent == connection.answer.size()) connection.state = State::kOver;
}

// False: the server is to stop, and everything answered before was looked at.
bool ControlServer::take_answers() {
  std::vector<Answer> answers;
  bool stopping = false;
  {
    const std::scoped_lock lock(mutex_);
    answers.swap(answers_);
    stopping = stopping_;
  }
  for (Answer& answer : answers) {
    for (Connection& connection : connections_) {
      const bool waits = connection.state == State::kWaiting || connection.state == State::kHungUp;
      if (connection.id == answer.to && waits) give(connection, std::move(answer.line));
    }
  }
  return !stopping;
}

void ControlServer::end_the_late() {
  const auto now = Clock::now();
  std::erase_if(connections_, [now](const Connection& connection) {
    const bool hurried = connection.state == State::kReading || connection.state == State::kAnswering;
    return connection.state == State::kOver || (hurried && now >= connection.deadline);
  });
}

}  // namespace rackcast::io
