// How full the pools are, for the metrics: fixed size, since a lane hands it out four times a second. The first
// kPoolsMax pools by themselves, all further ones together: none is missing from a sum.
#pragma once

#include <array>
#include <cstdint>

#include "core/leases/lease_table.h"

namespace rackcast {

struct PoolReport {
  static constexpr std::size_t kPoolsMax = 64;
  struct Pool {
    AddressRange first_range;
    PoolUse use;
  };
  std::array<Pool, kPoolsMax> pools;
  std::size_t count = 0;
  std::size_t others = 0;  // pools beyond kPoolsMax
  PoolUse others_use;      // of them all
  std::uint64_t records = 0;
  std::uint64_t offers = 0;  // outstanding
};

// Pools without a range (a subnet that has only reservations) are passed over.
[[nodiscard]] PoolReport pool_report(const LeaseTable& leases);

}  // namespace rackcast
