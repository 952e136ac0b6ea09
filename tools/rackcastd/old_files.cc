#include "tools/rackcastd/old_files.h"

#include "core/oldfiles/import_files.h"
#include "tools/oldfiles/system_host.h"

namespace rackcast {

OldConfiguration load_old_files(const DaemonOptions& options) {
  ImportReport report;
  const auto host = system_host();
  auto config = import_files({.dhcpd_conf = options.dhcpd_file,
                              .leases = absolute_path(options.leases_file),
                              .xinetd = options.xinetd_file,
                              .strict_xinetd = options.strict_xinetd},
                             *host, report);
  const std::string& file = options.xinetd_file.empty() ? options.dhcpd_file : options.xinetd_file;
  OldConfiguration old;
  for (const ImportNote& note : report.notes())
    if (note.kind != ImportKind::kHonoured) old.lines.push_back(import_line(note));
  if (report.suppressed() > 0)
    old.lines.push_back(file + ": and " + std::to_string(report.suppressed()) + " more lines");
  if (config && !config->dhcp && !config->tftp && !config->ftp)
    old.lines.push_back(file + ": error: the service is off (disable = yes): there is nothing to run");
  else if (config)
    old.config = std::make_shared<const Config>(std::move(*config));
  return old;
}

}  // namespace rackcast
