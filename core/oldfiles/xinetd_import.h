// An xinetd configuration to ours: the service tftp (in.tftpd or atftpd), and ftp where xinetd starts it, with limits,
// access lists and times. Every line is told in the report: by which key it is honoured, or why it is not and what to
// do. Where the file is silent: interfaces are all that are up (those that have the address of `bind`, where there is
// one), the user is the server's own (nobody), everything else is our default. Blocking (names are resolved); off the
// data path.
#pragma once

#include <optional>
#include <span>

#include "core/config/config.h"
#include "core/oldfiles/import_report.h"
#include "core/oldfiles/old_files_host.h"
#include "core/oldfiles/xinetd_file.h"

namespace rackcast {

struct XinetdImportOptions {
  // Policy xinetd, with xinetd's own cps of 50 10 where the file has none; otherwise policy queue (design, Admission).
  bool strict = false;
};

// Addresses of one list, what names and {…} stand for included; as many as our own file may hold.
inline constexpr std::size_t kImportedAccessMax = 256;
inline constexpr std::size_t kImportedTimesMax = 48;

// nullopt when the report has an error. A configuration without [tftp] and [ftp] when the file switches both off.
[[nodiscard]] std::optional<Config> import_xinetd(std::span<const XinetdEntry> entries, OldFilesHost& host,
                                                  const XinetdImportOptions& options, ImportReport& report);

// load_xinetd() and import_xinetd() in one.
[[nodiscard]] std::optional<Config> import_xinetd_file(const std::string& path, OldFilesHost& host,
                                                       const XinetdImportOptions& options, ImportReport& report);

}  // namespace rackcast
