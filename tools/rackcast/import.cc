#include "tools/rackcast/import.h"

#include <array>
#include <cerrno>
#include <fstream>
#include <ostream>

#include "core/errno_text.h"
#include "core/oldfiles/dhcpd_leases.h"
#include "core/oldfiles/import_files.h"
#include "core/oldfiles/toml_text.h"
#include "tools/oldfiles/system_host.h"

namespace rackcast {
namespace {

void print_report(const ImportReport& report, bool verbose, std::ostream& err) {
  std::array<std::size_t, 4> counts{};
  for (const ImportNote& note : report.notes()) {
    ++counts.at(static_cast<std::size_t>(note.kind));
    if (verbose || note.kind != ImportKind::kHonoured) err << import_line(note) << '\n';
  }
  if (report.suppressed() > 0) err << "and " << report.suppressed() << " more lines\n";
  err << counts[0] << " honoured, " << counts[1] << " with a remark, " << counts[2] << " not honoured, " << counts[3]
      << (counts[3] == 1 ? " error\n" : " errors\n");
}

int write(const std::string& text, const ImportOptions& options, std::ostream& out, std::ostream& err) {
  if (options.output.empty()) {
    out << text;
    return 0;
  }
  std::ofstream file(options.output, std::ios::binary | std::ios::trunc);
  file << text;
  if (file.flush()) return 0;
  err << "rackcast import: cannot write " << options.output << ": " << errno_text(errno) << "; give another -o FILE\n";
  return 1;
}

}  // namespace

int import_old_files(const ImportOptions& options, std::ostream& out, std::ostream& err) {
  if (!options.vsftpd_conf.empty()) {
    err << "rackcast import: --vsftpd-conf is not built yet; write [ftp] by hand, see docs/configuration.md\n";
    return 1;
  }
  if (options.xinetd.empty() && options.dhcpd_conf.empty()) {
    err << "rackcast import: name the old file with --xinetd FILE or --dhcpd-conf FILE; see rackcast import --help\n";
    return 2;
  }
  if (!options.leases.empty() && options.dhcpd_conf.empty()) {
    err << "rackcast import: --leases goes with --dhcpd-conf FILE; see rackcast import --help\n";
    return 2;
  }
  ImportReport report;
  const auto host = system_host();
  const auto config = import_files({.dhcpd_conf = options.dhcpd_conf,
                                    .leases = absolute_path(options.leases),
                                    .xinetd = options.xinetd,
                                    .strict_xinetd = options.strict},
                                   *host, report);
  std::string leases_line;
  if (config && config->dhcp && !options.leases.empty()) {
    const DhcpdLeases leases = load_dhcpd_leases(config->dhcp->import_leases, *host, report);
    leases_line = summary_line(leases, config->dhcp->import_leases);
  }
  print_report(report, options.verbose, err);
  if (!config || report.has_errors()) return 1;
  if (!leases_line.empty()) err << leases_line << "; taken over when the daemon's own store is empty\n";
  const auto text = toml_text(*config);
  if (!text) {
    err << "rackcast import: " << text.error().message << '\n';
    return 1;
  }
  return write(*text, options, out, err);
}

}  // namespace rackcast
