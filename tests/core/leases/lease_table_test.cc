#include "core/leases/lease_table.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

#include "tests/core/leases/lease_test_support.h"

namespace rackcast {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

using testing::client;
using testing::ip;
using testing::key;
using testing::kStart;
using testing::layout;
using testing::mac;
using testing::pool;
using testing::Table;
using testing::Wire;

TEST(LeaseTable, OffersEachMachineAnotherAddressAndTheSameOneAgain) {
  Table t({pool(2, 4)});
  EXPECT_EQ(t.offer(1), ip(2));
  EXPECT_EQ(t.offer(2), ip(3));
  EXPECT_EQ(t.offer(1), ip(2));
  EXPECT_EQ(t.table.offers(), 2U);
  EXPECT_EQ(t.table.find(ip(2))->state, LeaseState::kOffered);
}

TEST(LeaseTable, ACurrentBindingComesBeforeARequestedAddress) {
  Table t({pool(2, 9)});
  EXPECT_EQ(t.lease(1), ip(2));
  EXPECT_EQ(t.offer(1, ip(7)), ip(2));
  EXPECT_EQ(t.table.find(ip(2))->state, LeaseState::kActive);  // an offer does not end what is in force
}

TEST(LeaseTable, APreviousBindingComesBeforeARequestedAddress) {
  Table t({pool(2, 9)});
  EXPECT_EQ(t.lease(1), ip(2));
  t.pass(hours(2));
  EXPECT_EQ(t.table.find(ip(2))->state, LeaseState::kExpired);
  EXPECT_EQ(t.table.availability(ip(2), client(1)), Availability::kPrevious);
  EXPECT_EQ(t.offer(1, ip(7)), ip(2));
}

TEST(LeaseTable, AFreeRequestedAddressComesBeforeANewOne) {
  Table t({pool(2, 9)});
  EXPECT_EQ(t.offer(1, ip(7)), ip(7));
  EXPECT_EQ(t.offer(2, ip(7)), ip(2));     // taken
  EXPECT_EQ(t.offer(3, ip(77)), ip(3));    // outside the range
  EXPECT_EQ(t.offer(4, ip(5, 9)), ip(4));  // of another subnet
}

TEST(LeaseTable, NewAddressesAreTakenBeforeOnesThatHadAnOwner) {
  Table t({pool(2, 4)});
  (void)t.lease(1);
  t.pass(hours(2));
  EXPECT_EQ(t.offer(2), ip(3));
  EXPECT_EQ(t.offer(3), ip(4));
  EXPECT_EQ(t.offer(4), ip(2));  // only now the expired one
}

TEST(LeaseTable, TheLeaseThatEndedFirstIsReusedFirst) {
  Table t({pool(2, 4)});
  for (unsigned n = 1; n <= 3; ++n) (void)t.lease(n);
  ASSERT_TRUE(t.table.release(client(3), ip(4), t.now));
  t.pass(hours(2));
  EXPECT_EQ(t.offer(9), ip(4));
}

TEST(LeaseTable, ExhaustionIsAnAnswerAndCounted) {
  Table t({pool(2, 3)});
  (void)t.offer(1);
  (void)t.offer(2);
  EXPECT_EQ(t.table.offer(client(3), std::array{0U}, {}, t.now).failure, OfferFailure::kPoolExhausted);
  EXPECT_EQ(t.table.stats().pool_exhausted, 1U);
  t.pass(seconds(120));
  EXPECT_FALSE(t.offer(3).is_any());
  EXPECT_EQ(t.table.stats().offers_expired, 2U);
}

TEST(LeaseTable, AnOfferIsHeldForTwoMinutes) {
  Table t({pool(2, 2)});
  (void)t.offer(1);
  t.pass(seconds(119));
  EXPECT_TRUE(t.offer(2).is_any());
  t.pass(seconds(1));
  EXPECT_EQ(t.offer(2), ip(2));
}

TEST(LeaseTable, ASubnetWithoutARangeSaysSo) {
  Table t(std::vector{Wire{{ip(0), 24}, {}}});
  EXPECT_EQ(t.table.offer(client(1), std::array{0U}, {}, t.now).failure, OfferFailure::kPoolEmpty);
}

TEST(LeaseTable, NetworkAndBroadcastAddressesAreNeverHandedOut) {
  Table t(std::vector{Wire{{ip(0), 30}, {{ip(0), ip(3)}}}});
  EXPECT_EQ(t.offer(1, ip(0)), ip(1));
  EXPECT_EQ(t.offer(2, ip(3)), ip(2));
  EXPECT_TRUE(t.offer(3).is_any());
}

TEST(LeaseTable, ReservationsAreNotInThePool) {
  Table t({pool(2, 4)}, {{ip(3), key(9)}});
  EXPECT_EQ(t.offer(1, ip(3)), ip(2));
  EXPECT_EQ(t.offer(2), ip(4));
  EXPECT_TRUE(t.offer(3).is_any());
  EXPECT_EQ(t.table.availability(ip(3), client(1)), Availability::kReserved);
  EXPECT_EQ(t.table.hold(ip(3), client(9), t.now), OfferFailure::kNone);
  EXPECT_NE(t.table.hold(ip(3), client(1), t.now), OfferFailure::kNone);
}

TEST(LeaseTable, AReservationOutsideTheRangeCanBeHeld) {
  Table t({pool(2, 4)}, {{ip(200), key(9)}});
  EXPECT_EQ(t.table.hold(ip(200), client(9), t.now), OfferFailure::kNone);
  EXPECT_TRUE(t.activate(9, ip(200)));
  EXPECT_EQ(t.table.find(client(9), 0)->address, ip(200));
  EXPECT_NE(t.table.hold(ip(201), client(9), t.now), OfferFailure::kNone);  // neither reserved nor in a range
}

TEST(LeaseTable, ActivatingEndsTheMachinesOtherLeaseInTheSubnetOnly) {
  Table t({pool(2, 9), pool(2, 9, 2)}, {{ip(200), key(1)}});
  EXPECT_EQ(t.lease(1), ip(2));
  EXPECT_EQ(t.offer(1, {}, 1), ip(2, 2));
  ASSERT_TRUE(t.activate(1, ip(2, 2)));
  ASSERT_EQ(t.table.hold(ip(200), client(1), t.now), OfferFailure::kNone);
  ASSERT_TRUE(t.activate(1, ip(200)));
  EXPECT_EQ(t.table.find(ip(2))->state, LeaseState::kReleased);
  EXPECT_EQ(t.table.find(ip(2, 2))->state, LeaseState::kActive);
  EXPECT_EQ(t.table.find(client(1), 0)->address, ip(200));
}

TEST(LeaseTable, ReleaseNeedsTheRightMachineAndIsRemembered) {
  Table t({pool(2, 4)});
  (void)t.lease(1);
  EXPECT_FALSE(t.table.release(client(2), ip(2), t.now));
  const auto record = t.table.release(client(1), ip(2), t.now);
  ASSERT_TRUE(record);
  EXPECT_EQ(record->state, LeaseState::kReleased);
  EXPECT_FALSE(t.table.release(client(1), ip(2), t.now));
  EXPECT_EQ(t.offer(1), ip(2));
}

TEST(LeaseTable, ADeclinedAddressRestsForADay) {
  Table t({pool(2, 2)});
  (void)t.lease(1);
  EXPECT_FALSE(t.table.abandon(key(2), ip(2), t.now));
  ASSERT_TRUE(t.table.abandon(key(1), ip(2), t.now));
  EXPECT_EQ(t.table.availability(ip(2), client(1)), Availability::kResting);
  EXPECT_TRUE(t.offer(1).is_any());
  t.pass(hours(24) - seconds(1));
  EXPECT_TRUE(t.offer(1).is_any());
  t.pass(seconds(1));
  EXPECT_EQ(t.offer(1), ip(2));
}

TEST(LeaseTable, UnderPressureTheAddressThatRestedLongestIsReclaimed) {
  Table t({pool(2, 4), pool(2, 4, 2)});
  for (unsigned n = 1; n <= 3; ++n) (void)t.lease(n);
  for (const unsigned n : {2U, 1U, 3U}) {
    ASSERT_TRUE(t.table.abandon(key(n), ip(n + 1), t.now));
    t.pass(seconds(600));
  }
  EXPECT_EQ(t.table.offer(client(9), std::array{0U}, {}, t.now).failure, OfferFailure::kPoolExhausted);
  EXPECT_EQ(t.table.reclaim(client(9), std::array{1U}, t.now).failure,
            OfferFailure::kPoolExhausted);  // the other pool's rest on
  const OfferResult first = t.table.reclaim(client(9), std::array{0U}, t.now);
  EXPECT_EQ(first.failure, OfferFailure::kNone);
  EXPECT_EQ(first.address, ip(3));
  EXPECT_EQ(t.table.find(ip(3))->state, LeaseState::kOffered);
  EXPECT_EQ(t.table.availability(ip(3), client(2)), Availability::kTaken);
  EXPECT_TRUE(t.activate(9, ip(3), hours(100)));
  t.pass(hours(24) - seconds(1200));  // ip(3)'s rest would be over, and ip(2)'s is
  EXPECT_EQ(t.table.find(ip(3))->state, LeaseState::kActive);
  EXPECT_EQ(t.offer(10), ip(2));
  EXPECT_EQ(t.table.reclaim(client(11), std::array{0U}, t.now).address, ip(4));
  EXPECT_EQ(t.table.reclaim(client(12), std::array{0U}, t.now).failure, OfferFailure::kPoolExhausted);
  EXPECT_EQ(t.table.stats().reclaimed, 2U);
}

TEST(LeaseTable, RestsAreReclaimedInOrderAfterARestartToo) {
  Table t({pool(2, 4)});
  for (const auto& [last, left] : {std::pair{2U, 3}, {3U, 1}, {4U, 2}}) {
    Lease lease;
    lease.address = ip(last);
    lease.mac = mac(last);
    lease.state = LeaseState::kAbandoned;
    lease.ends = t.now + hours(left);
    ASSERT_TRUE(t.table.restore(lease, t.now));
  }
  t.table.settle();
  for (const unsigned last : {3U, 4U, 2U})
    EXPECT_EQ(t.table.reclaim(client(last), std::array{0U}, t.now).address, ip(last));
}

TEST(LeaseTable, AReservationCannotBeAbandoned) {
  Table t({pool(2, 4)}, {{ip(200), key(1)}});
  ASSERT_EQ(t.table.hold(ip(200), client(1), t.now), OfferFailure::kNone);
  ASSERT_TRUE(t.activate(1, ip(200)));
  EXPECT_FALSE(t.table.abandon(key(1), ip(200), t.now));
}

TEST(LeaseTable, WithdrawnOffersAreFreeAtOnce) {
  Table t({pool(2, 2)});
  (void)t.offer(1);
  t.table.withdraw_offers(key(1));
  EXPECT_EQ(t.table.offers(), 0U);
  EXPECT_EQ(t.offer(2), ip(2));
}

TEST(LeaseTable, PastTheLimitTheOldestOfferMakesRoom) {
  LeaseLimits limits;
  limits.offer_holds_max = 2;
  Table t({pool(2, 9)}, {{ip(200), key(8)}}, limits);
  EXPECT_EQ(t.offer(1), ip(2));
  EXPECT_EQ(t.offer(2), ip(3));
  EXPECT_EQ(t.offer(1), ip(2)) << "who asks again is no longer the oldest";
  EXPECT_EQ(t.table.hold(ip(200), client(8), t.now), OfferFailure::kNone);
  EXPECT_EQ(t.state(ip(3)), LeaseState::kFree);
  EXPECT_EQ(t.table.offers(), 2U);
  EXPECT_EQ(t.table.stats().offers_cut_short, 1U);
  EXPECT_TRUE(t.activate(1, ip(2)));
  EXPECT_EQ(t.offer(3), ip(4)) << "an offer that was taken makes room, too";
  EXPECT_EQ(t.table.stats().offers_cut_short, 1U);
  EXPECT_TRUE(t.activate(2, ip(3))) << "late, but nobody else has it";
}

TEST(LeaseTable, TheLimitOnOffersHoldsThroughEveryWayOut) {
  LeaseLimits limits;
  limits.offer_holds_max = 3;
  Table t({pool(2, 9)}, {{ip(200), key(8)}}, limits);
  for (unsigned round = 0; round < 20; ++round) {
    for (unsigned n = 1; n < 8; ++n) (void)t.offer(n);
    (void)t.table.abandon(key(7), t.table.find(client(7), 0)->address, t.now);
    t.table.withdraw_offers(key(6));
    EXPECT_LE(t.table.offers(), 3U);
    t.table.reconfigure(layout({pool(2, 9 + round % 2)}, {{ip(3 + round % 3), key(9)}}));
    (void)t.table.hold(ip(3 + round % 3), client(9), t.now);
    EXPECT_LE(t.table.offers(), 3U);
    t.pass(hours(25));
    EXPECT_EQ(t.table.offers(), 0U);
  }
}

TEST(LeaseTable, AnOfferThatIsNotTakenLeavesThePreviousLeaseItsMachines) {
  Table t({pool(2, 3)});
  (void)t.lease(1);
  (void)t.lease(2);
  t.pass(hours(2));
  EXPECT_EQ(t.offer(2), ip(3));
  EXPECT_EQ(t.offer(1), ip(2));
  t.pass(std::chrono::seconds(120));
  EXPECT_EQ(t.table.availability(ip(2), client(1)), Availability::kPrevious);
  EXPECT_EQ(t.offer(3), ip(3)) << "the one that was offered first";
  EXPECT_EQ(t.offer(1), ip(2));
}

TEST(LeaseTable, AFullTableReusesEndedLeases) {
  LeaseLimits limits;
  limits.leases_max = 2;
  Table t({pool(2, 9)}, {}, limits);
  EXPECT_EQ(t.table.capacity(), 2U);
  (void)t.lease(1);
  (void)t.lease(2);
  EXPECT_TRUE(t.offer(3).is_any());
  EXPECT_GT(t.table.stats().table_full, 0U);
  ASSERT_TRUE(t.table.release(client(1), ip(2), t.now));
  EXPECT_EQ(t.offer(3), ip(2));
}

TEST(LeaseTable, ALeaseThatNeverEndsStaysInForce) {
  Table t({pool(2, 2)});
  Lease lease;
  lease.address = ip(2);
  lease.mac = mac(1);
  lease.bootp = true;
  lease.ends = WallTime::max();
  ASSERT_TRUE(t.table.activate(lease, t.now));
  t.pass(hours(24 * 365 * 10));
  EXPECT_EQ(t.table.find(ip(2))->state, LeaseState::kActive);
  EXPECT_FALSE(t.table.next_deadline());
}

TEST(LeaseTable, ActivateRefusesAnAddressThatWentToAnother) {
  Table t({pool(2, 2)});
  (void)t.lease(1);
  EXPECT_FALSE(t.activate(2, ip(2)));
}

TEST(LeaseTable, RestoresWhatTheStoreKnows) {
  Table t({pool(2, 9)});
  Lease lease;
  lease.state = LeaseState::kActive;
  lease.address = ip(2);
  lease.mac = mac(1);
  lease.starts = t.now - seconds(10);
  lease.ends = t.now + seconds(10);
  EXPECT_TRUE(t.table.restore(lease, t.now));
  lease.address = ip(3);
  lease.mac = mac(2);
  lease.ends = t.now - seconds(1);
  EXPECT_TRUE(t.table.restore(lease, t.now));
  lease.address = ip(4);
  lease.mac = mac(3);
  lease.state = LeaseState::kAbandoned;
  lease.ends = t.now + hours(1);
  EXPECT_TRUE(t.table.restore(lease, t.now));
  t.table.settle();
  EXPECT_TRUE(t.table.is_durable(ip(2)));
  EXPECT_EQ(t.table.availability(ip(2), client(1)), Availability::kOwn);
  EXPECT_EQ(t.table.availability(ip(3), client(2)), Availability::kPrevious);
  EXPECT_EQ(t.table.availability(ip(4), client(3)), Availability::kResting);
  EXPECT_EQ(t.offer(9), ip(5));  // past all three
  t.pass(seconds(10));
  EXPECT_EQ(t.table.availability(ip(2), client(1)), Availability::kPrevious);
}

TEST(LeaseTable, RestoringMakesNobodyAPreviousOwnerWhoWasNone) {
  Table t({pool(2, 9)});
  Lease lease;
  lease.mac = mac(1);
  lease.address = ip(2);
  lease.state = LeaseState::kFree;  // an offer nobody took
  ASSERT_TRUE(t.table.restore(lease, t.now));
  lease.address = ip(3);
  lease.state = LeaseState::kAbandoned;  // its rest is over
  lease.ends = t.now - seconds(1);
  ASSERT_TRUE(t.table.restore(lease, t.now));
  lease.address = ip(4);
  lease.state = LeaseState::kReleased;
  ASSERT_TRUE(t.table.restore(lease, t.now));
  t.table.settle();
  EXPECT_EQ(t.table.find(ip(2))->state, LeaseState::kFree);
  EXPECT_EQ(t.table.find(ip(3))->state, LeaseState::kFree);
  EXPECT_EQ(t.table.find(ip(4))->state, LeaseState::kReleased);
  EXPECT_EQ(t.table.availability(ip(2), client(1)), Availability::kFree);
  EXPECT_EQ(t.table.availability(ip(3), client(1)), Availability::kFree);
  EXPECT_EQ(t.table.availability(ip(4), client(1)), Availability::kPrevious);
}

// Leases of every state, several of one machine: in whichever order they come, the same are in force, and the same are
// taken next.
TEST(LeaseTable, TheOrderInWhichLeasesAreRestoredDoesNotMatter) {
  std::vector<Lease> known;
  for (unsigned n = 0; n < 60; ++n) {
    Lease lease;
    lease.address = ip(2 + n);
    lease.mac = mac(n % 25);
    lease.state = std::array{LeaseState::kActive, LeaseState::kReleased, LeaseState::kAbandoned}.at(n % 3);
    lease.starts = kStart - seconds(1'000 + n * 37 % 61);
    lease.ends = kStart + (n % 7 == 0 ? -seconds(5) : seconds(600 + n * 17 % 61));
    known.push_back(lease);
  }
  const auto after = [&](const std::vector<Lease>& order) {
    Table t({pool(2, 61)});
    for (const Lease& lease : order) EXPECT_TRUE(t.table.restore(lease, t.now));
    t.table.settle();
    std::vector<std::string> told;
    for (unsigned n = 0; n < 60; ++n) told.push_back(std::to_string(static_cast<int>(t.state(ip(2 + n)))));
    for (unsigned n = 0; n < 70; ++n) {
      const OfferResult offered = t.table.offer(client(1'000 + n), std::array{0U}, {}, t.now);
      told.emplace_back(offered.address.text().view());
      if (offered.failure == OfferFailure::kNone) continue;
      told.emplace_back(t.table.reclaim(client(1'000 + n), std::array{0U}, t.now).address.text().view());
    }
    const PoolUse use = t.table.use_of(0);
    told.push_back(std::to_string(use.active) + " " + std::to_string(use.offered) + " " + std::to_string(use.resting));
    return told;
  };
  const std::vector<std::string> expected = after(known);
  std::mt19937 random(11);
  for (int i = 0; i < 20; ++i) {
    std::vector<Lease> order = known;
    std::shuffle(order.begin(), order.end(), random);
    EXPECT_EQ(after(order), expected);
  }
}

TEST(LeaseTable, RestoredLeasesOutsideTheLayoutLeaveItsAddressesTheirRoom) {
  Table t({pool(2, 9)});
  ASSERT_EQ(t.table.capacity(), 8U);
  for (unsigned n = 0; n < 300; ++n) {
    Lease lease;
    lease.state = LeaseState::kActive;
    lease.address = ip(n % 250, 7 + n / 250);
    lease.mac = mac(n);
    lease.ends = kStart + seconds(10);
    ASSERT_TRUE(t.table.restore(lease, t.now));
  }
  t.table.settle();
  EXPECT_EQ(t.table.size(), 300U);
  for (unsigned n = 0; n < 8; ++n) EXPECT_EQ(t.lease(1'000 + n), ip(2 + n));
  EXPECT_EQ(t.table.stats().table_full, 0U);
}

TEST(LeaseTable, KeepsALeaseOfAnEarlierConfigurationUntilItEnds) {
  LeaseTable table(layout({pool(2, 3)}), {}, 1);
  Lease lease;
  lease.state = LeaseState::kActive;
  lease.address = ip(100);
  lease.mac = mac(1);
  lease.ends = kStart + seconds(10);
  ASSERT_TRUE(table.restore(lease, kStart));
  table.settle();
  EXPECT_EQ(table.availability(ip(100), client(1)), Availability::kOwn);
  table.expire(kStart + seconds(10));
  EXPECT_EQ(table.availability(ip(100), client(1)), Availability::kOutside);
  EXPECT_EQ(table.size(), 0U);
}

// Subnets and ranges in no order, with gaps: every address against what the lists say.
TEST(LeaseTable, FindsThePoolOfEveryAddressAmongManySubnets) {
  std::vector<Wire> pools;
  for (unsigned i = 0; i < 64; ++i) {
    const unsigned third = (i * 37) % 64 * 2;  // every other /24; 37 and 64 share no divisor
    pools.push_back({{ip(0, third), 24}, {{ip(100, third), ip(120, third)}, {ip(10, third), ip(20, third)}}});
  }
  const LeaseTable table(layout(pools), {}, 1);
  for (unsigned third = 0; third < 200; ++third) {
    for (unsigned last = 0; last < 256; ++last) {
      std::optional<std::uint32_t> subnet;
      bool in_range = false;
      for (std::uint32_t i = 0; i < pools.size(); ++i) {
        if (!pools[i].subnet.contains(ip(last, third))) continue;
        subnet = i;
        for (const AddressRange& range : pools[i].ranges)
          in_range |= range.first <= ip(last, third) && ip(last, third) <= range.last;
      }
      ASSERT_EQ(table.link_of(ip(last, third)), subnet) << third << '.' << last;
      ASSERT_EQ(table.pool_of(ip(last, third)), in_range ? subnet : std::nullopt) << third << '.' << last;
      ASSERT_EQ(table.availability(ip(last, third), client(1)), in_range ? Availability::kFree : Availability::kOutside)
          << third << '.' << last;
    }
  }
  EXPECT_EQ(table.link_of(net::Ipv4Address(0, 0, 0, 0)), std::nullopt);
  EXPECT_EQ(table.link_of(net::Ipv4Address(255, 255, 255, 255)), std::nullopt);
}

TEST(LeaseTable, AbsurdlyLargePoolsAreBoundedByTheLimit) {
  LeaseLimits limits;
  limits.leases_max = 1000;
  LeaseTable table(
      layout({{{net::Ipv4Address(10, 0, 0, 0), 8}, {{net::Ipv4Address(10, 0, 0, 0), {10, 255, 255, 255}}}}}), limits,
      1);
  EXPECT_EQ(table.capacity(), 1000U);
  EXPECT_EQ(table.offer(client(1), std::array{0U}, {}, kStart).address, net::Ipv4Address(10, 0, 0, 1));
}

// Random operations against the one rule that matters, with a model of who was promised what.
TEST(LeaseTable, NoAddressIsEverInForceForTwoMachines) {
  for (unsigned seed = 1; seed <= 8; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 generator(seed);
    const auto random = [&] { return static_cast<unsigned>(generator()); };
    Table t({pool(2, 20), pool(2, 10, 2)}, {{ip(5), key(3)}, {ip(200), key(4)}});
    std::map<net::Ipv4Address, std::pair<net::MacAddress, WallTime>> promised;
    for (int step = 0; step < 20'000; ++step) {
      t.pass(seconds(random() % 40U));
      std::erase_if(promised, [&](const auto& entry) { return entry.second.second <= t.now; });
      const unsigned n = random() % 40U;
      const std::uint32_t number = random() % 2;
      const net::Ipv4Address some = ip(random() % 25U, number + 1);
      switch (random() % 7) {
        case 0:
        case 1:
          (void)t.offer(n, random() % 2 == 0 ? std::optional(some) : std::nullopt, number);
          break;
        case 2:
        case 3: {
          const net::Ipv4Address wanted = random() % 2 == 0 ? some : t.offer(n, {}, number);
          const seconds length(random() % 600 + 1);
          if (wanted.is_any() || t.table.hold(wanted, client(n), t.now) != OfferFailure::kNone) break;
          if (!t.activate(n, wanted, length)) break;
          const auto before = promised.find(wanted);
          ASSERT_TRUE(before == promised.end() || before->second.first == mac(n));
          std::erase_if(promised, [&](const auto& entry) {
            return entry.second.first == mac(n) && entry.first.octet(2) == wanted.octet(2);
          });
          promised[wanted] = {mac(n), t.now + length};
          break;
        }
        case 4:
          if (t.table.release(client(n), some, t.now)) promised.erase(some);
          break;
        case 5:
          if (random() % 50 == 0 && t.table.abandon(key(n), some, t.now)) promised.erase(some);
          break;
        case 6:
          if (t.offer(n, {}, number).is_any()) (void)t.table.reclaim(client(n), std::array{number}, t.now);
          break;
      }
      for (const auto& [address, owner] : promised) {
        const auto lease = t.table.find(address);
        ASSERT_TRUE(lease);
        ASSERT_EQ(lease->mac, owner.first);
        ASSERT_EQ(lease->state, LeaseState::kActive);
      }
    }
  }
}

}  // namespace
}  // namespace rackcast
