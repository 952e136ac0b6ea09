#include "io_backends/stream/stream_link.h"

#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <utility>

namespace rackcast::io {

namespace {

// Whether the connection is no more (a reset, or the kernel gave up). Takes the pending error away.
bool is_broken(int socket) {
  int error = 0;
  socklen_t size = sizeof error;
  if (::getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &size) != 0 || error != 0) return true;
  tcp_info info{};
  size = sizeof info;
  return ::getsockopt(socket, IPPROTO_TCP, TCP_INFO, &info, &size) != 0 || info.tcpi_state == TCP_CLOSE;
}

}  // namespace

StreamLink::StreamLink(tcp::socket socket, Watch& watch, const StreamLimits& limits)
    : Watched(watch), socket_(std::move(socket)), limits_(limits) {
  error_code ignored;
  socket_.native_non_blocking(true, ignored);
  socket_.set_option(tcp::no_delay(true), ignored);  // small answers and the end of a body must not wait for an ACK
  const tcp::endpoint local = socket_.local_endpoint(ignored);
  local_ = to_endpoint(local);
  peer_ = to_endpoint(socket_.remote_endpoint(ignored));
  if (local.address().is_v6()) scope_id_ = static_cast<std::uint32_t>(local.address().to_v6().scope_id());
}

void StreamLink::on_deadline() {
  expired_ = true;
  error_code ignored;
  socket_.cancel(ignored);
}

void StreamLink::on_stop(Time now) {
  if (idle_) return on_deadline();
  int unacknowledged = 0;
  ::ioctl(descriptor(), SIOCOUTQ, &unacknowledged);
  const bool moved = seen_unacknowledged_ != unacknowledged || seen_bytes_ != moved_bytes_;
  seen_unacknowledged_ = unacknowledged;
  seen_bytes_ = moved_bytes_;
  if (moved) seen_at_ = now;
  if (has_deadline() && now - seen_at_ >= limits_.stop_stall_timeout) on_deadline();
}

void StreamLink::wake() {
  woken_ = true;
  error_code ignored;
  socket_.cancel(ignored);
}

Task<ReadResult> StreamLink::read_some(std::span<char> room) {
  while (!expired_) {
    if (std::exchange(woken_, false)) co_return ReadResult{ReadResult::State::kWoken, 0};
    error_code error;
    const std::size_t size = co_await socket_.async_read_some(asio::buffer(room.data(), room.size()),
                                                              asio::redirect_error(asio::use_awaitable, error));
    moved_bytes_ += size;
    if (size > 0) co_return ReadResult{ReadResult::State::kBytes, size};
    if (error != asio::error::operation_aborted) co_return ReadResult{ReadResult::State::kEnd, 0};
  }
  co_return ReadResult{ReadResult::State::kExpired, 0};
}

Task<bool> StreamLink::wait_writable() {
  set_deadline_in(limits_.send_stall_timeout);
  while (!expired_) {
    error_code error;
    co_await socket_.async_wait(tcp::socket::wait_write, asio::redirect_error(asio::use_awaitable, error));
    // A wake() is for a reader: it cancels this wait too, which then just goes on.
    if (error == asio::error::operation_aborted) continue;
    clear_deadline();
    co_return !error;
  }
  co_return false;
}

Task<bool> StreamLink::send_all(std::string_view bytes, More more) {
  const int flags = MSG_NOSIGNAL | MSG_DONTWAIT | (more == More::kFollows ? MSG_MORE : 0);
  while (!bytes.empty() && !expired_) {
    const ssize_t sent = ::send(descriptor(), bytes.data(), bytes.size(), flags);
    if (sent >= 0) {
      moved_bytes_ += static_cast<std::uint64_t>(sent);
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      const bool writable = co_await wait_writable();
      if (!writable) co_return false;
    } else if (errno != EINTR) {
      co_return false;
    }
  }
  co_return bytes.empty();
}

Task<bool> StreamLink::wait_transmitted() {
  // With this low-water mark the socket is writable only when nothing is left to send: an event instead of polling.
  const int everything_out = 1;
  const int system_default = 0;
  ::setsockopt(descriptor(), IPPROTO_TCP, TCP_NOTSENT_LOWAT, &everything_out, sizeof everything_out);
  bool connected = true;
  int unsent = 0;
  while (connected && ::ioctl(descriptor(), SIOCOUTQNSD, &unsent) == 0 && unsent > 0) {
    connected = co_await wait_writable();
    // After a reset the kernel keeps the number of unsent bytes and calls the socket writable for ever.
    if (connected) connected = !is_broken(descriptor());
  }
  ::setsockopt(descriptor(), IPPROTO_TCP, TCP_NOTSENT_LOWAT, &system_default, sizeof system_default);
  co_return connected && !expired_;
}

void StreamLink::half_close() {
  error_code ignored;
  socket_.shutdown(tcp::socket::shutdown_send, ignored);
}

Task<void> StreamLink::finish() {
  error_code error;
  half_close();
  set_deadline_in(limits_.drain_timeout);
  constexpr std::size_t kDrainedBytesMax = 1'048'576;
  std::array<char, 4'096> dropped{};
  std::size_t total = 0;
  while (!error && !expired_ && total < kDrainedBytesMax) {
    const ReadResult read = co_await read_some(dropped);
    if (read.state == ReadResult::State::kWoken) continue;
    if (read.state != ReadResult::State::kBytes) break;
    total += read.size;
  }
  socket_.close(error);
}

}  // namespace rackcast::io
