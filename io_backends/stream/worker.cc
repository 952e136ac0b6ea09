#include "io_backends/stream/worker.h"

#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>

#include <algorithm>
#include <string_view>

#include "core/engine/http/decide.h"
#include "io_backends/stream/ftp_connection.h"
#include "io_backends/stream/http_connection.h"

namespace rackcast::io {

namespace {

// Raised while a connection lives.
class Occupied {
 public:
  Occupied(std::size_t& open, StreamCounters& counters) : open_(open), counters_(counters) {
    ++open_;
    counters_.connections_open.add();
  }
  Occupied(const Occupied&) = delete;
  Occupied& operator=(const Occupied&) = delete;
  ~Occupied() {
    --open_;
    counters_.connections_open.subtract();
  }

 private:
  std::size_t& open_;
  StreamCounters& counters_;
};

std::string over_limit_answer(StreamService service) {
  if (service == StreamService::kFtp) return "421 There are too many connected users, please try later.\r\n";
  const engine::HttpResponse response = engine::busy(true);
  return engine::encode_head(response, std::chrono::system_clock::now()) + response.text;
}

}  // namespace

Worker::Worker(unsigned index, WorkerShared& shared, std::shared_ptr<const StreamView> view)
    : index_(index),
      shared_(shared),
      events_(shared.hooks.events(index)),
      admission_(*this, shared.http_totals, shared.ftp_totals),
      view_(std::move(view)) {}

void Worker::add_listener(ListenSocket socket) {
  auto listener = std::make_unique<Listener>(Listener{socket.service, tcp::acceptor(loop_)});
  error_code error;
  listener->acceptor.assign(socket.local.address.is_v4() ? tcp::v4() : tcp::v6(), socket.socket.release(), error);
  listener->acceptor.non_blocking(true, error);
  listeners_.push_back(std::move(listener));
}

void Worker::run() {
  sigset_t broken_pipe;
  sigemptyset(&broken_pipe);
  sigaddset(&broken_pipe, SIGPIPE);
  ::pthread_sigmask(SIG_BLOCK, &broken_pipe, nullptr);
  for (const auto& listener : listeners_) asio::co_spawn(loop_, accept_loop(*listener), asio::detached);
  asio::co_spawn(loop_, sweep_loop(), asio::detached);
  loop_.run();
}

void Worker::set_view(std::shared_ptr<const StreamView> view) {
  asio::post(loop_, [this, view = std::move(view)]() mutable { view_ = std::move(view); });
}

void Worker::begin_stop(Milliseconds grace) {
  asio::post(loop_, [this, grace, now = SteadyClock::now()] {
    stopping_ = true;
    stop_at_ = std::min(stop_at_, now + grace);
    error_code ignored;
    for (const auto& listener : listeners_) listener->acceptor.close(ignored);
    watch_.stop_idle(SteadyClock::now());
  });
}

// The loop ends when nothing is left to wait for: this timer is the last to go.
Task<> Worker::sweep_loop() {
  asio::steady_timer timer(loop_);
  while (!stopping_ || !watch_.empty()) {
    timer.expires_after(limits().sweep_interval);
    error_code ignored;
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    const SteadyTime now = SteadyClock::now();
    if (now >= stop_at_)
      watch_.expire_all();
    else
      watch_.sweep(now);
    if (stopping_) watch_.stop_idle(now);
    admission_.on_tick();
  }
}

Task<> Worker::accept_loop(Listener& listener) {
  asio::steady_timer pause(loop_);
  while (!stopping_) {
    tcp::socket socket(loop_);
    error_code error;
    co_await listener.acceptor.async_accept(socket, asio::redirect_error(asio::use_awaitable, error));
    if (!error) {
      admit(listener.service, std::move(socket));
    } else if (error != asio::error::connection_aborted && !stopping_) {
      // Out of descriptors or memory: the connection stays in the backlog; asking again at once would spin.
      counters_.accept_failed.add();
      pause.expires_after(limits().sweep_interval);
      co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, error));
    }
  }
}

void Worker::admit(StreamService service, tcp::socket socket) {
  const bool board = service == StreamService::kBoard;
  error_code gone;
  const tcp::endpoint peer = socket.remote_endpoint(gone);
  if (gone) return;                                                                 // reset before it was looked at
  if (!board && !admission_.may_enter(service, to_endpoint(peer).address)) return;  // closed with the socket
  if (board ? board_open_ >= limits().board_connections_max : open_ >= limits().connections_max)
    return refuse(service, std::move(socket));
  counters_.connections_accepted.add();
  asio::co_spawn(loop_, serve(service, std::move(socket)), asio::detached);
}

// One answer from the kernel's send buffer, and the end: no state is kept for a connection over the limit.
void Worker::refuse(StreamService service, tcp::socket socket) {
  counters_.connections_refused.add();
  const std::string answer = over_limit_answer(service);
  (void)::send(socket.native_handle(), answer.data(), answer.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  error_code ignored;
  socket.shutdown(tcp::socket::shutdown_send, ignored);
}

Task<> Worker::serve(StreamService service, tcp::socket socket) {
  const Occupied occupied(service == StreamService::kBoard ? board_open_ : open_, counters_);
  if (service == StreamService::kFtp) {
    FtpConnection connection(*this, std::move(socket));
    co_await connection.run();
    co_return;
  }
  HttpConnection connection(
      *this, std::move(socket),
      service == StreamService::kBoard ? HttpConnection::Serves::kTexts : HttpConnection::Serves::kTree);
  co_await connection.run();
}

}  // namespace rackcast::io
