// What a restart reads back: one lease after the other, those in force first.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "core/leases/sqlite_store.h"
#include "tests/core/leases/lease_test_support.h"
#include "tests/support/temporary_tree.h"

namespace rackcast {
namespace {

using testing::numbered_lease;

std::unique_ptr<SqliteLeaseStore> open_store(const std::filesystem::path& file) {
  auto store = SqliteLeaseStore::open(
      file, [](LaneId, const Completion&) { return true; }, [](const std::string&) {});
  EXPECT_TRUE(store) << store.error().message;
  return store ? std::move(*store) : nullptr;
}

// Folded rows and rows of the journal, which outdo them.
TEST(LeaseLoad, ShowsEachAddressOnceAndWhatIsInForceFirst) {
  const testing::TemporaryTree folder;
  std::map<net::Ipv4Address, Lease> expected;
  {
    const auto store = open_store(folder.path("leases.db"));
    ASSERT_NE(store, nullptr);
    EXPECT_TRUE(store->is_empty().value());
    std::vector<Lease> folded;
    for (std::uint32_t n = 1; n <= 100; ++n) {
      Lease lease = numbered_lease(n);
      if (n % 3 == 0) lease.state = LeaseState::kExpired;
      folded.push_back(lease);
      expected[lease.address] = lease;
    }
    ASSERT_TRUE(store->take_over(folded));
    store->start();
    for (const auto& [n, state] : {std::pair{1U, LeaseState::kReleased},
                                   {3U, LeaseState::kActive},
                                   {200U, LeaseState::kActive},
                                   {200U, LeaseState::kAbandoned}}) {
      Lease lease = numbered_lease(n);
      lease.state = state;
      expected[lease.address] = lease;
      CommitLease work{Ticket{1}, lease};
      ASSERT_TRUE(store->submit(LaneId{0}, work));
    }
  }
  const auto store = open_store(folder.path("leases.db"));
  ASSERT_NE(store, nullptr);
  EXPECT_FALSE(store->is_empty().value());
  const auto loaded = testing::all_of(*store);
  ASSERT_TRUE(loaded);
  EXPECT_TRUE(std::is_partitioned(loaded->begin(), loaded->end(),
                                  [](const Lease& lease) { return lease.state == LeaseState::kActive; }));
  std::map<net::Ipv4Address, Lease> found;
  for (const Lease& lease : *loaded) EXPECT_TRUE(found.emplace(lease.address, lease).second);
  EXPECT_EQ(found, expected);
}

}  // namespace
}  // namespace rackcast
