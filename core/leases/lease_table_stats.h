// What the lease table counts.
#pragma once

#include <array>
#include <cstdint>

#include "core/counter_row.h"

namespace rackcast {

struct LeaseTableStats {
  std::uint64_t offers_expired = 0;
  std::uint64_t leases_expired = 0;
  std::uint64_t abandoned = 0;
  std::uint64_t reclaimed = 0;  // abandoned, offered before their rest was over
  std::uint64_t pool_exhausted = 0;
  std::uint64_t offers_cut_short = 0;
  std::uint64_t port_cap = 0;
  std::uint64_t relay_cap = 0;
  std::uint64_t table_full = 0;     // a record was wanted beyond leases_max
  std::uint64_t texts_dropped = 0;  // a record was kept without host name, client identifier and option 82
};
inline constexpr std::array kLeaseTableRows{
    CounterRow<LeaseTableStats>{"offers_expired", "offers nobody took", &LeaseTableStats::offers_expired},
    CounterRow<LeaseTableStats>{"leases_expired", "leases that ran out", &LeaseTableStats::leases_expired},
    CounterRow<LeaseTableStats>{"leases_abandoned", "addresses put to rest by a DECLINE", &LeaseTableStats::abandoned},
    CounterRow<LeaseTableStats>{"leases_reclaimed", "abandoned addresses offered before their rest was over",
                                &LeaseTableStats::reclaimed},
    CounterRow<LeaseTableStats>{"pool_exhausted", "times a pool had no free address", &LeaseTableStats::pool_exhausted},
    CounterRow<LeaseTableStats>{"offers_cut_short", "offers taken back before their time because too many were out",
                                &LeaseTableStats::offers_cut_short},
    CounterRow<LeaseTableStats>{"leases_per_port_cap", "offers not made because the relay's port had its share",
                                &LeaseTableStats::port_cap},
    CounterRow<LeaseTableStats>{"leases_per_relay_cap", "offers not made because the relay had its share",
                                &LeaseTableStats::relay_cap},
    CounterRow<LeaseTableStats>{"lease_table_full", "times the lease table had no room for another address",
                                &LeaseTableStats::table_full},
    CounterRow<LeaseTableStats>{"lease_texts_dropped", "leases kept without their host name, for want of room",
                                &LeaseTableStats::texts_dropped},
};
static_assert(sizeof(LeaseTableStats) == kLeaseTableRows.size() * sizeof(std::uint64_t), "every counter has its row");

// How full a pool is.
struct PoolUse {
  std::uint64_t addresses = 0;
  std::uint64_t active = 0;
  std::uint64_t offered = 0;
  std::uint64_t resting = 0;  // abandoned
  friend bool operator==(const PoolUse&, const PoolUse&) = default;
};

}  // namespace rackcast
