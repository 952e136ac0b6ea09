#include "core/admission/source_table.h"

#include "tests/core/admission/fixture.h"

namespace rackcast::admission_test {
namespace {

TEST(SourceTable, EvictsTheLongestIdleAndNeverABusyOne) {
  SourceTable table(3, 7);
  for (std::uint32_t i = 1; i <= 3; ++i) (void)table.add(station(i));
  EXPECT_FALSE(table.has_room());
  for (const std::uint32_t i : {2U, 1U}) {
    Source& source = *table.find(station(i));
    source.idle_since = MonotonicTime(seconds(10 - i));  // 2 since 8, 1 since 9
    table.set_idle(source);
  }
  ASSERT_TRUE(table.has_room());
  const auto added = table.add(station(4));
  EXPECT_TRUE(added.evicted);
  EXPECT_EQ(added.evicted_idle_since, MonotonicTime(seconds(8)));
  EXPECT_EQ(table.find(station(2)), nullptr);
  EXPECT_NE(table.find(station(1)), nullptr);
  EXPECT_NE(table.find(station(3)), nullptr);
  EXPECT_EQ(table.size(), 3U);
}

TEST(SourceTable, AnIdleSourceThatIsBusyAgainIsSafe) {
  SourceTable table(1, 7);
  Source& source = *table.add(station(1)).source;
  table.set_idle(source);
  EXPECT_TRUE(table.has_room());
  table.set_busy(source);
  EXPECT_FALSE(table.has_room());
}

TEST(SourceTable, RemovedPlacesAreUsedAgain) {
  SourceTable table(2, 7);
  Source& first = *table.add(station(1)).source;
  (void)table.add(station(2));
  table.remove(first);
  EXPECT_EQ(table.size(), 1U);
  EXPECT_EQ(table.find(station(1)), nullptr);
  const auto added = table.add(station(3));
  EXPECT_FALSE(added.evicted);
  EXPECT_EQ(added.source->running, 0U);
  EXPECT_FALSE(table.has_room());
}

TEST(SourceTable, BothFamiliesAreSources) {
  SourceTable table(4, 7);
  const net::IpAddress v6 = *net::IpAddress::parse("fd00::1");
  (void)table.add(v6);
  EXPECT_NE(table.find(v6), nullptr);
  EXPECT_EQ(table.find(station(1)), nullptr);
}

}  // namespace
}  // namespace rackcast::admission_test
