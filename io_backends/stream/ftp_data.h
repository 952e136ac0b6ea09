// One FTP transfer: opens the data connection, sends a file or a listing over it, tells the control connection how far
// it is. Runs beside the control connection, which goes on reading (ABOR) and may end first.
//
// Thread: the worker's, both sides.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "core/engine/ftp/session.h"
#include "io_backends/stream/passive_ports.h"
#include "io_backends/stream/stream_link.h"
#include "io_backends/stream/tree.h"
#include "io_backends/stream/worker.h"

namespace rackcast::io {

// Shared by the control connection and the coroutine that transfers.
struct FtpTransferRun {
  // Filled by the control connection before the start.
  engine::FtpTransfer transfer;
  net::IpAddress peer;   // the only address a data connection may come from or go to
  net::IpAddress local;  // of the control connection: data connections use the same
  std::uint32_t scope_id = 0;
  std::optional<PassiveListener> passive;  // set: accept there; else connect to transfer.connect
  std::shared_ptr<const TreeReader> tree;
  Lookup found;

  // Filled by the transfer, taken by the control connection, which `notify` wakes; emptied by it when it ends first.
  std::optional<engine::FtpDataOpen> open_result;
  std::optional<engine::FtpTransferEnd> end_result;
  std::function<void()> notify;

  // Ends the transfer wherever it is (ABOR, end of the control connection).
  void cut() {
    cut_asked = true;
    if (waiting != nullptr) waiting->on_deadline();
  }
  bool cut_asked = false;
  Watched* waiting = nullptr;  // what the transfer waits on just now
};

[[nodiscard]] Task<> run_ftp_transfer(Worker& worker, std::shared_ptr<FtpTransferRun> run);

// The lines of a listing. Blocks: pool threads only. `cut`: more names that the
// pattern wants than `entries_max`.
[[nodiscard]] std::string make_ftp_listing(const TreeReader& tree, const Lookup& found,
                                           const engine::FtpTransfer& transfer, std::size_t entries_max, bool& cut);

}  // namespace rackcast::io
