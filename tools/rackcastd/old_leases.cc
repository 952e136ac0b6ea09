#include "tools/rackcastd/old_leases.h"

#include <algorithm>

#include "core/oldfiles/dhcpd_leases.h"

namespace rackcast {
namespace {

constexpr std::size_t kNotesMax = 20;  // in the log; rackcast import prints all

}  // namespace

OldLeases read_old_leases(const DhcpConfig& dhcp, OldFilesHost& host, WallTime now) {
  ImportReport report;
  DhcpdLeases read = load_dhcpd_leases(dhcp.import_leases, host, report);
  OldLeases old;
  for (const ImportNote& note : report.notes())
    if (old.notes.size() < kNotesMax) old.notes.push_back(import_line(note));
  if (report.notes().size() + report.suppressed() > kNotesMax)
    old.notes.push_back(dhcp.import_leases + ": and more; rackcast import --leases prints all");
  if (report.has_errors()) return old;
  for (const HostConfig& known : dhcp.hosts) read.hosts.erase(known.name);
  if (!read.hosts.empty())
    old.notes.push_back(dhcp.import_leases + ": hosts in it that the configuration does not have: " +
                        std::to_string(read.hosts.size()) + ", as " + *read.hosts.begin() +
                        "; rackcast import --dhcpd-conf FILE --leases FILE writes them");
  old.summary = summary_line(read, dhcp.import_leases);
  const auto over = [&](const Lease& lease) { return lease.state == LeaseState::kAbandoned && lease.ends <= now; };
  read.leases.erase(std::remove_if(read.leases.begin(), read.leases.end(), over), read.leases.end());
  for (Lease& lease : read.leases)
    if (lease.state == LeaseState::kActive && lease.ends <= now) lease.state = LeaseState::kExpired;
  old.leases = std::move(read.leases);
  return old;
}

}  // namespace rackcast
