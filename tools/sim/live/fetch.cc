#include "tools/sim/live/fetch.h"

#include <sys/socket.h>

#include <cerrno>

namespace rackcast::sim {

Failure failure_of(int error) {
  switch (error) {
    case ECONNREFUSED:
      return Failure::kRefused;
    case ETIMEDOUT:
    case EHOSTUNREACH:  // nobody answers ARP
      return Failure::kTimeout;
    case EMFILE:
    case ENFILE:
    case ENOMEM:
    case ENOBUFS:
    case EADDRNOTAVAIL:
    case EADDRINUSE:
    case ENETUNREACH:
    case EACCES:
    case EPERM:
    case EINVAL:
      return Failure::kLocal;
    default:
      return Failure::kConnectionLost;
  }
}

int socket_error(int descriptor) {
  int error = 0;
  socklen_t size = sizeof(error);
  if (::getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &size) != 0) return errno;
  return error;
}

Fetch::Fetch(FetchHost& host, FetchOrder order)
    : host_(host), order_(std::move(order)), body_(order_.request.keep_text), allowance_(order_.bytes_per_second) {}

void Fetch::stop() {
  if (over_) return;
  over_ = true;
  host_.loop().timers().cancel(*this);
  close_all();
}

void Fetch::listen_to(Instant now) {
  heard_ = now;
  host_.loop().timers().set(*this, now + order_.request.patience);
}

void Fetch::on_time(Instant now) {
  if (paused_) {
    paused_ = false;
    heard_ = now;  // it was us who did not read
    resume();
  }
  const Instant deadline = heard_ + order_.request.patience;
  if (now < deadline) {
    host_.loop().timers().set(*this, deadline);
    return;
  }
  silent(now);
}

Fetch::Read Fetch::read_paced(Instant now, int descriptor, Watcher& watcher, std::size_t room_from) {
  const std::span<std::byte> buffer = host_.read_buffer().subspan(room_from);
  const std::size_t allowed = allowance_.at(now, buffer.size());
  if (allowed == 0) {
    paused_ = true;
    host_.loop().change(descriptor, watcher, 0);
    host_.loop().timers().set(*this, now + allowance_.pause());
    return {};
  }
  const ssize_t size = ::recv(descriptor, buffer.data(), allowed, MSG_DONTWAIT);
  if (size < 0) {
    if (errno == EAGAIN || errno == EINTR) return {};
    return {ReadState::kFailed, {}, failure_of(errno)};
  }
  heard_ = now;
  if (size == 0) return {ReadState::kClosed, {}, Failure::kNone};
  allowance_.used(static_cast<std::size_t>(size));
  return {ReadState::kBytes, buffer.first(static_cast<std::size_t>(size)), Failure::kNone};
}

void Fetch::report(Instant now) {
  if (over_ || body_.bytes() == reported_) return;
  reported_ = body_.bytes();
  FetchEvent event;
  event.id = order_.request.id;
  event.bytes = body_.bytes();
  host_.progress(now, *this, event);
}

void Fetch::end(Instant now, Failure failure, std::uint16_t status) {
  if (over_) return;
  FetchEvent event;
  event.id = order_.request.id;
  event.done = true;
  event.failure = failure;
  event.status = status;
  event.bytes = body_.bytes();
  event.digest = body_.digest();
  event.text = body_.text();
  host_.ended(now, *this, event);
}

}  // namespace rackcast::sim
