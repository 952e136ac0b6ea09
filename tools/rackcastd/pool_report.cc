#include "tools/rackcastd/pool_report.h"

namespace rackcast {
namespace {

void add(PoolUse& sum, const PoolUse& use) {
  sum.addresses += use.addresses;
  sum.active += use.active;
  sum.offered += use.offered;
  sum.resting += use.resting;
}

}  // namespace

PoolReport pool_report(const LeaseTable& leases) {
  PoolReport report;
  report.records = leases.size();
  report.offers = leases.offers();
  const std::vector<LeasePool>& pools = leases.layout().pools;
  for (std::uint32_t number = 0; number < pools.size(); ++number) {
    if (pools[number].ranges.empty()) continue;
    if (report.count < PoolReport::kPoolsMax) {
      report.pools[report.count++] = {pools[number].ranges.front(), leases.use_of(number)};
      continue;
    }
    ++report.others;
    add(report.others_use, leases.use_of(number));
  }
  return report;
}

}  // namespace rackcast
