// The command lines of in.tftpd (tftp-hpa) and atftpd, as they stand in server_args, to our configuration. Pure.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "core/config/config.h"
#include "core/oldfiles/import_report.h"
#include "core/oldfiles/xinetd_file.h"

namespace rackcast {

struct ServerArguments {
  std::string user = "nobody";  // both servers' own default
  TftpConfig tftp;  // what they say of it: root, map_file, tid_ports, upload.dir, …; the rest is as it was
};

// `program`: the server's name without its folder; one that is not atftpd's is read as in.tftpd's. `line` is where
// server_args stands. A missing or unusable root is reported as an error.
[[nodiscard]] ServerArguments read_server_arguments(std::string_view program, std::span<const XinetdWord> words,
                                                    const FilePlace& line, ImportReport& report);

}  // namespace rackcast
