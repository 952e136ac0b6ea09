#include "core/leases/slot_index.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace rackcast {
namespace {

TEST(SlotIndex, FindsSlotsThatShareAHash) {
  SlotIndex index(8);
  for (std::uint32_t slot = 0; slot < 8; ++slot) index.insert(5, slot);
  index.erase(5, 3);
  index.erase(5, 7);
  for (std::uint32_t slot = 0; slot < 8; ++slot) {
    const auto found = index.find(5, [&](std::uint32_t s) { return s == slot; });
    EXPECT_EQ(found, slot == 3 || slot == 7 ? kNoSlot : slot);
  }
  EXPECT_EQ(index.find(6, [](std::uint32_t) { return true; }), kNoSlot);
}

// Against an ordered map, through random inserts, moves and removals.
TEST(DeadlineHeap, ItsTopIsAlwaysTheEarliest) {
  constexpr std::uint32_t kSlots = 64;
  DeadlineHeap<int> heap(kSlots);
  std::map<std::uint32_t, int> model;
  std::mt19937 random(1);
  for (int step = 0; step < 20'000; ++step) {
    const std::uint32_t slot = random() % kSlots;
    if (random() % 3 == 0) {
      heap.erase(slot);
      model.erase(slot);
    } else {
      const int deadline = static_cast<int>(random() % 1000);
      heap.set(slot, deadline);
      model[slot] = deadline;
    }
    ASSERT_EQ(heap.empty(), model.empty());
    if (model.empty()) continue;
    int earliest = 1000;
    for (const auto& [s, d] : model) earliest = std::min(earliest, d);
    ASSERT_EQ(heap.top_deadline(), earliest);
    ASSERT_EQ(model.at(heap.top()), earliest);
  }
}

}  // namespace
}  // namespace rackcast
