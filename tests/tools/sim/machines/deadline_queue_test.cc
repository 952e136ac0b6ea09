#include "tools/sim/machines/deadline_queue.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tools/sim/machines/random.h"

namespace rackcast::sim {
namespace {

Instant at(std::int64_t nanoseconds) {
  return Instant(Span(nanoseconds));
}

TEST(DeadlineQueue, EmptyAndUnsetAreNever) {
  EXPECT_EQ(DeadlineQueue(0).earliest(), kNever);
  EXPECT_EQ(DeadlineQueue(3).earliest(), kNever);
}

// Against a plain search, through many moves either way.
TEST(DeadlineQueue, EarliestIsTheEarliest) {
  constexpr std::uint32_t kMembers = 37;
  DeadlineQueue queue(kMembers);
  std::vector<Instant> plain(kMembers, kNever);
  Random random(11);
  for (int i = 0; i < 20'000; ++i) {
    const auto member = static_cast<std::uint32_t>(random.below(kMembers));
    const Instant due = random.below(10) == 0 ? kNever : at(static_cast<std::int64_t>(random.below(1'000)));
    queue.set(member, due);
    plain[member] = due;
    ASSERT_EQ(queue.earliest(), *std::min_element(plain.begin(), plain.end()));
    ASSERT_EQ(plain[queue.first()], queue.earliest());
    ASSERT_EQ(queue.due(member), due);
  }
}

}  // namespace
}  // namespace rackcast::sim
