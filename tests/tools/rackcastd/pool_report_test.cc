#include "tools/rackcastd/pool_report.h"

#include <gtest/gtest.h>

namespace rackcast {
namespace {

// Pool n is 10.0.n.1 to 10.0.n.10; every eighth subnet has no range.
LeaseLayout layout_of(std::uint8_t subnets) {
  LeaseLayout layout;
  for (std::uint8_t n = 0; n < subnets; ++n) {
    layout.subnets.push_back({{net::Ipv4Address(10, 0, n, 0), 24}, n});
    LeasePool pool;
    if (n % 8 != 7) pool.ranges = {{net::Ipv4Address(10, 0, n, 1), net::Ipv4Address(10, 0, n, 10)}};
    layout.pools.push_back(pool);
  }
  return layout;
}

LeaseClient client(std::uint8_t n) {
  LeaseClient one;
  one.mac = {{2, 0, 0, 0, 0, n}};
  one.key = MachineKey::of_mac(one.mac);
  return one;
}

TEST(PoolReport, PoolsBeyondTheFirstAreToldTogether) {
  LeaseTable leases(layout_of(80), {}, 1);
  const std::uint32_t last = 78;
  for (std::uint8_t n = 1; n <= 3; ++n)
    ASSERT_EQ(leases.offer(client(n), std::span(&last, 1), {}, WallTime{}).failure, OfferFailure::kNone);
  const PoolReport report = pool_report(leases);
  EXPECT_EQ(report.count, 64U);
  EXPECT_EQ(report.pools[7].first_range.first, net::Ipv4Address(10, 0, 8, 1)) << "those without a range passed over";
  EXPECT_EQ(report.others, 6U);  // 70 have one
  EXPECT_EQ(report.others_use.addresses, 60U);
  EXPECT_EQ(report.others_use.offered, 3U);
  EXPECT_EQ(report.offers, 3U);
}

TEST(PoolReport, FewPoolsAreToldOneByOne) {
  const PoolReport report = pool_report(LeaseTable(layout_of(3), {}, 1));
  EXPECT_EQ(report.count, 3U);
  EXPECT_EQ(report.others, 0U);
  EXPECT_EQ(report.pools[2].use.addresses, 10U);
}

}  // namespace
}  // namespace rackcast
