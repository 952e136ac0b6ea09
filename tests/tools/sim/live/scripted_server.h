// A TCP server on loopback that plays a script: for each connection in turn, what it waits for and what it sends,
// whatever the protocol would want. Runs on its own thread and is joined at the end; every wait of it is bounded.
#pragma once

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "core/file_descriptor.h"
#include "proto/net/address.h"

namespace rackcast::sim {

class ScriptedPeer {
 public:
  ScriptedPeer(FileDescriptor socket, std::string& heard) : socket_(std::move(socket)), heard_(heard) {}

  // Reads until `end` came, and returns what came with it; less when the client closes or five seconds pass.
  std::string read_until(std::string_view end) {
    std::string text = std::exchange(left_, {});
    while (text.find(end) == std::string::npos) {
      pollfd wait{socket_.get(), POLLIN, 0};
      char bytes[4'096];
      if (::poll(&wait, 1, 5'000) <= 0) break;
      const ssize_t size = ::recv(socket_.get(), bytes, sizeof(bytes), 0);
      if (size <= 0) break;
      text.append(bytes, static_cast<std::size_t>(size));
    }
    const std::size_t found = text.find(end);
    if (found != std::string::npos) {
      left_ = text.substr(found + end.size());
      text.resize(found + end.size());
    }
    heard_ += text;
    return text;
  }
  void send(std::string_view text) {
    while (!text.empty()) {
      const ssize_t size = ::send(socket_.get(), text.data(), text.size(), MSG_NOSIGNAL);
      if (size <= 0) return;
      text.remove_prefix(static_cast<std::size_t>(size));
    }
  }
  // HTTP: a request's head, then this.
  void answer(std::string_view text) {
    read_until("\r\n\r\n");
    send(text);
  }
  // FTP: a command line, then this.
  void reply(std::string_view text) {
    read_until("\r\n");
    send(text);
  }
  void wait_for_close() { read_until("never said"); }
  void reset() {
    const linger now{1, 0};
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_LINGER, &now, sizeof(now));
    socket_.reset();
  }

 private:
  FileDescriptor socket_;
  std::string& heard_;
  std::string left_;
};

inline FileDescriptor listen_on_loopback(std::uint16_t& port) {
  FileDescriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in name{};
  name.sin_family = AF_INET;
  name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(name);
  if (::bind(socket.get(), reinterpret_cast<sockaddr*>(&name), size) != 0) return {};
  ::listen(socket.get(), 64);
  ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&name), &size);
  port = ntohs(name.sin_port);
  return socket;
}

// One connection, or none within five seconds.
inline FileDescriptor accept_from(const FileDescriptor& listener) {
  pollfd wait{listener.get(), POLLIN, 0};
  if (::poll(&wait, 1, 5'000) <= 0) return {};
  return FileDescriptor(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
}

class ScriptedServer {
 public:
  using Script = std::function<void(ScriptedPeer&)>;

  explicit ScriptedServer(std::vector<Script> connections) : listener_(listen_on_loopback(port_)) {
    thread_ = std::thread([this, scripts = std::move(connections)] {
      for (const Script& script : scripts) {
        FileDescriptor socket = accept_from(listener_);
        if (!socket.valid()) return;
        ++accepted_;
        ScriptedPeer peer(std::move(socket), heard_);
        script(peer);
      }
    });
  }
  ~ScriptedServer() { finish(); }
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;

  [[nodiscard]] net::Endpoint endpoint() const { return {net::Ipv4Address(127, 0, 0, 1), net::UdpPort{port_}}; }
  void finish() {
    if (thread_.joinable()) thread_.join();
  }
  // After finish().
  [[nodiscard]] const std::string& heard() const { return heard_; }
  [[nodiscard]] int accepted() const { return accepted_; }

 private:
  std::uint16_t port_ = 0;
  FileDescriptor listener_;
  std::string heard_;
  std::atomic<int> accepted_{0};
  std::thread thread_;
};

}  // namespace rackcast::sim
