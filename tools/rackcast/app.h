// The control tool, as a function: main() only hands over its arguments and streams, so tests run the whole program.
// Exit codes: 0 success, 1 failure (one sentence on `err`), 2 wrong usage.
#pragma once

#include <iosfwd>

namespace rackcast {

struct Terminal {
  bool is_terminal = false;  // of `out`: redraw in place, use colour
  unsigned columns = 0;      // 0 = unknown: no limit
  unsigned rows = 0;
};

// Main thread. Blocks; `status --watch` until SIGINT or SIGTERM, which it takes over for that time.
[[nodiscard]] int run_rackcast(int argc, const char* const* argv, std::ostream& out, std::ostream& err,
                               const Terminal& terminal);

}  // namespace rackcast
