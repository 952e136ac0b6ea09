// The table under another layout: nothing is lost, nothing is given twice.
#include <gtest/gtest.h>

#include <map>
#include <random>

#include "tests/core/leases/lease_test_support.h"

namespace rackcast {
namespace {

using std::chrono::hours;
using std::chrono::seconds;
using testing::client;
using testing::ip;
using testing::key;
using testing::layout;
using testing::pool;
using testing::Table;

LeaseLayout shared_network(std::vector<std::vector<AddressRange>> pools) {
  LeaseLayout all;
  all.subnets = {{{ip(0, 1), 24}, 7}, {{ip(0, 2), 24}, 7}};
  for (auto& ranges : pools) all.pools.push_back({std::move(ranges)});
  return all;
}

TEST(LeasePools, TheFirstGivenPoolWithAnAddressIsTaken) {
  Table t(shared_network({{{ip(2), ip(3)}}, {{ip(10), ip(11)}}, {{ip(2, 2), ip(3, 2)}}}));
  EXPECT_EQ(t.offer(client(1), {1, 0}), ip(10));
  EXPECT_EQ(t.offer(client(2), {1, 0}), ip(11));
  EXPECT_EQ(t.offer(client(3), {1, 0}), ip(2));
  EXPECT_EQ(t.offer(client(4), {2}), ip(2, 2));
  EXPECT_EQ(t.offer(client(5), {1}), net::Ipv4Address{});
  EXPECT_EQ(t.failure, OfferFailure::kPoolExhausted);
  EXPECT_EQ(t.offer(client(5), {}), net::Ipv4Address{});
  EXPECT_EQ(t.failure, OfferFailure::kPoolEmpty);
}

TEST(LeasePools, ARequestedAddressMustBeOfAGivenPool) {
  Table t(shared_network({{{ip(2), ip(3)}}, {{ip(10), ip(11)}}}));
  EXPECT_EQ(t.offer(client(1), {0}, ip(11)), ip(2));
  EXPECT_EQ(t.offer(client(2), {0, 1}, ip(11)), ip(11));
}

TEST(LeasePools, AMachineThatMayNotUseItsPoolAnyMoreMoves) {
  Table t(shared_network({{{ip(2), ip(3)}}, {{ip(10), ip(11)}}}));
  EXPECT_EQ(t.lease(1), ip(2));
  EXPECT_EQ(t.offer(client(1), {1}), ip(10));
  EXPECT_EQ(t.state(ip(2)), LeaseState::kActive);  // until it has the other
  ASSERT_TRUE(t.activate(1, ip(10)));
  EXPECT_EQ(t.state(ip(2)), LeaseState::kReleased);
}

TEST(LeasePools, OneLeaseInForceOnALinkOfSeveralSubnets) {
  Table t(shared_network({{{ip(2), ip(3)}}, {{ip(2, 2), ip(3, 2)}}}));
  EXPECT_EQ(t.lease(1), ip(2));
  EXPECT_EQ(t.offer(client(1), {1, 0}), ip(2));
  ASSERT_EQ(t.table.hold(ip(3, 2), client(1), t.now), OfferFailure::kNone);
  ASSERT_TRUE(t.activate(1, ip(3, 2)));
  EXPECT_EQ(t.state(ip(2)), LeaseState::kReleased);
  EXPECT_EQ(t.table.find(client(1), 7)->address, ip(3, 2));
}

TEST(LeasePools, OfEndedLeasesTheOneThatEndedFirstInAnyPoolIsReused) {
  Table t(shared_network({{{ip(2), ip(2)}}, {{ip(10), ip(10)}}}));
  EXPECT_EQ(t.lease(1, 0), ip(2));
  EXPECT_EQ(t.lease(2, 1), ip(10));
  ASSERT_TRUE(t.table.release(client(2), ip(10), t.now));
  t.pass(seconds(10));
  ASSERT_TRUE(t.table.release(client(1), ip(2), t.now));
  EXPECT_EQ(t.offer(client(9), {0, 1}), ip(10));
}

TEST(LeasePools, UseIsCounted) {
  Table t({pool(2, 9), pool(2, 3, 2)});
  (void)t.lease(1);
  (void)t.offer(2);
  (void)t.lease(3);
  ASSERT_TRUE(t.table.abandon(key(3), ip(4), t.now));
  EXPECT_EQ(t.table.use_of(0), (PoolUse{8, 1, 1, 1}));
  EXPECT_EQ(t.table.use_of(1), (PoolUse{2, 0, 0, 0}));
  t.pass(hours(30));
  EXPECT_EQ(t.table.use_of(0), (PoolUse{8, 0, 0, 0}));
}

TEST(LeaseReservations, MayNameAHostEntryInsteadOfTheMachine) {
  const MachineKey host = MachineKey::of_host("circuit 7");
  Table t({pool(2, 9)}, {{ip(5), host}});
  EXPECT_EQ(t.table.availability(ip(5), client(1)), Availability::kReserved);
  LeaseClient entitled = client(1);
  entitled.host = host;
  EXPECT_EQ(t.table.hold(ip(5), entitled, t.now), OfferFailure::kNone);
  ASSERT_TRUE(t.activate(entitled, ip(5)));
  EXPECT_EQ(t.table.availability(ip(5), entitled), Availability::kOwn);
}

struct Relayed : ::testing::Test {
  static LeaseLayout capped(std::optional<std::uint32_t> per_port, std::optional<std::uint32_t> per_relay) {
    LeaseLayout all = layout({pool(2, 99)}, {{ip(200), key(50)}});
    all.caps = {per_port, per_relay};
    return all;
  }
  static LeaseClient through(unsigned n, unsigned relay, std::string_view option82) {
    LeaseClient who = client(n);
    who.relay = ip(relay, 9);
    who.relay_info = option82;
    return who;
  }
};

TEST_F(Relayed, APortHasItsShareAndNoMore) {
  Table t(capped(2, {}));
  constexpr std::string_view kPort1("\x01\x02p1\x09\x01x", 7);
  constexpr std::string_view kPort1Again("\x09\x01y\x01\x02p1", 7);  // what else the relay says does not count
  constexpr std::string_view kPort2("\x01\x02p2", 4);
  EXPECT_TRUE(t.activate(through(1, 1, kPort1), t.offer(through(1, 1, kPort1), {0})));
  EXPECT_FALSE(t.offer(through(2, 1, kPort1Again), {0}).is_any());
  EXPECT_TRUE(t.offer(through(3, 1, kPort1), {0}).is_any());
  EXPECT_EQ(t.failure, OfferFailure::kPortCap);
  EXPECT_FALSE(t.offer(through(1, 1, kPort1), {0}).is_any());  // who has one is answered
  EXPECT_FALSE(t.offer(through(4, 1, kPort2), {0}).is_any());
  EXPECT_FALSE(t.offer(through(5, 2, kPort1), {0}).is_any());  // another relay's port of that name
  EXPECT_FALSE(t.offer(client(6), {0}).is_any());              // on our own wire
  EXPECT_EQ(t.table.stats().port_cap, 1U);
  t.pass(seconds(120));  // the offer that nobody took
  EXPECT_FALSE(t.offer(through(3, 1, kPort1), {0}).is_any());
}

TEST_F(Relayed, ARemoteIdNamesThePortWhicheverRelayPassesIt) {
  Table t(capped(1, {}));
  constexpr std::string_view kPort("\x01\x02p1\x02\x02sw", 8);
  EXPECT_FALSE(t.offer(through(1, 1, kPort), {0}).is_any());
  EXPECT_TRUE(t.offer(through(2, 2, kPort), {0}).is_any());
}

TEST_F(Relayed, ARelayHasItsShareAndAReservationIsNeverRefused) {
  Table t(capped({}, 2));
  EXPECT_FALSE(t.offer(through(1, 1, ""), {0}).is_any());
  EXPECT_FALSE(t.offer(through(2, 1,
                               "\x01\x01"
                               "a"),
                       {0})
                   .is_any());
  EXPECT_TRUE(t.offer(through(3, 1,
                              "\x01\x01"
                              "b"),
                      {0})
                  .is_any());
  EXPECT_EQ(t.failure, OfferFailure::kRelayCap);
  EXPECT_EQ(t.table.hold(ip(200), through(50, 1, ""), t.now), OfferFailure::kNone);
  EXPECT_FALSE(t.offer(through(3, 2, ""), {0}).is_any());
}

TEST_F(Relayed, LeasesFromTheStoreCountAndSoDoThoseFromBeforeTheCap) {
  Table t(capped({}, {}));
  EXPECT_TRUE(t.activate(through(1, 1, ""), t.offer(through(1, 1, ""), {0})));
  t.table.reconfigure(capped({}, 1));
  EXPECT_TRUE(t.offer(through(2, 1, ""), {0}).is_any());  // the first was granted before the cap
  EXPECT_EQ(t.failure, OfferFailure::kRelayCap);
  EXPECT_FALSE(t.offer(through(2, 2, ""), {0}).is_any());
  t.table.reconfigure(capped({}, {}));
  t.table.reconfigure(capped(1, {}));
  EXPECT_FALSE(t.offer(through(1, 1, ""), {0}).is_any());  // none is counted twice: who has one is answered
  EXPECT_TRUE(t.offer(through(3, 1, ""), {0}).is_any());
  EXPECT_EQ(t.failure, OfferFailure::kPortCap);
  ASSERT_TRUE(t.table.release(client(1), ip(2), t.now));
  EXPECT_FALSE(t.offer(through(3, 1, ""), {0}).is_any());
}

TEST_F(Relayed, AThousandLeasesFromBeforeTheCapAreCountedWithinAFewMessages) {
  LeaseLayout wide = layout({{{ip(0, 0), 16}, {{ip(2, 0), ip(255, 7)}}}});
  Table t(wide);
  for (unsigned n = 1; n <= 1'000; ++n)
    EXPECT_TRUE(t.activate(through(n, n == 1'000 ? 2 : 1, ""), t.offer(through(n, n == 1'000 ? 2 : 1, ""), {0})));
  wide.caps.per_relay = 1;
  t.table.reconfigure(wide);
  for (int message = 0; message < 4; ++message) t.table.expire(t.now);
  EXPECT_TRUE(t.offer(through(2'000, 1, ""), {0}).is_any());
  EXPECT_TRUE(t.offer(through(2'000, 2, ""), {0}).is_any());
  EXPECT_FALSE(t.offer(through(2'000, 3, ""), {0}).is_any());
}

TEST_F(Relayed, ARestartForgetsNoCount) {
  Table t(capped({}, 1));
  EXPECT_TRUE(t.activate(through(1, 1, ""), t.offer(through(1, 1, ""), {0})));
  Table restarted(capped({}, 1));
  ASSERT_TRUE(restarted.table.restore(*t.table.find(ip(2)), t.now));
  restarted.table.settle();
  EXPECT_TRUE(restarted.offer(through(3, 1, ""), {0}).is_any());
}

TEST(LeaseReload, LeasesAndOffersStayAndTheWalkGoesOn) {
  Table t({pool(2, 9)});
  EXPECT_EQ(t.lease(1), ip(2));
  EXPECT_EQ(t.offer(2), ip(3));
  t.table.reconfigure(layout({pool(2, 9, 5), pool(2, 9)}));  // another pool before it: the number changes
  EXPECT_EQ(t.offer(2, {}, 1), ip(3));
  EXPECT_EQ(t.offer(3, {}, 1), ip(4));
  EXPECT_EQ(t.table.use_of(1), (PoolUse{8, 1, 2, 0}));
  EXPECT_EQ(t.state(ip(2)), LeaseState::kActive);
}

TEST(LeaseReload, AWiderRangeKeepsWhatIsKnownOfTheOldOne) {
  Table t({pool(2, 4)});
  EXPECT_EQ(t.lease(1), ip(2));
  EXPECT_EQ(t.lease(2), ip(3));
  ASSERT_TRUE(t.table.release(client(2), ip(3), t.now));
  t.table.reconfigure(layout({pool(1, 6)}));
  EXPECT_EQ(t.table.availability(ip(3), client(2)), Availability::kPrevious);
  for (const unsigned last : {1U, 4U, 5U, 6U}) EXPECT_EQ(t.offer(10 + last), ip(last));
  EXPECT_EQ(t.offer(2), ip(3));
  EXPECT_TRUE(t.offer(30).is_any());
  t.pass(hours(2));
  EXPECT_EQ(t.table.use_of(0).active, 0U);
  EXPECT_FALSE(t.offer(30).is_any());
}

TEST(LeaseReload, ARangeThatIsGoneKeepsItsLeasesUntilTheyEnd) {
  Table t({pool(2, 4), pool(2, 4, 2)});
  EXPECT_EQ(t.lease(1), ip(2));
  EXPECT_EQ(t.lease(2), ip(3));
  ASSERT_TRUE(t.table.release(client(2), ip(3), t.now));
  t.table.reconfigure(layout({pool(2, 4, 2)}));
  EXPECT_EQ(t.table.availability(ip(2), client(1)), Availability::kOwn);
  EXPECT_EQ(t.table.availability(ip(4), client(1)), Availability::kOutside);
  t.pass(seconds(1));
  EXPECT_EQ(t.table.availability(ip(3), client(2)), Availability::kOutside);
  EXPECT_EQ(t.table.size(), 1U);
  t.pass(hours(1));
  EXPECT_EQ(t.table.size(), 0U);
  t.table.reconfigure(layout({pool(2, 4)}));  // and back
  EXPECT_EQ(t.offer(5), ip(2));
}

TEST(LeaseReload, AddressesMoveBetweenPoolsWithTheirHistory) {
  Table t(shared_network({{{ip(2), ip(3)}}, {{ip(10), ip(10)}}}));
  EXPECT_EQ(t.lease(1), ip(2));
  EXPECT_EQ(t.lease(2), ip(3));
  ASSERT_TRUE(t.table.release(client(1), ip(2), t.now));
  ASSERT_TRUE(t.table.abandon(key(2), ip(3), t.now));
  t.table.reconfigure(shared_network({{{ip(10), ip(10)}}, {{ip(2), ip(3)}}}));
  EXPECT_EQ(t.table.offer(client(9), std::array{1U}, {}, t.now).address, ip(2));  // at once, though nothing moved yet
  EXPECT_EQ(t.table.reclaim(client(8), std::array{1U}, t.now).address, ip(3));
  EXPECT_EQ(t.offer(client(7), {0}), ip(10));
}

TEST(LeaseReload, ReservationsComeAndGo) {
  Table t({pool(2, 4)});
  EXPECT_EQ(t.lease(1), ip(2));
  EXPECT_EQ(t.lease(2), ip(3));
  ASSERT_TRUE(t.table.release(client(2), ip(3), t.now));
  t.table.reconfigure(layout({pool(2, 4)}, {{ip(3), key(9)}, {ip(4), key(8)}, {ip(2), key(1)}}));
  EXPECT_EQ(t.table.availability(ip(2), client(1)), Availability::kOwn);
  EXPECT_TRUE(t.offer(5).is_any());
  EXPECT_EQ(t.table.hold(ip(3), client(9), t.now), OfferFailure::kNone);
  t.pass(seconds(200));
  t.table.reconfigure(layout({pool(2, 4)}));
  EXPECT_EQ(t.offer(5), ip(4));
  EXPECT_EQ(t.offer(6), ip(3));
  EXPECT_EQ(t.offer(1), ip(2));
}

TEST(LeaseReload, RoomIsMadeForWhatIsAdded) {
  LeaseLimits limits;
  limits.leases_max = 300;
  Table t({pool(2, 11)}, {}, limits);
  EXPECT_EQ(t.table.capacity(), 10U);
  for (unsigned n = 0; n < 10; ++n) EXPECT_FALSE(t.lease(n).is_any());
  t.table.reconfigure(layout({pool(2, 11), pool(1, 254, 2), pool(1, 254, 3)}));
  EXPECT_EQ(t.table.capacity(), 300U);
  for (unsigned n = 10; n < 260; ++n) ASSERT_FALSE(t.lease(n, 1 + n % 2).is_any()) << n;
  for (unsigned n = 0; n < 10; ++n) EXPECT_EQ(t.table.find(client(n), 0)->address, ip(n + 2));
}

// Random layouts and random clients against the one rule that matters, with a model of who was promised what.
TEST(LeaseReload, NoPromiseIsLostAndNoAddressIsGivenTwiceThroughAnyChange) {
  for (unsigned seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 generator(seed);
    const auto random = [&](unsigned below) { return static_cast<unsigned>(generator() % below); };
    const auto random_layout = [&] {
      std::vector<std::vector<AddressRange>> pools(1 + random(4));
      for (unsigned third = 1; third <= 2; ++third) {
        for (unsigned at = 1 + random(4); at < 40;) {
          const unsigned last = at + random(12);
          pools[random(static_cast<unsigned>(pools.size()))].push_back({ip(at, third), ip(last, third)});
          at = last + 1 + random(6);
        }
      }
      LeaseLayout all = shared_network(std::move(pools));
      for (unsigned last = 1; last < 40; last += 1 + random(20))
        all.reservations.push_back({ip(last), key(random(60))});
      if (random(3) == 0) all.caps.per_relay = 5 + random(20);
      return all;
    };
    Table t(random_layout());
    std::map<net::Ipv4Address, std::pair<unsigned, WallTime>> promised;
    for (int step = 0; step < 4'000; ++step) {
      if (random(40) == 0) t.table.reconfigure(random_layout());
      t.pass(seconds(random(30)));
      std::erase_if(promised, [&](const auto& entry) { return entry.second.second <= t.now; });
      const unsigned n = random(60);
      std::vector<std::uint32_t> pools;
      for (std::uint32_t number = 0; number < t.table.layout().pools.size(); ++number)
        if (random(3) != 0) pools.push_back(number);
      LeaseClient who = client(n);
      if (random(2) == 0) who.relay = ip(random(3), 9);
      net::Ipv4Address wanted = t.offer(who, pools);
      if (wanted.is_any() && random(4) == 0) wanted = t.table.reclaim(who, pools, t.now).address;
      if (wanted.is_any() || random(5) == 0) wanted = ip(random(45), 1 + random(2));
      switch (random(8)) {
        case 0:
          if (t.table.release(client(n), wanted, t.now)) promised.erase(wanted);
          break;
        case 1:
          if (t.table.abandon(key(n), wanted, t.now)) promised.erase(wanted);
          break;
        default: {
          if (t.table.hold(wanted, who, t.now) != OfferFailure::kNone) break;
          const seconds length(1 + random(900));
          if (!t.activate(who, wanted, length)) break;
          const auto before = promised.find(wanted);
          ASSERT_TRUE(before == promised.end() || before->second.first == n);
          std::erase_if(promised, [&](const auto& entry) { return entry.second.first == n; });
          promised[wanted] = {n, t.now + length};
        }
      }
      for (const auto& [address, owner] : promised) {
        const auto lease = t.table.find(address);
        ASSERT_TRUE(lease);
        ASSERT_EQ(lease->key, key(owner.first));
        ASSERT_EQ(lease->state, LeaseState::kActive);
      }
    }
    // When all is over every address of the pools is free again, whichever way it went.
    t.pass(hours(48));
    LeaseLayout last = random_layout();
    last.caps = {};
    last.reservations.clear();
    t.table.reconfigure(last);
    std::size_t count = 0;
    std::vector<std::uint32_t> all;
    for (std::uint32_t number = 0; number < last.pools.size(); ++number) all.push_back(number);
    for (const LeasePool& each : last.pools)
      for (const AddressRange& range : each.ranges) count += range.last.value() - range.first.value() + 1;
    for (unsigned n = 0; n < count; ++n) ASSERT_FALSE(t.offer(client(1000 + n), all).is_any()) << n << " of " << count;
    EXPECT_TRUE(t.offer(client(5000), all).is_any());
  }
}

}  // namespace
}  // namespace rackcast
