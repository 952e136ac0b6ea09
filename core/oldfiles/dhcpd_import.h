// A dhcpd.conf to our configuration: [dhcp] with the same answers, and the interfaces that it serves. Every line is
// told in the report: that it is honoured, or why it is not and what to do; every error with file, line and column, all
// of them in one go. What dhcpd does without being told is written out as rules (dhcpd_defaults.h). Blocking (files are
// read, names resolved); off the data path.
//
// Hosts that were made at run time, by OMAPI as Foreman does, stand in dhcpd.leases: they become reservations like
// those of dhcpd.conf, the last of a name counts, and one that says `deleted` takes that of dhcpd.conf away, too. A
// lease that is `reserved` becomes one as well.
//
// As in dhcpd, clients are told apart by their client identifier, else by their MAC address. Interfaces: those with an
// address in one of the subnets; where there is none, all but the loopback, since relays may ask. Leases are taken over
// from the file that lease-file-name names, else from where dhcpd has it by custom.
#pragma once

#include <optional>
#include <string>

#include "core/config/config.h"
#include "core/oldfiles/import_report.h"
#include "core/oldfiles/old_files_host.h"

namespace rackcast {

// nullopt when the report has an error. `leases`: the path of the dhcpd.leases; "" = where that file or custom has it.
[[nodiscard]] std::optional<Config> import_dhcpd_file(const std::string& path, OldFilesHost& host, ImportReport& report,
                                                      const std::string& leases = "");

}  // namespace rackcast
