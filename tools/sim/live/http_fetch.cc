#include "tools/sim/live/http_fetch.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

namespace rackcast::sim {
namespace {

constexpr std::uint16_t kNotFound = 404;
constexpr std::uint16_t kGone = 410;
constexpr std::uint16_t kOk = 200;
constexpr std::uint16_t kErrors = 400;  // and above

bool is_redirect(std::uint16_t status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

}  // namespace

HttpFetch::HttpFetch(FetchHost& host, FetchOrder order) : Fetch(host, std::move(order)) {
  const FetchRequest& request = this->order().request;
  target_ = {request.server, request.path};
  method_ = request.head_first ? HttpMethod::kHead : HttpMethod::kGet;
}

void HttpFetch::start(Instant now) {
  listen_to(now);
  connect(now, order().request.keep_alive);
}

void HttpFetch::connect(Instant now, bool may_reuse) {
  connected_ = false;
  reused_ = false;
  if (may_reuse) socket_ = host().reuse(order().machine, target_.server);
  if (socket_.valid()) {
    reused_ = true;
    connected_ = true;
  } else {
    Dialled dialled = host().dial(order(), target_.server);
    if (!dialled.socket.valid()) return end(now, dialled.failure, 0);
    socket_ = std::move(dialled.socket);
  }
  watched_ = host().loop().add(socket_.get(), *this, connected_ ? EPOLLIN : EPOLLOUT);
  if (!watched_) return end(now, Failure::kLocal, 0);
  if (connected_) ask(now);
}

void HttpFetch::on_ready(Instant now, std::uint32_t /*events*/) {
  if (!connected_) return on_connected(now);
  if (!to_send_.empty()) return send_rest(now);
  receive(now);
}

void HttpFetch::on_connected(Instant now) {
  const int error = socket_error(socket_.get());
  if (error != 0) return end(now, failure_of(error), 0);
  connected_ = true;
  heard(now);
  ask(now);
}

void HttpFetch::ask(Instant now) {
  response_ = std::make_unique<HttpResponse>(method_, body());
  unused_.clear();
  to_send_ = http_request_text(method_, target_, order().request.user_agent,
                               order().request.keep_alive || method_ == HttpMethod::kHead);
  send_rest(now);
}

void HttpFetch::send_rest(Instant now) {
  const ssize_t size = ::send(socket_.get(), to_send_.data(), to_send_.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  if (size < 0 && errno != EAGAIN && errno != EINTR) return on_closed(now);
  if (size > 0) to_send_.erase(0, static_cast<std::size_t>(size));
  host().loop().change(socket_.get(), *this, to_send_.empty() ? EPOLLIN : EPOLLOUT);
}

void HttpFetch::receive(Instant now) {
  std::copy(unused_.begin(), unused_.end(), host().read_buffer().begin());
  const Read read = read_paced(now, socket_.get(), *this, unused_.size());
  switch (read.state) {
    case ReadState::kNothing:
      return;
    case ReadState::kClosed:
      return on_closed(now);
    case ReadState::kFailed:
      if (reused_ && !response_->head_done() && unused_.empty()) return on_closed(now);
      return end(now, read.failure, response_->status());
    case ReadState::kBytes:
      return take(now, host().read_buffer().first(unused_.size() + read.bytes.size()));
  }
}

void HttpFetch::take(Instant now, std::span<const std::byte> bytes) {
  const std::size_t used = response_->add(bytes);
  if (response_->failed()) return end(now, response_->failure(), response_->status());
  const auto rest = bytes.subspan(used);
  if (response_->done()) {
    // Something behind the end of the answer to a single question: more than announced.
    if (!rest.empty()) return end(now, Failure::kWrongSize, response_->status());
    return on_response(now);
  }
  if (rest.size() > HttpResponse::kHeadBytesMax) return end(now, Failure::kProtocol, response_->status());
  unused_.assign(rest.begin(), rest.end());
  report(now);
}

void HttpFetch::on_response(Instant now) {
  const std::uint16_t status = response_->status();
  may_keep_ = response_->keeps_connection();
  if (is_redirect(status)) return on_redirect(now);
  if (method_ == HttpMethod::kHead && (status == kOk || status >= kErrors)) return on_head(now, status);
  if (status == kNotFound || status == kGone) return leave(now, Failure::kNotFound);
  if (status < 200) return leave(now, Failure::kProtocol);  // nobody asked for an interim answer
  if (status != kOk) return leave(now, Failure::kRefused);
  if (promised_ && *promised_ != body().bytes()) return leave(now, Failure::kWrongSize);
  leave(now, Failure::kNone);
}

// EDK2 falls back to GET on any error status: not every server knows HEAD.
void HttpFetch::on_head(Instant now, std::uint16_t status) {
  if (status == kOk) promised_ = response_->content_length();
  method_ = HttpMethod::kGet;
  // The firmware asks on the same connection; a server that closes it is a failure on the next read.
  reused_ = false;
  if (!may_keep_) return leave(now, Failure::kConnectionLost);
  ask(now);
}

void HttpFetch::on_redirect(Instant now) {
  const auto target = parse_location(response_->location(), target_);
  if (!target || ++redirects_ > kRedirectsMax) return leave(now, Failure::kProtocol);
  const bool same_server = target->server == target_.server;
  target_ = *target;
  if (same_server && may_keep_) return ask(now);
  close_all();
  connect(now, order().request.keep_alive);
}

void HttpFetch::on_closed(Instant now) {
  // The server may close an idle connection at any time (RFC 9112 section 9.3.1): once more, on a fresh one.
  if (reused_ && !response_->head_done() && unused_.empty()) {
    close_all();
    return connect(now, false);
  }
  response_->add_end();
  if (response_->done()) return on_response(now);
  end(now, response_->failed() ? response_->failure() : Failure::kConnectionLost, response_->status());
}

void HttpFetch::leave(Instant now, Failure failure) {
  if (may_keep_ && order().request.keep_alive && failure != Failure::kWrongSize) {
    host().loop().remove(socket_.get(), *this);
    watched_ = false;
    host().keep(order().machine, target_.server, std::move(socket_));
  }
  end(now, failure, response_->status());
}

void HttpFetch::close_all() {
  if (!socket_.valid()) return;
  if (watched_) host().loop().remove(socket_.get(), *this);
  watched_ = false;
  to_send_.clear();
  unused_.clear();
  host().hang_up(std::move(socket_));
}

void HttpFetch::resume() {
  if (watched_) host().loop().change(socket_.get(), *this, EPOLLIN);
}

}  // namespace rackcast::sim
