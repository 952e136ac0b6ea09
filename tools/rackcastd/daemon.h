// The daemon: puts the parts together in the one order that works, runs until it is told to stop, reloads on SIGHUP.
//
//   configuration -> sockets (root) -> privileges -> stores -> lanes -> stream threads -> control -> ready -> signals
//
// Thread: the main one.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>

#include "core/board/board_api.h"
#include "core/board/board_model.h"
#include "core/config/config.h"
#include "core/events/event_log.h"
#include "core/events/event_pump.h"
#include "core/events/log_sink.h"
#include "core/images/image_store.h"
#include "core/leases/lease_store.h"
#include "core/leases/sqlite_store.h"
#include "core/mailbox.h"
#include "core/result.h"
#include "core/uploads/upload_store.h"
#include "io_backends/control/control_socket.h"
#include "io_backends/probe/address_prober.h"
#include "io_backends/stream/server.h"
#include "tools/rackcastd/lane_group.h"
#include "tools/rackcastd/old_leases.h"
#include "tools/rackcastd/options.h"
#include "tools/rackcastd/privileges.h"
#include "tools/rackcastd/recorder.h"

namespace rackcast {

class Daemon {
 public:
  // Everything up to serving. Errors are one sentence. `notices` of the old files go to the log first.
  [[nodiscard]] static Result<std::unique_ptr<Daemon>> start(const DaemonOptions& options,
                                                             std::shared_ptr<const Config> config,
                                                             const std::vector<std::string>& notices);
  ~Daemon();

  // Waits for SIGTERM or SIGINT (clean stop) and SIGHUP (reload); the signals must be blocked in every thread.
  void serve_until_stopped();

 private:
  Daemon(const DaemonOptions& options, std::shared_ptr<const Config> config);

  // Machine records on their way from the DHCP lane to the board: the lane must not wait for the board's lock, and a
  // record must not overtake the events that came before it, so the pump's thread hands them over after each round.
  class MachineFeed final : public EventConsumer {
   public:
    explicit MachineFeed(BoardModel& board) : board_(board) {}
    void offer(const Machine& machine) { (void)changes_.push(Machine(machine)); }  // full: counted, the next one heals
    [[nodiscard]] std::uint64_t refused() const { return changes_.refused(); }
    void on_event(const Event&) override {}
    void on_tick(WallTime) override {
      while (const auto machine = changes_.pop()) board_.on_machine(*machine);
    }

   private:
    static constexpr std::size_t kChangesMax = 4'096;  // one pump period at 200 000 machines a second
    BoardModel& board_;
    Mailbox<Machine> changes_{kChangesMax};
  };

  // The steps of start().
  [[nodiscard]] Result<void> check_limits();
  [[nodiscard]] Result<void> open_sockets();
  [[nodiscard]] Result<void> become_user();
  void read_old_leases_of();
  [[nodiscard]] Result<void> take_over_leases(SqliteLeaseStore& store);
  [[nodiscard]] Result<void> open_stores();
  [[nodiscard]] Result<void> open_uploads();
  [[nodiscard]] Result<void> start_lanes();
  [[nodiscard]] Result<void> start_streams();
  [[nodiscard]] Result<void> start_control();

  void open_control(const UserIds& user);
  void reload();
  [[nodiscard]] std::shared_ptr<const Config> reread();
  [[nodiscard]] Result<void> put_in_force(const Config& loaded);
  void stop();
  void say_notices();
  void say(LogLevel level, const std::string& line) { log_sink_.write(level, line); }
  [[nodiscard]] engine::HttpResponse answer_board(const engine::HttpRequest& request) const;
  [[nodiscard]] DaemonStatus status(std::string word) const;
  [[nodiscard]] std::vector<Measure> measures() const;

  DaemonOptions options_;
  std::shared_ptr<const Config> config_;
  LogSink log_sink_;
  EventLog event_log_;
  BoardModel board_;
  MachineFeed machine_feed_{board_};
  BoardApi board_api_;
  EventPump pump_;  // after its consumers
  std::unique_ptr<LaneGroup> lanes_;
  std::unique_ptr<ImageStore> images_;
  std::unique_ptr<LeaseStore> leases_;  // starts once the DHCP lane has read it
  std::unique_ptr<UploadStore> uploads_;
  std::optional<io::ProbeSockets> probe_sockets_;  // until the prober takes them
  std::unique_ptr<io::AddressProber> prober_;      // null: conflict_probe is off
  std::optional<OldLeases> old_leases_;            // read, but not taken over yet
  std::optional<io::StreamSockets> stream_sockets_;
  std::unique_ptr<io::StreamServer> streams_;
  std::atomic<const io::StreamServer*> served_by_{nullptr};  // streams_, for the board's own thread, once it is there
  std::optional<io::ControlSocket> control_socket_;
  std::unique_ptr<Recorder> recorder_;  // after the lanes it taps
  bool stopped_ = false;
};

// Loads the file named by the options and applies the flags; prints every problem to standard error. `notices`: lines
// of an old file that are not honoured, for the log.
[[nodiscard]] std::shared_ptr<const Config> load_daemon_config(const DaemonOptions& options,
                                                               std::vector<std::string>& notices);

}  // namespace rackcast
