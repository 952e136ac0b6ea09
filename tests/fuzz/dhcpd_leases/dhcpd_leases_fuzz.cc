// Any bytes as a dhcpd.leases: leases that are somebody's or abandoned, one an address, and counts that add up.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <set>

#include "core/oldfiles/dhcpd_leases.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace rackcast;
  ImportReport report;
  const DhcpdLeases read = read_dhcpd_leases(std::string(reinterpret_cast<const char*>(data), size), "f", report);
  std::set<std::uint32_t> addresses;
  for (const Lease& lease : read.leases) {
    if (!addresses.insert(lease.address.value()).second) std::abort();
    if (lease.state != LeaseState::kAbandoned && lease.mac.is_zero()) std::abort();
  }
  if (read.leases.size() + read.of_nobody > read.entries || report.has_errors()) std::abort();
  (void)summary_line(read, "f");
  return 0;
}
