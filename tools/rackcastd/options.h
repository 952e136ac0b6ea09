// rackcastd's command line (interface document), parsed into one struct; flags override the file.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/config/config.h"

namespace rackcast {

struct DaemonOptions {
  std::string config_file;  // this, or old files
  std::string dhcpd_file;
  std::string leases_file;  // with dhcpd_file: its leases; "" = where the file or custom has them
  std::string xinetd_file;
  bool strict_xinetd = false;
  std::optional<IoKind> io;
  std::optional<std::vector<unsigned>> cores;
  std::optional<std::string> log_level;
  bool foreground = false;

  [[nodiscard]] bool from_old_files() const { return !dhcpd_file.empty() || !xinetd_file.empty(); }
};

struct ParsedOptions {
  std::optional<DaemonOptions> options;  // absent: exit with `exit_code`, everything to say has been said
  int exit_code = 0;                     // 0 --help/--version, 1 not built yet, 2 wrong usage
};

[[nodiscard]] ParsedOptions parse_options(int argc, const char* const* argv);

}  // namespace rackcast
