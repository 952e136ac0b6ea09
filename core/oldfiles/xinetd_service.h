// What one service of an xinetd configuration means, its defaults included: the attributes, read by one table. Part of
// the import (xinetd_import.h).
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/config/config.h"
#include "core/oldfiles/import_report.h"
#include "core/oldfiles/old_files_host.h"
#include "core/oldfiles/xinetd_file.h"

namespace rackcast {

struct XinetdService {
  FilePlace at;
  bool off = false;
  std::string program;  // the server's name without its folder; "" when there is none
  std::vector<XinetdWord> arguments;
  FilePlace arguments_at;
  std::string user;  // "" or root: the server's own choice
  std::optional<net::IpAddress> bind;
  std::optional<std::uint16_t> port;
  bool ipv4 = false;
  bool ipv6 = false;
  bool ipv6_only = false;
  bool syslog = false;
  bool cps_given = false;  // also as 0, no limit
  AdmissionConfig admission;
};

// The server's name alone, before the rest is read: of `server`, or of the first argument where that only starts it.
[[nodiscard]] std::string xinetd_program(const XinetdEntry& service);

// `disable = yes`, or by the defaults' `disabled` and `enabled`.
[[nodiscard]] bool xinetd_is_off(const XinetdEntry& service, std::span<const XinetdAttribute> defaults);

[[nodiscard]] XinetdService read_xinetd_service(const XinetdEntry& service, std::span<const XinetdAttribute> defaults,
                                                OldFilesHost& host, ImportReport& report);

}  // namespace rackcast
