// One fetch under way: what HTTP (http_fetch.h) and FTP (ftp_fetch.h) have in common, and what they need from their
// owner. A fetch ends by itself, with exactly one end(), or is dropped by stop(), with none.
//
// After any call to host().progress() or end() the fetch may be stopped (over()): return at once.
#pragma once

#include <span>

#include "core/file_descriptor.h"
#include "tools/sim/live/event_loop.h"
#include "tools/sim/live/fetch_body.h"
#include "tools/sim/machines/carrier.h"

namespace rackcast::sim {

class Fetch;

// Who asks, and under what conditions.
struct FetchOrder {
  MachineId machine;
  net::Ipv4Address source;             // of the machine
  std::uint64_t bytes_per_second = 0;  // 0: as they come
  FetchRequest request;
};

struct Dialled {
  FileDescriptor socket;  // connecting; invalid: see `failure`
  Failure failure = Failure::kNone;
};

// The owner, seen from a fetch.
class FetchHost {
 public:
  virtual ~FetchHost() = default;

  [[nodiscard]] virtual EventLoop& loop() = 0;
  [[nodiscard]] virtual std::span<std::byte> read_buffer() = 0;  // shared: used up before anything else is called
  [[nodiscard]] virtual Dialled dial(const FetchOrder& order, const net::Endpoint& to) = 0;
  // An open connection of this machine to this server that nobody uses; invalid: none.
  [[nodiscard]] virtual FileDescriptor reuse(MachineId machine, const net::Endpoint& server) = 0;
  virtual void keep(MachineId machine, const net::Endpoint& server, FileDescriptor socket) = 0;
  // Every socket of dial() and reuse() comes back by keep() or this.
  virtual void hang_up(FileDescriptor socket) = 0;

  virtual void progress(Instant now, Fetch& fetch, const FetchEvent& event) = 0;
  virtual void ended(Instant now, Fetch& fetch, const FetchEvent& event) = 0;  // the fetch is stopped by the host
};

class Fetch : public Timed {
 public:
  Fetch(FetchHost& host, FetchOrder order);
  ~Fetch() override = default;
  Fetch(const Fetch&) = delete;
  Fetch& operator=(const Fetch&) = delete;

  virtual void start(Instant now) = 0;
  void stop();  // closes everything; calls nobody

  [[nodiscard]] const FetchOrder& order() const { return order_; }
  [[nodiscard]] bool over() const { return over_; }
  void on_time(Instant now) final;

 protected:
  enum class ReadState : std::uint8_t { kBytes, kNothing, kClosed, kFailed };
  struct Read {
    ReadState state = ReadState::kNothing;
    std::span<const std::byte> bytes;
    Failure failure = Failure::kNone;  // kFailed
  };

  // Of the body or what comes with it, within the machine's pace. `room_from`: bytes of the buffer that are taken.
  [[nodiscard]] Read read_paced(Instant now, int descriptor, Watcher& watcher, std::size_t room_from);
  void heard(Instant now) { heard_ = now; }
  void listen_to(Instant now);  // starts the clock of the machine's patience
  void report(Instant now);     // progress, where there was any
  void end(Instant now, Failure failure, std::uint16_t status);

  virtual void close_all() = 0;
  virtual void resume() = 0;  // a pause of the pace is over: watch for input again
  virtual void silent(Instant now) { end(now, Failure::kTimeout, 0); }

  FetchHost& host() { return host_; }
  FetchBody& body() { return body_; }

 private:
  FetchHost& host_;
  FetchOrder order_;
  FetchBody body_;
  ReadAllowance allowance_;
  Instant heard_{};
  std::uint64_t reported_ = 0;
  bool paused_ = false;
  bool over_ = false;
};

// What a failed connect(), read or write of a fetch means.
[[nodiscard]] Failure failure_of(int error);
// The pending error of a socket whose connect() came to an end; 0: connected.
[[nodiscard]] int socket_error(int descriptor);

}  // namespace rackcast::sim
