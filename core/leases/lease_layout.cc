#include "core/leases/lease_layout.h"

#include <algorithm>

namespace rackcast {

bool operator==(const LeasePool& a, const LeasePool& b) {
  const auto same = [](const AddressRange& x, const AddressRange& y) { return x.first == y.first && x.last == y.last; };
  return std::equal(a.ranges.begin(), a.ranges.end(), b.ranges.begin(), b.ranges.end(), same);
}

}  // namespace rackcast
