// The old files of one machine to one configuration: dhcpd.conf, an xinetd file, or both. What `rackcastd --dhcpd-conf
// --xinetd` runs and `rackcast import` writes. Blocking; off the data path.
#pragma once

#include <optional>
#include <string>

#include "core/config/config.h"
#include "core/oldfiles/import_report.h"
#include "core/oldfiles/old_files_host.h"

namespace rackcast {

struct OldFiles {
  std::string dhcpd_conf;  // paths; "" = none of it
  std::string leases;      // with dhcpd_conf, absolute; "" = where that file or custom has it
  std::string xinetd;
  bool strict_xinetd = false;
};

// nullopt when the report has an error; the report is that of all files.
[[nodiscard]] std::optional<Config> import_files(const OldFiles& files, OldFilesHost& host, ImportReport& report);

}  // namespace rackcast
