#include "tools/sim/live/ftp_fetch.h"

#include <sys/socket.h>

#include <charconv>

#include "proto/ftp/reply.h"

namespace rackcast::sim {
namespace {

constexpr std::size_t kControlBytes = 4'096;

bool positive(std::uint16_t code) {
  return code >= 200 && code < 300;
}

// Relative to where the login leads, as RFC 1738 section 3.2.2 reads an FTP URL.
std::string_view relative(std::string_view path) {
  if (path.starts_with('/')) path.remove_prefix(1);
  return path;
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
  std::uint64_t size = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), size);
  if (parsed.ec != std::errc{}) return std::nullopt;
  return size;
}

}  // namespace

FtpFetch::FtpFetch(FetchHost& host, FetchOrder order)
    : Fetch(host, std::move(order)), control_(*this, &FtpFetch::on_control), data_(*this, &FtpFetch::on_data) {}

void FtpFetch::start(Instant now) {
  listen_to(now);
  if (order().request.path.find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos)
    return end(now, Failure::kBadConfiguration, 0);
  open(now, control_, order().request.server);
}

bool FtpFetch::open(Instant now, Channel& channel, const net::Endpoint& to) {
  Dialled dialled = host().dial(order(), to);
  if (!dialled.socket.valid()) {
    end(now, dialled.failure, 0);
    return false;
  }
  channel.socket = std::move(dialled.socket);
  channel.watched = host().loop().add(channel.socket.get(), channel, EPOLLOUT);
  if (!channel.watched) end(now, Failure::kLocal, 0);
  return channel.watched;
}

void FtpFetch::on_control(Instant now, std::uint32_t /*events*/) {
  if (state_ != State::kConnecting) return read_replies(now);
  const int error = socket_error(control_.socket.get());
  if (error != 0) return end(now, failure_of(error), 0);
  heard(now);
  state_ = State::kGreeting;
  host().loop().change(control_.socket.get(), control_, EPOLLIN);
}

void FtpFetch::read_replies(Instant now) {
  std::array<std::byte, kControlBytes> bytes;
  const ssize_t size = ::recv(control_.socket.get(), bytes.data(), bytes.size(), MSG_DONTWAIT);
  if (size < 0) {
    if (errno == EAGAIN || errno == EINTR) return;
    return ended_by_server(now, failure_of(errno));
  }
  if (size == 0) return ended_by_server(now, Failure::kConnectionLost);
  heard(now);
  std::span<const std::byte> rest = std::span(bytes).first(static_cast<std::size_t>(size));
  while (!rest.empty() && !over()) {
    const auto step = lines_.next(rest);
    rest = rest.subspan(step.consumed_bytes);
    if (step.outcome == ftp::LineSplitter::Outcome::kNeedMore) break;
    if (step.outcome == ftp::LineSplitter::Outcome::kTooLong || ++line_count_ > kReplyLinesMax)
      return end(now, Failure::kProtocol, 0);
    on_line(now, step.line);
  }
}

// A server that hangs up after its goodbye, or instead of it, has done its work.
void FtpFetch::ended_by_server(Instant now, Failure failure) {
  if (state_ == State::kQuit) return on_quit_reply(now);
  end(now, failure, final_code_);
}

void FtpFetch::on_line(Instant now, std::string_view line) {
  const auto reply = ftp::parse_reply_line(line);
  if (open_reply_ != 0) {
    if (!reply || !reply->last || reply->code != open_reply_) return;
    open_reply_ = 0;
  } else if (!reply) {
    return end(now, Failure::kProtocol, 0);
  } else if (!reply->last) {
    open_reply_ = reply->code;
    return;
  }
  on_reply(now, reply->code, reply->text);
}

void FtpFetch::on_reply(Instant now, std::uint16_t code, std::string_view text) {
  switch (state_) {
    case State::kGreeting:
    case State::kUser:
    case State::kPass:
    case State::kType:
      return on_login_reply(now, code);
    case State::kExtendedPassive:
    case State::kPassive:
      return on_passive_reply(now, code, text);
    case State::kSize:
      // A server without SIZE still has the file.
      if (positive(code)) promised_ = parse_size(text);
      if (code == 550) return end(now, Failure::kNotFound, code);
      return say(now, State::kRetrieve, "RETR", relative(order().request.path));
    case State::kRetrieve:
    case State::kTransfer:
      return on_retrieve_reply(now, code);
    case State::kQuit:
      return on_quit_reply(now);
    case State::kConnecting:
    case State::kDataConnecting:
      return refused(now, code);  // nothing was asked: the server gives up (421)
  }
}

void FtpFetch::on_login_reply(Instant now, std::uint16_t code) {
  if (state_ == State::kGreeting && code == 120) return;  // ready in some minutes
  if (state_ == State::kUser && code == 331) return say(now, State::kPass, "PASS", "rackcast-sim@");
  if (!positive(code)) return refused(now, code);
  switch (state_) {
    case State::kGreeting:
      return say(now, State::kUser, "USER", "anonymous");
    case State::kUser:
    case State::kPass:
      return say(now, State::kType, "TYPE", "I");
    default:
      return say(now, State::kExtendedPassive, "EPSV");
  }
}

void FtpFetch::on_passive_reply(Instant now, std::uint16_t code, std::string_view text) {
  if (state_ == State::kExtendedPassive && code >= 500) return say(now, State::kPassive, "PASV");
  if (!positive(code)) return refused(now, code);
  std::uint16_t port = 0;
  if (state_ == State::kExtendedPassive) {
    if (const auto parsed = ftp::parse_extended_passive_text(text)) port = parsed->value();
  } else if (const auto parsed = ftp::parse_passive_text(text)) {
    port = parsed->port.value();
  }
  if (port == 0) return end(now, Failure::kProtocol, code);
  open_data(now, port);
}

// To the address of the control connection whatever a 227 names: what clients do since servers behind NAT name others.
void FtpFetch::open_data(Instant now, std::uint16_t port) {
  state_ = State::kDataConnecting;
  open(now, data_, {order().request.server.address, net::UdpPort{port}});
}

void FtpFetch::on_retrieve_reply(Instant now, std::uint16_t code) {
  if (code >= 100 && code < 200) {
    state_ = State::kTransfer;
    return;
  }
  if (positive(code)) {
    final_code_ = code;
    return finish_if_whole(now);
  }
  if (state_ == State::kTransfer) return end(now, Failure::kConnectionLost, code);  // 426, 451: broken off
  refused(now, code);
}

void FtpFetch::refused(Instant now, std::uint16_t code) {
  if (code == 550 && state_ == State::kRetrieve) return end(now, Failure::kNotFound, code);
  end(now, code >= 400 ? Failure::kRefused : Failure::kProtocol, code);
}

void FtpFetch::on_data(Instant now, std::uint32_t /*events*/) {
  if (!data_connected_) {
    const int error = socket_error(data_.socket.get());
    if (error != 0) return end(now, failure_of(error), 0);
    data_connected_ = true;
    host().loop().change(data_.socket.get(), data_, EPOLLIN);
    return say(now, State::kSize, "SIZE", relative(order().request.path));
  }
  const Read read = read_paced(now, data_.socket.get(), data_, 0);
  if (read.state == ReadState::kNothing) return;
  if (read.state == ReadState::kFailed) return end(now, read.failure, final_code_);
  if (read.state == ReadState::kClosed) {
    data_done_ = true;
    close(data_);
    return finish_if_whole(now);
  }
  if (!body().add(read.bytes)) return end(now, Failure::kEndless, 0);
  if (promised_ && body().bytes() > *promised_) return end(now, Failure::kWrongSize, 0);
  report(now);
}

void FtpFetch::finish_if_whole(Instant now) {
  if (!data_done_ || final_code_ == 0) return;
  if (promised_ && *promised_ != body().bytes()) return end(now, Failure::kWrongSize, final_code_);
  say(now, State::kQuit, "QUIT");
}

void FtpFetch::on_quit_reply(Instant now) {
  end(now, Failure::kNone, final_code_);
}

void FtpFetch::say(Instant now, State next, std::string_view verb, std::string_view argument) {
  state_ = next;
  std::string line(verb);
  if (!argument.empty()) {
    line += ' ';
    line += argument;
  }
  line += "\r\n";
  // One short line at a time, each answered before the next: the socket's buffer always has room.
  const ssize_t size = ::send(control_.socket.get(), line.data(), line.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  if (size != static_cast<ssize_t>(line.size())) ended_by_server(now, Failure::kConnectionLost);
}

void FtpFetch::close(Channel& channel) {
  if (!channel.socket.valid()) return;
  if (channel.watched) host().loop().remove(channel.socket.get(), channel);
  channel.watched = false;
  host().hang_up(std::move(channel.socket));
}

void FtpFetch::close_all() {
  close(data_);
  close(control_);
}

void FtpFetch::resume() {
  if (data_.watched) host().loop().change(data_.socket.get(), data_, EPOLLIN);
}

}  // namespace rackcast::sim
