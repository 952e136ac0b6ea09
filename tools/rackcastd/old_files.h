// The daemon's configuration from old files, as they are: --dhcpd-conf FILE [--leases FILE], --xinetd FILE
// [--strict-xinetd], or both.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/config/config.h"
#include "tools/rackcastd/options.h"

namespace rackcast {

struct OldConfiguration {
  std::shared_ptr<const Config> config;  // null: it cannot be used; the lines say why
  std::vector<std::string> lines;        // "FILE:LINE:COLUMN: not honoured: …", for the log
};

// Blocking: names are resolved.
[[nodiscard]] OldConfiguration load_old_files(const DaemonOptions& options);

}  // namespace rackcast
