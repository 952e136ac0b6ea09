#include "core/admission/service_totals.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace rackcast {
namespace {

using Attempt = ServiceTotals::Attempt;

class Totals : public ::testing::Test {
 protected:
  Attempt attempt(std::uint64_t second) {
    CpsTicket ticket;
    return totals.count_attempt(second, cps, ticket);
  }
  // How many of `count` attempts in this second are counted before one is not.
  unsigned attempts(std::uint64_t second, unsigned count) {
    for (unsigned i = 0; i < count; ++i)
      if (attempt(second) != Attempt::kCounted) return i;
    return count;
  }

  ServiceTotals totals;
  Cps cps{5, 3};
};

constexpr std::uint64_t kStart = 1'795'521'600;

TEST_F(Totals, TheSixthOfASecondTrips) {
  EXPECT_EQ(attempts(kStart, 5), 5U);
  EXPECT_EQ(attempt(kStart), Attempt::kTripped);
  EXPECT_EQ(totals.off_until_seconds(), kStart + 3);
}

// The quotient is an integer: 11 attempts in the window's second second are 11 / 1, in its third 11 / 2.
TEST_F(Totals, TheMeanIsAnIntegerQuotient) {
  EXPECT_EQ(attempts(kStart, 5), 5U);
  EXPECT_EQ(attempt(kStart + 1), Attempt::kTripped);  // 6 / 1
}

TEST_F(Totals, FiveASecondForeverNeverTripOnceTheMeanIsTakenOverMoreThanOneSecond) {
  EXPECT_EQ(attempts(kStart, 1), 1U);
  EXPECT_EQ(attempts(kStart + 2, 10), 10U);           // 11 / 2 = 5
  EXPECT_EQ(attempt(kStart + 2), Attempt::kTripped);  // 12 / 2 = 6
}

TEST_F(Totals, TheWindowIsAsManySecondsLongAsTheRate) {
  EXPECT_EQ(attempts(kStart, 5), 5U);
  EXPECT_EQ(attempts(kStart + 5, 5), 5U);             // a new window
  EXPECT_EQ(attempt(kStart + 5), Attempt::kTripped);  // its sixth
}

TEST_F(Totals, OffItCountsNothingAndComesBackInItsSecond) {
  attempts(kStart, 6);
  EXPECT_EQ(attempt(kStart + 1), Attempt::kOff);
  EXPECT_EQ(attempt(kStart + 2), Attempt::kOff);
  EXPECT_EQ(attempt(kStart + 3), Attempt::kCounted);  // 7 / 3 = 2
}

TEST_F(Totals, AShortWaitMayTripAgainAtOnce) {
  cps = {25, 1};
  attempts(kStart, 26);
  EXPECT_EQ(attempt(kStart), Attempt::kOff);
  EXPECT_EQ(attempt(kStart + 1), Attempt::kTripped);  // 27 / 1: count and begin survived
  EXPECT_EQ(attempt(kStart + 2), Attempt::kCounted);  // 28 / 2
}

TEST_F(Totals, ARateOfZeroIsNoLimit) {
  cps = {0, 10};
  EXPECT_EQ(attempts(kStart, 1'000), 1'000U);
}

TEST_F(Totals, AClockSetBackNeverTripsAndNeverKeepsTheServiceOff) {
  attempts(kStart, 5);
  EXPECT_EQ(attempts(kStart - 100, 50), 50U);
  attempts(kStart, 1);
  ASSERT_EQ(totals.off_until_seconds(), kStart + 3);
  EXPECT_TRUE(totals.reopen(kStart - 3'600, cps));
}

TEST_F(Totals, InstancesRestartAtZeroForXinetdOnly) {
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(totals.start(AdmissionPolicy::kXinetd, 4));
  EXPECT_FALSE(totals.start(AdmissionPolicy::kXinetd, 4));
  attempts(kStart, 6);
  EXPECT_EQ(totals.running_as_xinetd(), 4U);
  EXPECT_TRUE(totals.reopen(kStart + 3, cps));
  EXPECT_EQ(totals.running_as_xinetd(), 0U);
  EXPECT_EQ(totals.running(), 4U);
  EXPECT_FALSE(totals.start(AdmissionPolicy::kQueue, 4));
  EXPECT_TRUE(totals.start(AdmissionPolicy::kXinetd, 4));
  EXPECT_EQ(totals.running(), 5U);
  for (int i = 0; i < 5; ++i) totals.end();
  EXPECT_EQ(totals.running(), 0U);
  EXPECT_EQ(totals.running_as_xinetd(), 0U);  // not below
}

TEST_F(Totals, QueueLetsARateStartInASecondAndNamesTheNext) {
  const MonotonicTime begin(std::chrono::milliseconds(5'000));
  CpsTicket ticket;
  EXPECT_FALSE(totals.count_connection(begin, 2, ticket));
  EXPECT_FALSE(totals.count_connection(begin + std::chrono::milliseconds(900), 2, ticket));
  const auto later = totals.count_connection(begin + std::chrono::milliseconds(999), 2, ticket);
  ASSERT_TRUE(later);
  EXPECT_EQ(*later, begin + std::chrono::seconds(1));
  EXPECT_FALSE(totals.count_connection(*later, 2, ticket));
}

TEST_F(Totals, WhatIsTakenBackIsFreeAgainInItsOwnWindowOnly) {
  const MonotonicTime begin(std::chrono::milliseconds(5'000));
  CpsTicket first;
  CpsTicket other;
  ASSERT_FALSE(totals.count_connection(begin, 1, first));
  ASSERT_TRUE(totals.count_connection(begin, 1, other));
  totals.take_back(first);
  ASSERT_FALSE(totals.count_connection(begin, 1, first));
  ASSERT_FALSE(totals.count_connection(begin + std::chrono::seconds(2), 1, other));
  totals.take_back(first);  // of a window that is over
  EXPECT_TRUE(totals.count_connection(begin + std::chrono::seconds(2), 1, first));
}

// Four threads, ten places: never more than ten at a time, none lost.
TEST_F(Totals, ThreadsNeverTakeMoreThanThereIs) {
  constexpr std::uint32_t kPlaces = 10;
  std::atomic<int> held{0};
  std::atomic<bool> exceeded{false};
  const auto work = [&] {
    for (int i = 0; i < 20'000; ++i) {
      if (!totals.start(AdmissionPolicy::kQueue, kPlaces)) continue;
      if (held.fetch_add(1) >= static_cast<int>(kPlaces)) exceeded = true;
      held.fetch_sub(1);
      totals.end();
    }
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) threads.emplace_back(work);
  for (std::thread& thread : threads) thread.join();
  EXPECT_FALSE(exceeded);
  EXPECT_EQ(totals.running(), 0U);
  EXPECT_EQ(totals.running_as_xinetd(), 0U);
}

// Lanes that come back from a deactivation at once: the count restarts once, and no transfer started since is lost.
TEST_F(Totals, ThreadsThatComeBackTogetherResetOnce) {
  constexpr unsigned kThreads = 4;
  for (std::uint64_t round = 0; round < 200; ++round) {
    const std::uint64_t second = kStart + round * 100;
    ASSERT_TRUE(totals.start(AdmissionPolicy::kXinetd, std::nullopt));
    ASSERT_EQ(attempts(second, 6), 5U);
    std::atomic<unsigned> ready{0};
    const auto come_back = [&] {
      ready.fetch_add(1);
      while (ready.load() < kThreads) {
      }
      (void)totals.reopen(second + 3, cps);
      (void)totals.start(AdmissionPolicy::kXinetd, std::nullopt);
    };
    std::vector<std::thread> threads;
    for (unsigned i = 0; i < kThreads; ++i) threads.emplace_back(come_back);
    for (std::thread& thread : threads) thread.join();
    ASSERT_EQ(totals.running_as_xinetd(), kThreads) << round;
    for (unsigned i = 0; i < kThreads + 1; ++i) totals.end();
    ASSERT_EQ(totals.running(), 0U);
  }
}

}  // namespace
}  // namespace rackcast
