// Leases of the dhcpd that served before us ([dhcp].import_leases), for a store that holds none yet. The file is read
// while we may still read everything, and goes into the store in one transaction: all of it, or, after a crash, none,
// and then the next start does it.
#pragma once

#include <string>
#include <vector>

#include "core/config/config.h"
#include "core/leases/lease.h"
#include "core/oldfiles/old_files_host.h"

namespace rackcast {

struct OldLeases {
  std::vector<Lease> leases;       // as ours, with the machine's key
  std::vector<std::string> notes;  // what of the file is damaged, or why it cannot be read
  std::string summary;             // "812 leases (790 active, …) of 40321 entries in …"; "": it could not be read
};

// Blocking. What has run out by `now` is remembered, not in force.
[[nodiscard]] OldLeases read_old_leases(const DhcpConfig& dhcp, OldFilesHost& host, WallTime now);

}  // namespace rackcast
