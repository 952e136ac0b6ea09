#include "tools/rackcast/import.h"

#include <array>
#include <cerrno>
#include <fstream>
#include <ostream>

#include "core/errno_text.h"
#include "core/oldfiles/toml_text.h"
#include "core/oldfiles/xinetd_import.h"
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
  if (!options.dhcpd_conf.empty() || !options.vsftpd_conf.empty()) {
    err << "rackcast import: --dhcpd-conf and --vsftpd-conf are not built yet; write those sections by hand, see "
           "docs/configuration.md\n";
    return 1;
  }
  if (options.xinetd.empty()) {
    err << "rackcast import: name the old file with --xinetd FILE; see rackcast import --help\n";
    return 2;
  }
  ImportReport report;
  const auto host = system_host();
  const auto config = import_xinetd_file(options.xinetd, *host, {.strict = options.strict}, report);
  print_report(report, options.verbose, err);
  if (!config) return 1;
  const auto text = toml_text(*config);
  if (!text) {
    err << "rackcast import: " << text.error().message << '\n';
    return 1;
  }
  return write(*text, options, out, err);
}

}  // namespace rackcast
