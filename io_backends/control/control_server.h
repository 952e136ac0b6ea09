// Serves the control socket on one small thread: accepts, checks who asks, reads one line with at most one descriptor,
// hands it to the handler, sends one line back, closes.
//
// Bounds (ControlLimits): connections at once (more wait in the listen queue), time for a request to be whole and for
// an answer to be taken; an answer itself may take as long as it takes. Whoever is neither root nor `user` gets a
// refusal.
//
// Threads: start and destruction from one; answer() from any. The handler is called on the server's thread.
#pragma once

#include <poll.h>
#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "core/file_descriptor.h"
#include "core/result.h"
#include "io_backends/control/control_message.h"
#include "io_backends/control/control_socket.h"
#include "proto/bytes/strong_id.h"

namespace rackcast::io {

using ControlConnectionId = StrongId<struct ControlConnectionIdTag, std::uint64_t>;  // never used twice

struct ControlRequest {
  ControlConnectionId from;
  std::string line;
  FileDescriptor attached;  // not valid: none came
  uid_t uid = 0;
};

class ControlHandler {
 public:
  virtual ~ControlHandler() = default;
  // The answer, or nothing: it comes later by ControlServer::answer().
  [[nodiscard]] virtual std::optional<std::string> on_request(ControlRequest request) = 0;
  // Whoever waits for a later answer closed its side. It may still read, so an answer is due all the same.
  virtual void on_hang_up(ControlConnectionId from) = 0;
  // `sentence` as an answer.
  [[nodiscard]] virtual std::string refusal(const std::string& sentence) = 0;
};

struct ControlLimits {
  std::size_t connections_max = 16;
  std::chrono::milliseconds request_wait{5'000};
};

class ControlServer {
 public:
  // `user`: who may ask besides root. `handler` outlives the server.
  [[nodiscard]] static Result<std::unique_ptr<ControlServer>> start(ControlSocket socket, uid_t user,
                                                                    ControlHandler& handler, ControlLimits limits = {});
  ~ControlServer();  // answers given so far still go out, as far as they go at once
  ControlServer(const ControlServer&) = delete;
  ControlServer& operator=(const ControlServer&) = delete;

  // For a connection that is gone: no effect.
  void answer(ControlConnectionId to, std::string line);

 private:
  using Clock = std::chrono::steady_clock;
  enum class State : std::uint8_t { kReading, kWaiting, kHungUp, kAnswering, kOver };
  struct Connection {
    ControlConnectionId id;
    FileDescriptor socket;
    uid_t uid = 0;
    State state = State::kReading;
    Clock::time_point deadline;
    LineReader reader{kControlRequestBytesMax};
    std::string answer;
    std::size_t sent = 0;
  };
  struct Answer {
    ControlConnectionId to;
    std::string line;
  };

  ControlServer(ControlSocket socket, uid_t user, ControlHandler& handler, ControlLimits limits, FileDescriptor bell);
  void run();
  void ring();
  [[nodiscard]] std::vector<pollfd> wanted() const;
  [[nodiscard]] int wait_ms() const;
  void accept_one();
  void serve(Connection& connection, short events);
  void read_request(Connection& connection);
  void look_for_hang_up(Connection& connection);
  void give(Connection& connection, std::string line);
  void send_rest(Connection& connection);
  [[nodiscard]] bool take_answers();
  void end_the_late();

  ControlSocket socket_;
  uid_t user_;
  ControlHandler& handler_;
  ControlLimits limits_;
  FileDescriptor bell_;
  std::vector<Connection> connections_;
  std::uint64_t next_id_ = 0;
  Clock::time_point accept_again_{};  // after a failure: not at once
  std::mutex mutex_;
  std::vector<Answer> answers_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace rackcast::io
