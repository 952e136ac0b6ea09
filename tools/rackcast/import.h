// `rackcast import`: old configuration files to a rackcast.toml of the same meaning, and a report of its lines.
#pragma once

#include <iosfwd>
#include <string>

namespace rackcast {

struct ImportOptions {
  std::string xinetd;
  bool strict = false;
  std::string dhcpd_conf;
  std::string leases;  // dhcpd.leases; "" = where the old file or custom has it
  std::string vsftpd_conf;
  std::string output;  // "": standard output
  bool verbose = false;
};

// The exit code. Nothing is written when the file cannot be used.
[[nodiscard]] int import_old_files(const ImportOptions& options, std::ostream& out, std::ostream& err);

}  // namespace rackcast
