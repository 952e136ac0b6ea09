// A StreamServer on loopback with ports the kernel chose, a tree in a temporary folder, and raw clients whose every
// wait has a deadline.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <chrono>
#include <condition_variable>
#include <cstring>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "core/file_descriptor.h"
#include "io_backends/stream/server.h"
#include "tests/support/temporary_tree.h"

namespace rackcast::io {

inline constexpr std::chrono::seconds kPatience{20};

// Content that shows where it is from: no two 8-byte words of a file are equal, and files differ by `seed`.
inline std::string make_content(std::size_t size, std::uint64_t seed) {
  std::string content(size, '\0');
  for (std::size_t i = 0; i < size; i += 8) {
    std::uint64_t word = (i + 1) * 0x9E37'79B9'7F4A'7C15U ^ seed * 0xD6E8'FEB8'6659'FD93U;
    word ^= word >> 29U;
    std::memcpy(content.data() + i, &word, std::min<std::size_t>(8, size - i));
  }
  return content;
}

class CollectedEvents final : public EventSink {
 public:
  void emit(const Event& event) override {
    const std::scoped_lock lock(mutex_);
    events_.push_back(event);
    changed_.notify_all();
  }
  // Waits until `count` events of that kind are there.
  bool wait_for(EventKind kind, std::size_t count = 1) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kPatience, [&] { return count_locked(kind) >= count; });
  }
  std::size_t count(EventKind kind) {
    const std::scoped_lock lock(mutex_);
    return count_locked(kind);
  }
  Event last(EventKind kind) {
    const std::scoped_lock lock(mutex_);
    for (auto event = events_.rbegin(); event != events_.rend(); ++event)
      if (event->kind == kind) return *event;
    return {};
  }

 private:
  std::size_t count_locked(EventKind kind) const {
    std::size_t count = 0;
    for (const Event& event : events_) count += event.kind == kind ? 1U : 0U;
    return count;
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Event> events_;
};

struct HttpAnswer {
  unsigned status = 0;
  std::map<std::string, std::string> fields;
  std::string body;
  bool whole = false;  // the body is as long as Content-Length says
};

class RawClient {
 public:
  // `source`: the client's own address, one of 127/8.
  explicit RawClient(const net::Endpoint& server, int receive_buffer = 0,
                     std::optional<net::Ipv4Address> source = std::nullopt) {
    socket_ = FileDescriptor(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (receive_buffer > 0) ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    if (source) {
      address.sin_addr.s_addr = htonl(source->value());
      ::bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address);
    }
    address.sin_port = htons(server.port.value());
    address.sin_addr.s_addr = htonl(server.address.v4().value());
    connected_ = ::connect(socket_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  }
  explicit RawClient(FileDescriptor accepted) : socket_(std::move(accepted)), connected_(true) {}

  [[nodiscard]] bool connected() const { return connected_; }
  void send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
  }
  void half_close() { ::shutdown(socket_.get(), SHUT_WR); }
  void close() { socket_.reset(); }
  // Closes with a reset.
  void abort() {
    const linger at_once{1, 0};
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    socket_.reset();
  }

  // More bytes into the buffer; false at the end, on a reset, or after kPatience.
  bool read_some(std::size_t limit = 65'536) {
    pollfd wait{socket_.get(), POLLIN, 0};
    const auto patience = std::chrono::duration_cast<std::chrono::milliseconds>(kPatience);
    if (::poll(&wait, 1, static_cast<int>(patience.count())) <= 0) {
      timed_out = true;
      return false;
    }
    std::string room(limit, '\0');
    const ssize_t got = ::recv(socket_.get(), room.data(), room.size(), 0);
    was_reset = got < 0;
    if (got <= 0) return false;
    buffer.append(room.data(), static_cast<std::size_t>(got));
    return true;
  }
  // Everything until the end.
  std::string read_all() {
    while (read_some()) {
    }
    return std::exchange(buffer, {});
  }
  // One line without CRLF.
  std::string read_line() {
    while (buffer.find("\r\n") == std::string::npos)
      if (!read_some()) return std::exchange(buffer, {});
    const auto end = buffer.find("\r\n");
    std::string line = buffer.substr(0, end);
    buffer.erase(0, end + 2);
    return line;
  }
  // A whole FTP reply; its last line.
  std::string read_reply() {
    while (true) {
      std::string line = read_line();
      if (line.size() < 4 || (line[3] == ' ' && line[0] != ' ')) return line;
    }
  }
  std::string command(std::string_view line) {
    send(std::string(line) + "\r\n");
    return read_reply();
  }

  HttpAnswer read_head() {
    HttpAnswer answer;
    const std::string status = read_line();
    if (!status.starts_with("HTTP/1.1 ")) return answer;
    answer.status = static_cast<unsigned>(std::stoul(status.substr(9, 3)));
    for (std::string line = read_line(); !line.empty(); line = read_line()) {
      const auto colon = line.find(": ");
      if (colon != std::string::npos) answer.fields[line.substr(0, colon)] = line.substr(colon + 2);
    }
    return answer;
  }
  HttpAnswer read_answer(bool head_only = false) {
    HttpAnswer answer = read_head();
    const std::size_t length =
        head_only || !answer.fields.contains("Content-Length") ? 0 : std::stoul(answer.fields["Content-Length"]);
    while (buffer.size() < length && read_some()) {
    }
    answer.whole = buffer.size() >= length;
    answer.body = buffer.substr(0, length);
    buffer.erase(0, length);
    return answer;
  }
  HttpAnswer get(std::string_view target, std::string_view fields = "", std::string_view method = "GET") {
    send(std::string(method) + " " + std::string(target) + " HTTP/1.1\r\nHost: test\r\n" + std::string(fields) +
         "\r\n");
    return read_answer(method == "HEAD");
  }

  std::string buffer;
  bool timed_out = false;
  bool was_reset = false;

 private:
  FileDescriptor socket_;
  bool connected_ = false;
};

class StreamTest : public ::testing::Test {
 protected:
  StreamTest() {
    const net::Endpoint any_port{net::Ipv4Address(127, 0, 0, 1), net::UdpPort{0}};
    config.http = HttpConfig{{any_port}, tree.path(""), {}};
    config.ftp = FtpConfig{{any_port}, tree.path(""), std::nullopt, {}};
    config.board = BoardConfig{any_port};
    limits.data_open_timeout = Milliseconds(2'000);
    limits.sweep_interval = Milliseconds(20);
    limits.stop_stall_timeout = kPatience;  // what a test is about ends a connection, not its own pauses
    hooks.events = [this](unsigned) -> EventSink& { return events; };
    hooks.board = [](const engine::HttpRequest& request) {
      return engine::text_response(request.target == "/healthz" ? 200 : 404, "{}", "application/json");
    };
  }

  void start() {
    auto sockets = StreamSockets::open(config);
    ASSERT_TRUE(sockets) << sockets.error().message;
    http = sockets->local(StreamService::kHttp);
    ftp = sockets->local(StreamService::kFtp);
    board = sockets->local(StreamService::kBoard);
    auto started = StreamServer::start(config, std::move(*sockets), hooks, limits);
    ASSERT_TRUE(started) << started.error().message;
    server = std::move(*started);
  }

  // Polls a counter until the predicate holds.
  template <typename Predicate>
  bool eventually(Predicate predicate) {
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    while (!predicate(server->totals())) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      ::poll(nullptr, 0, 2);
    }
    return true;
  }

  rackcast::testing::TemporaryTree tree;
  CollectedEvents events;
  Config config;
  StreamLimits limits;
  StreamHooks hooks;
  net::Endpoint http;
  net::Endpoint ftp;
  net::Endpoint board;
  std::unique_ptr<StreamServer> server;  // last: ends before what its threads use
};

}  // namespace rackcast::io
