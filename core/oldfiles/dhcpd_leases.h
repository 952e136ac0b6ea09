// dhcpd.leases to leases of ours (dhcpd.leases(5); protocols reference §1.12): an append-only journal of which the last
// entry of an address counts. Total: any bytes. What is corrupt or cut off is told with its place and left out, and the
// rest is read. Off the data path; allocates.
//
//   lease 192.168.1.50 {
//     starts 4 2026/11/19 10:00:00;    or  epoch 1795082400;    or  never;        UTC
//     ends 4 2026/11/19 16:00:00;
//     binding state active;            free, expired, released, abandoned, reset, backup
//     hardware ethernet 52:54:00:12:34:56;
//     uid "\001RT\000\0224V";          option agent.circuit-id …;   client-hostname "…";   …
//   }
//
// An active lease stays one; who had a free, backup, expired or released one is remembered; an abandoned one stays so
// until it ends. The machine's key is left to the caller. Hosts that were made at run time (OMAPI) stand in this file,
// too: they are part of the configuration, and dhcpd_dynamic_hosts.cc reads them.
#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <vector>

#include "core/leases/lease.h"
#include "core/oldfiles/import_report.h"
#include "core/oldfiles/old_files_host.h"

namespace rackcast {

inline constexpr std::size_t kDhcpdLeasesBytesMax = std::size_t{512} << 20U;
inline constexpr std::size_t kDhcpdLeasesMax = 2'000'000;

struct DhcpdLeases {
  std::vector<Lease> leases;            // in the order in which their addresses were first seen
  std::set<net::Ipv4Address> reserved;  // addresses of them that are their machine's whatever becomes of the lease
  std::set<std::string> hosts;          // names of hosts that the file holds, the deleted left out
  std::size_t active = 0;               // of them
  std::size_t abandoned = 0;            // of them
  std::size_t entries = 0;              // whole ones in the file
  std::size_t left_out = 0;             // corrupt ones
  std::size_t of_nobody = 0;            // addresses that no machine had
};

[[nodiscard]] DhcpdLeases read_dhcpd_leases(std::string text, const std::string& file_name, ImportReport& report);

// The text at `path`; where that is missing, of the copy `path~` that dhcpd keeps while it writes anew, which `path`
// names afterwards.
[[nodiscard]] Result<std::string> read_dhcpd_leases_text(std::string& path, OldFilesHost& host);

// The same, read. A file that cannot be read is an error in the report, the copy a remark.
[[nodiscard]] DhcpdLeases load_dhcpd_leases(const std::string& path, OldFilesHost& host, ImportReport& report);

// "812 leases (790 active, 2 abandoned) of 40321 entries in /var/lib/dhcp/dhcpd.leases, 1 host, 1 corrupt entry left
// out"
[[nodiscard]] std::string summary_line(const DhcpdLeases& leases, const std::string& path);

}  // namespace rackcast
