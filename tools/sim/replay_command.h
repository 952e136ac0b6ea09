// `rackcast-sim replay FILE --config F`: the command line of replay/replay.h.
#pragma once

namespace rackcast::sim {

// `argv[1]` is "replay". The process's exit code: 0 no differences, 1 some or it could not be done, 2 wrong usage.
[[nodiscard]] bool is_replay(int argc, const char* const* argv);
[[nodiscard]] int run_replay_command(int argc, const char* const* argv);

}  // namespace rackcast::sim
