#include "tools/rackcastd/old_files.h"

#include "core/oldfiles/xinetd_import.h"
#include "tools/oldfiles/system_host.h"

namespace rackcast {

OldConfiguration load_old_files(const DaemonOptions& options) {
  ImportReport report;
  const auto host = system_host();
  auto config = import_xinetd_file(options.xinetd_file, *host, {.strict = options.strict_xinetd}, report);
  OldConfiguration old;
  for (const ImportNote& note : report.notes())
    if (note.kind != ImportKind::kHonoured) old.lines.push_back(import_line(note));
  if (report.suppressed() > 0)
    old.lines.push_back(options.xinetd_file + ": and " + std::to_string(report.suppressed()) + " more lines");
  if (config && !config->tftp && !config->ftp)
    old.lines.push_back(options.xinetd_file + ": error: the service is off (disable = yes): there is nothing to run");
  else if (config)
    old.config = std::make_shared<const Config>(std::move(*config));
  return old;
}

}  // namespace rackcast
