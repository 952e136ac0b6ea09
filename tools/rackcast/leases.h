// `rackcast leases`: who holds which address, read from the lease store. Nothing of the running daemon is asked: what
// it has promised is in the file.
#pragma once

#include <iosfwd>
#include <string>

#include "core/time.h"

namespace rackcast {

struct LeasesOptions {
  bool json = false;
  bool all = false;    // leases that ended, too
  std::string file;    // "" = by config, else the default state_dir's
  std::string config;  // a configuration file: its [server].state_dir, and its ranges as pools
};

// Returns the exit code.
[[nodiscard]] int show_leases(const LeasesOptions& options, WallTime now, std::ostream& out, std::ostream& err);

}  // namespace rackcast
