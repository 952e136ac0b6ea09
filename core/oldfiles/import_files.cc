#include "core/oldfiles/import_files.h"

#include <algorithm>

#include "core/oldfiles/dhcpd_import.h"
#include "core/oldfiles/xinetd_import.h"

namespace rackcast {
namespace {

// The interfaces of both: what is no subnet's stays unanswered by DHCP all the same.
Config merged(Config dhcpd, Config xinetd) {
  std::vector<std::string>& names = xinetd.server.interfaces;
  for (std::string& name : dhcpd.server.interfaces)
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(std::move(name));
  xinetd.dhcp = std::move(dhcpd.dhcp);
  return xinetd;
}

}  // namespace

std::optional<Config> import_files(const OldFiles& files, OldFilesHost& host, ImportReport& report) {
  std::optional<Config> dhcpd;
  if (!files.dhcpd_conf.empty()) dhcpd = import_dhcpd_file(files.dhcpd_conf, host, report, files.leases);
  if (files.xinetd.empty()) return dhcpd;
  auto xinetd = import_xinetd_file(files.xinetd, host, {.strict = files.strict_xinetd}, report);
  if (files.dhcpd_conf.empty()) return xinetd;
  if (!dhcpd || !xinetd) return std::nullopt;
  return merged(std::move(*dhcpd), std::move(*xinetd));
}

}  // namespace rackcast
