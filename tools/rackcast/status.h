// `rackcast status`: the boot board of a running daemon.
#pragma once

#include <chrono>
#include <functional>
#include <iosfwd>
#include <string>

#include "core/result.h"
#include "tools/rackcast/app.h"

namespace rackcast {

struct StatusOptions {
  bool watch = false;
  bool json = false;
  std::string url;     // "" = by config, else the default board
  std::string config;  // a configuration file whose [board] tells where
  std::chrono::milliseconds timeout{3000};
};

// Where the board is, from the options.
[[nodiscard]] Result<std::string> board_url(const StatusOptions& options);

// Waits a second; false when the user wants to stop. The tool's waits for signals; tests bring their own.
using WatchPause = std::function<bool()>;

[[nodiscard]] int show_status(const StatusOptions& options, std::ostream& out, std::ostream& err,
                              const Terminal& terminal, const WatchPause& pause);

// Blocks SIGINT and SIGTERM for this thread and returns a pause that ends on either.
[[nodiscard]] WatchPause pause_until_signal();

}  // namespace rackcast
