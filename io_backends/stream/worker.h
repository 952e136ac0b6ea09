// One stream thread: its event loop, its listeners, its connections. Shares nothing with the other threads but what
// WorkerShared names. Everything public but the "any thread" calls belongs to the thread itself.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "core/sink.h"
#include "io_backends/stream/admission.h"
#include "io_backends/stream/asio.h"
#include "io_backends/stream/blocking.h"
#include "io_backends/stream/counters.h"
#include "io_backends/stream/listen_sockets.h"
#include "io_backends/stream/passive_ports.h"
#include "io_backends/stream/server.h"
#include "io_backends/stream/settings.h"
#include "io_backends/stream/watch.h"

namespace rackcast::io {

// What all threads use; owned by the server, outlives them.
struct WorkerShared {
  WorkerShared(const StreamLimits& stream_limits, StreamHooks stream_hooks)
      : limits(stream_limits), hooks(std::move(stream_hooks)), pool(stream_limits.blocking_threads) {}

  // The hook's answer. A stream thread may come to hold the last reference: it is not the one to unmap the image.
  [[nodiscard]] ImageLookup images() {
    if (!hooks.images) return {};
    return [this](const FileIdentity& identity) { return destroyed_on(pool, hooks.images(identity)); };
  }

  const StreamLimits limits;
  const StreamHooks hooks;
  PassivePorts passive_ports;  // atomic cursor
  ServiceTotals http_totals;   // atomics
  ServiceTotals ftp_totals;
  asio::thread_pool pool;
};

class Worker {
 public:
  Worker(unsigned index, WorkerShared& shared, std::shared_ptr<const StreamView> view);

  // Duplicates the descriptor. Before run() only.
  void add_listener(ListenSocket socket);
  // Serves until begin_stop() has been obeyed. The calling thread is the stream thread from here on.
  void run();

  // Any thread.
  void set_view(std::shared_ptr<const StreamView> view);
  void begin_stop(Milliseconds grace);  // more than once: the earliest end counts
  [[nodiscard]] const StreamCounters& counters() const { return counters_; }

  // For connections.
  [[nodiscard]] asio::io_context& loop() { return loop_; }
  [[nodiscard]] Watch& watch() { return watch_; }
  [[nodiscard]] StreamAdmission& admission() { return admission_; }
  [[nodiscard]] StreamCounters& counters() { return counters_; }
  [[nodiscard]] const StreamLimits& limits() const { return shared_.limits; }
  [[nodiscard]] const StreamHooks& hooks() const { return shared_.hooks; }
  [[nodiscard]] WorkerShared& shared() { return shared_; }
  [[nodiscard]] const std::shared_ptr<const StreamView>& view() const { return view_; }
  [[nodiscard]] bool stopping() const { return stopping_; }
  [[nodiscard]] EventSink& events() { return events_; }
  // Unique among all threads of this process.
  [[nodiscard]] std::uint64_t next_transfer() { return (std::uint64_t{index_} << 48U) | ++transfers_; }

 private:
  struct Listener {
    StreamService service;
    tcp::acceptor acceptor;
  };

  Task<> accept_loop(Listener& listener);
  Task<> serve(StreamService service, tcp::socket socket);
  Task<> sweep_loop();
  void admit(StreamService service, tcp::socket socket);
  void refuse(StreamService service, tcp::socket socket);

  const unsigned index_;
  WorkerShared& shared_;
  EventSink& events_;
  StreamCounters counters_;
  Watch watch_;                // outlives the loop: destroying the loop destroys the connections registered here
  StreamAdmission admission_;  // outlives the loop: transfers that are destroyed with it are released here
  asio::io_context loop_{1};
  std::shared_ptr<const StreamView> view_;
  std::vector<std::unique_ptr<Listener>> listeners_;
  std::size_t open_ = 0;        // HTTP and FTP control connections
  std::size_t board_open_ = 0;  // board connections
  std::uint64_t transfers_ = 0;
  bool stopping_ = false;
  SteadyTime stop_at_ = SteadyTime::max();
};

}  // namespace rackcast::io
