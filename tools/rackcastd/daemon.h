// The daemon: puts the parts together in the one order that works, runs until it is told to stop, reloads on SIGHUP.
//
//   configuration -> sockets (root) -> privileges -> stores -> lanes -> stream threads -> ready -> signals
//
// Thread: the main one.
#pragma once

#include <memory>
#include <string>

#include "core/board/board_api.h"
#include "core/board/board_model.h"
#include "core/config/config.h"
#include "core/events/event_log.h"
#include "core/events/event_pump.h"
#include "core/events/log_sink.h"
#include "core/images/image_store.h"
#include "core/leases/lease_store.h"
#include "core/result.h"
#include "io_backends/stream/server.h"
#include "tools/rackcastd/lane_group.h"
#include "tools/rackcastd/options.h"

namespace rackcast {

class Daemon {
 public:
  // Everything up to serving. Errors are one sentence.
  [[nodiscard]] static Result<std::unique_ptr<Daemon>> start(const DaemonOptions& options,
                                                             std::shared_ptr<const Config> config);
  ~Daemon();

  // Waits for SIGTERM or SIGINT (clean stop) and SIGHUP (reload); the signals must be blocked in every thread.
  void serve_until_stopped();

 private:
  Daemon(const DaemonOptions& options, std::shared_ptr<const Config> config);

  // The steps of start().
  [[nodiscard]] Result<void> open_sockets();
  [[nodiscard]] Result<void> become_user();
  [[nodiscard]] Result<void> open_stores();
  [[nodiscard]] Result<void> start_lanes();
  [[nodiscard]] Result<void> start_streams();

  void reload();
  void stop();
  void say(LogLevel level, const std::string& line) { log_sink_.write(level, line); }
  [[nodiscard]] engine::HttpResponse answer_board(const engine::HttpRequest& request) const;
  [[nodiscard]] DaemonStatus status(std::string word) const;

  DaemonOptions options_;
  std::shared_ptr<const Config> config_;
  LogSink log_sink_;
  EventLog event_log_;
  BoardModel board_;
  BoardApi board_api_;
  EventPump pump_;  // after its consumers
  std::unique_ptr<LaneGroup> lanes_;
  std::unique_ptr<ImageStore> images_;
  std::unique_ptr<LeaseStore> leases_;
  std::vector<Lease> known_leases_;
  std::optional<io::StreamSockets> stream_sockets_;
  std::unique_ptr<io::StreamServer> streams_;
  bool stopped_ = false;
};

// Loads the file named by the options and applies the flags; prints every problem to standard error.
[[nodiscard]] std::shared_ptr<const Config> load_daemon_config(const DaemonOptions& options);

}  // namespace rackcast
