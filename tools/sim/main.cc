// rackcast-sim: see `rackcast-sim --help` and README.md.
#include <atomic>
#include <csignal>
#include <cstdio>
#include <exception>

#include "tools/sim/app.h"
#include "tools/sim/replay_command.h"

namespace {

// The one thing a signal may touch.
std::atomic<bool> stop_asked{false};
static_assert(std::atomic<bool>::is_always_lock_free);

void on_signal(int /*signal*/) {
  stop_asked.store(true, std::memory_order_relaxed);
}

}  // namespace

int main(int argc, char** argv) {
  struct sigaction action {};
  action.sa_handler = on_signal;
  // A second Ctrl-C ends the program the hard way.
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  try {
    if (rackcast::sim::is_replay(argc, argv)) return rackcast::sim::run_replay_command(argc, argv);
    const rackcast::sim::ParsedOptions parsed = rackcast::sim::parse_options(argc, argv);
    if (!parsed.options) return parsed.exit_code;
    return rackcast::sim::run_app(*parsed.options, stop_asked);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "rackcast-sim: cannot go on: %s\n", error.what());
    return 1;
  }
}
