#include "core/timer_wheel.h"

#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <random>
#include <vector>

namespace rackcast {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Duration kTick = milliseconds(10);

MonotonicTime at(Duration since_start) {
  return MonotonicTime(since_start);
}

std::vector<std::uint32_t> fired(TimerWheel& wheel, MonotonicTime now) {
  std::vector<std::uint32_t> indexes;
  wheel.advance(now, [&](std::uint32_t index) { indexes.push_back(index); });
  return indexes;
}

TEST(TimerWheel, FiresOnceAtItsDeadlineAndNeverBefore) {
  TimerWheel wheel(4, kTick);
  wheel.arm(2, at(milliseconds(50)));
  EXPECT_TRUE(wheel.armed(2));
  EXPECT_TRUE(fired(wheel, at(milliseconds(49))).empty());
  EXPECT_EQ(fired(wheel, at(milliseconds(50))), std::vector<std::uint32_t>{2});
  EXPECT_FALSE(wheel.armed(2));
  EXPECT_TRUE(fired(wheel, at(seconds(100))).empty());
}

TEST(TimerWheel, RoundsADeadlineUpToTheNextTick) {
  TimerWheel wheel(1, kTick);
  wheel.arm(0, at(milliseconds(51)));
  EXPECT_EQ(wheel.next_deadline(), at(milliseconds(60)));
  EXPECT_TRUE(fired(wheel, at(milliseconds(59))).empty());
  EXPECT_EQ(fired(wheel, at(milliseconds(60))).size(), 1U);
}

TEST(TimerWheel, PastDeadlineFiresAtTheNextTick) {
  TimerWheel wheel(1, kTick);
  (void)fired(wheel, at(seconds(5)));
  wheel.arm(0, at(seconds(1)));
  EXPECT_EQ(wheel.next_deadline(), at(seconds(5) + kTick));
  EXPECT_EQ(fired(wheel, at(seconds(5) + kTick)).size(), 1U);
}

TEST(TimerWheel, NextDeadlineIsTheEarliestOrNever) {
  TimerWheel wheel(3, kTick);
  EXPECT_EQ(wheel.next_deadline(), kNever);
  wheel.arm(0, at(seconds(3)));
  wheel.arm(1, at(seconds(1)));
  wheel.arm(2, at(seconds(2)));
  EXPECT_EQ(wheel.next_deadline(), at(seconds(1)));
  EXPECT_EQ(fired(wheel, at(seconds(1))), std::vector<std::uint32_t>{1});
  EXPECT_EQ(wheel.next_deadline(), at(seconds(2)));
  wheel.cancel(2);
  EXPECT_LE(wheel.next_deadline(), at(seconds(3)));  // a lower bound after a cancel
  EXPECT_TRUE(fired(wheel, wheel.next_deadline()).empty());
  EXPECT_EQ(wheel.next_deadline(), at(seconds(3)));  // exact again after looking
  wheel.cancel(0);
  EXPECT_EQ(wheel.next_deadline(), kNever);
  EXPECT_EQ(wheel.armed_count(), 0U);
}

TEST(TimerWheel, RearmingMovesADeadlineEitherWay) {
  TimerWheel wheel(1, kTick);
  wheel.arm(0, at(seconds(1)));
  wheel.arm(0, at(seconds(4)));
  EXPECT_TRUE(fired(wheel, at(seconds(2))).empty());
  wheel.arm(0, at(seconds(3)));
  EXPECT_EQ(wheel.armed_count(), 1U);
  EXPECT_EQ(fired(wheel, at(seconds(3))).size(), 1U);
}

TEST(TimerWheel, CallbackMayRearmItselfAndIsNotVisitedAgain) {
  TimerWheel wheel(1, kTick);
  wheel.arm(0, at(milliseconds(10)));
  int count = 0;
  const auto again = [&](std::uint32_t index) {
    ++count;
    wheel.arm(index, at(milliseconds(10)));  // already past
  };
  wheel.advance(at(seconds(60)), again);
  EXPECT_EQ(count, 1);
  EXPECT_EQ(wheel.next_deadline(), at(seconds(60) + kTick));
  wheel.advance(at(seconds(60) + kTick), again);
  EXPECT_EQ(count, 2);
}

TEST(TimerWheel, CallbackMayArmAndCancelOthersThatAreNotDue) {
  TimerWheel wheel(3, kTick);
  wheel.arm(0, at(milliseconds(10)));
  wheel.arm(1, at(milliseconds(10) + kTick * 1024));  // the same slot, a turn later
  std::vector<std::uint32_t> seen;
  wheel.advance(at(milliseconds(10)), [&](std::uint32_t index) {
    seen.push_back(index);
    wheel.cancel(1);
    wheel.arm(2, at(milliseconds(20)));
  });
  EXPECT_EQ(seen, std::vector<std::uint32_t>{0});
  EXPECT_FALSE(wheel.armed(1));
  EXPECT_EQ(fired(wheel, at(milliseconds(20))), std::vector<std::uint32_t>{2});
}

TEST(TimerWheel, CallbackMayCancelAnotherThatIsDueAtTheSameTime) {
  TimerWheel wheel(8, kTick);
  for (std::uint32_t i = 0; i < 8; ++i) wheel.arm(i, at(milliseconds(10)));
  std::vector<std::uint32_t> seen;
  wheel.advance(at(seconds(1)), [&](std::uint32_t index) {
    seen.push_back(index);
    wheel.cancel(index ^ 1U);
  });
  EXPECT_EQ(seen.size(), 4U);  // of each pair the first to fire silences the other
  EXPECT_EQ(wheel.armed_count(), 0U);
  EXPECT_EQ(wheel.next_deadline(), kNever);
}

TEST(TimerWheel, MoreThanATurnAwayFiresInItsOwnTurn) {
  TimerWheel wheel(2, kTick);
  wheel.arm(0, at(seconds(60)));  // a turn is 10.24 s
  wheel.arm(1, at(hours(30)));
  MonotonicTime now{};
  std::vector<std::pair<std::uint32_t, MonotonicTime>> seen;
  int wakes = 0;
  while (wheel.armed_count() > 0 && wakes < 100'000) {
    ASSERT_GT(wheel.next_deadline(), now);  // the lane always sleeps until something later
    now = wheel.next_deadline();
    ++wakes;
    wheel.advance(now, [&](std::uint32_t index) { seen.emplace_back(index, now); });
  }
  ASSERT_EQ(seen.size(), 2U);
  EXPECT_EQ(seen[0], std::pair(0U, at(seconds(60))));
  EXPECT_EQ(seen[1], std::pair(1U, at(hours(30))));
}

TEST(TimerWheel, ASleepOfManyTurnsMissesNothing) {
  TimerWheel wheel(2'000, kTick);
  for (std::uint32_t i = 0; i < 2'000; ++i) wheel.arm(i, at(milliseconds(7) * i));
  EXPECT_EQ(fired(wheel, at(hours(2))).size(), 2'000U);
  EXPECT_EQ(wheel.armed_count(), 0U);
}

TEST(TimerWheel, StandsStillWhenTimeDoes) {
  TimerWheel wheel(1, kTick);
  wheel.arm(0, at(seconds(2)));
  (void)fired(wheel, at(seconds(1)));
  (void)fired(wheel, at(seconds(1)));
  (void)fired(wheel, at(milliseconds(500)));  // a clock that steps back is ignored
  EXPECT_EQ(wheel.next_deadline(), at(seconds(2)));
  EXPECT_EQ(fired(wheel, at(seconds(2))).size(), 1U);
}

TEST(TimerWheel, ArmedAfterALongIdleTimeFiresOnTime) {
  TimerWheel wheel(1, kTick);
  wheel.arm(0, at(hours(10)));  // never advanced before
  EXPECT_EQ(wheel.next_deadline(), at(hours(10)));
  EXPECT_TRUE(fired(wheel, at(hours(10) - kTick)).empty());
  EXPECT_EQ(fired(wheel, at(hours(10))).size(), 1U);
}

TEST(TimerWheel, FarthestDeadlineIsRepresentable) {
  TimerWheel wheel(1, kTick);
  wheel.arm(0, kNever);
  EXPECT_LE(wheel.next_deadline(), kNever);
  EXPECT_GT(wheel.next_deadline(), at(hours(24 * 365)));
  EXPECT_TRUE(fired(wheel, at(hours(24 * 365))).empty());
  EXPECT_TRUE(wheel.armed(0));
}

// Against a model: a map of deadlines. Random arms, cancels and advances of every size.
TEST(TimerWheel, AgreesWithAMapOfDeadlines) {
  constexpr std::uint32_t kCount = 64;
  for (unsigned seed = 1; seed <= 20; ++seed) {
    std::mt19937 random(seed);
    TimerWheel wheel(kCount, kTick);
    std::map<std::uint32_t, MonotonicTime> model;
    MonotonicTime now{};
    for (int step = 0; step < 3'000; ++step) {
      const std::uint32_t index = random() % kCount;
      switch (random() % 4) {
        case 0:
        case 1: {
          const MonotonicTime deadline = now + milliseconds(random() % (random() % 8 == 0 ? 40'000 : 900));
          wheel.arm(index, deadline);
          model[index] = deadline;
          break;
        }
        case 2:
          wheel.cancel(index);
          model.erase(index);
          break;
        default: {
          now += milliseconds(random() % (random() % 16 == 0 ? 25'000 : 60));
          for (const std::uint32_t i : fired(wheel, now)) {
            ASSERT_TRUE(model.contains(i)) << "fired twice, or cancelled; seed " << seed;
            ASSERT_LE(model[i], now) << "fired early, seed " << seed;
            model.erase(i);
          }
          for (const auto& [i, deadline] : model)
            ASSERT_GT(deadline + 2 * kTick, now) << "missed " << i << ", seed " << seed;
        }
      }
      ASSERT_EQ(wheel.armed_count(), model.size());
      for (const auto& [i, deadline] : model) {
        ASSERT_TRUE(wheel.armed(i));
        ASSERT_LE(wheel.next_deadline(), std::max(deadline, now) + 2 * kTick);
      }
    }
  }
}

}  // namespace
}  // namespace rackcast
