// The stream path of the daemon: HTTP and FTP for the install tree, and the board's texts, on threads of their own
// (design §2). What to answer is decided in core/engine/{http,ftp}; this moves the bytes.
//
//     main thread                              stream threads (one per [server].stream_cores, default one)
//       StreamSockets::open(config)              each: own event loop, own SO_REUSEPORT listeners steered by source,
//       (drop privileges)                        own connections, own counters
//       StreamServer::start(...)  ------------>
//       reconfigure(config)       ------------>  roots and passive ports of requests that start later
//       begin_stop(grace)         ------------>  nobody new; running transfers get `grace`, then are cut
//       stop(grace)                              the same, and waits until all threads have ended
//
// Thread: start, reconfigure, begin_stop and stop from one thread; totals() from any. The stream threads block SIGPIPE
// for themselves (sendfile has no flag against it); the process's signal handling is not touched.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "core/config/config.h"
#include "core/engine/http/message.h"
#include "core/result.h"
#include "core/sink.h"
#include "io_backends/stream/body_source.h"
#include "io_backends/stream/counters.h"
#include "io_backends/stream/listen_sockets.h"
#include "io_backends/stream/settings.h"

namespace rackcast::io {

struct StreamHooks {
  // The sink of stream thread `index`; called once per thread at start, used by that thread alone, must outlive the
  // server. Required.
  std::function<EventSink&(unsigned index)> events;
  ImageLookup images;         // optional
  engine::HttpDecider board;  // required when [board] is on; runs on threads of the pool
};

class StreamServer {
 public:
  // Checks the roots and starts the threads. `config` is the one `sockets` were opened for.
  [[nodiscard]] static Result<std::unique_ptr<StreamServer>> start(const Config& config, StreamSockets sockets,
                                                                   StreamHooks hooks, const StreamLimits& limits = {});
  StreamServer(const StreamServer&) = delete;
  StreamServer& operator=(const StreamServer&) = delete;
  ~StreamServer();  // stop(0) if it was not stopped

  // Roots and passive ports of `config` hold for requests that start from now on. A root that cannot be opened is an
  // error and nothing changes. Listening addresses, cores and switching a section on or off need a restart: a section
  // that `config` lacks while its listeners are open goes on as before, one that was off stays off.
  [[nodiscard]] Result<void> reconfigure(const Config& config);

  // Accepts no more, ends idle connections, lets running transfers end for up to `grace`, cuts the rest. Returns at
  // once: each thread obeys at its next event. Called again, the earliest end counts; after stop() it does nothing.
  void begin_stop(Milliseconds grace);

  // begin_stop(grace), then waits until all threads have ended. After begin_stop() it shortens the grace or leaves it.
  void stop(Milliseconds grace);

  [[nodiscard]] StreamTotals totals() const;
  [[nodiscard]] std::size_t thread_count() const;
  [[nodiscard]] StreamTotals totals_of(std::size_t thread) const;

 private:
  struct Running;
  explicit StreamServer(std::unique_ptr<Running> running);
  // One thread per worker, on `cores` as far as they go; fails when one of them could not be pinned.
  [[nodiscard]] Result<void> launch(const std::vector<unsigned>& cores);
  std::unique_ptr<Running> running_;
};

}  // namespace rackcast::io
