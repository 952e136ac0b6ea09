// One FTP control connection: cuts the byte stream into commands, lets core/engine/ftp decide, does what it asks
// (look-ups, passive listeners, transfers), sends its replies in order. Commands that arrive while a transfer runs
// wait, ABOR and STAT excepted.
//
// Thread: its worker's. Lives in the coroutine that runs it.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "core/engine/ftp/session.h"
#include "io_backends/stream/ftp_data.h"
#include "io_backends/stream/passive_ports.h"
#include "io_backends/stream/stream_link.h"
#include "io_backends/stream/worker.h"
#include "proto/ftp/line_splitter.h"

namespace rackcast::io {

class FtpConnection {
 public:
  // Commands that may wait behind a running transfer: lftp sends a handful ahead. Above it the connection ends.
  static constexpr std::size_t kWaitingLinesMax = 64;

  FtpConnection(Worker& worker, tcp::socket socket);
  ~FtpConnection();
  FtpConnection(const FtpConnection&) = delete;
  FtpConnection& operator=(const FtpConnection&) = delete;

  Task<> run();

 private:
  enum class Line : std::uint8_t { kNone, kOne, kTooLong };

  // Each performs what the session asks until it asks for nothing, and sends its replies.
  Task<> perform(engine::FtpAction action);
  Task<> take_transfer_results();
  Task<> read_more();
  Task<> end_idle();

  Line next_line(std::string& line);
  Task<engine::FtpAction> look_up();
  Task<engine::FtpAction> list_to_control();
  engine::FtpAction open_passive();
  void start_transfer();
  void drop_transfer();  // a transfer that still runs is cut
  void note_refusals();

  Worker& worker_;
  StreamLink link_;
  std::shared_ptr<const TreeReader> tree_;
  engine::FtpSession session_;
  ftp::LineSplitter splitter_;
  std::string input_;                // received, not yet split
  std::deque<std::string> waiting_;  // lines behind a running transfer
  Lookup found_;                     // of the session's last look-up
  std::optional<PassiveListener> passive_;
  std::shared_ptr<FtpTransferRun> run_;  // while a transfer runs
  bool closing_ = false;
};

}  // namespace rackcast::io
