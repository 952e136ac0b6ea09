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

// Against a map, while the index grows: every slot is found by its hash and by no other.
TEST(SlotIndex, FindsEverySlotWhileItGrows) {
  SlotIndex index(4);
  std::map<std::uint32_t, std::uint64_t> model;
  std::mt19937_64 random(1);
  std::uint32_t capacity = 4;
  for (int step = 0; step < 60'000; ++step) {
    const auto slot = static_cast<std::uint32_t>(random() % capacity);
    if (const auto at = model.find(slot); at != model.end()) {
      if (random() % 2 == 0) continue;
      index.erase(at->second, slot);
      model.erase(at);
    } else {
      model[slot] = random() % 4 == 0 ? 77 : random();  // some share a hash
      index.insert(model[slot], slot);
    }
    if (step % 500 == 499) {
      capacity += capacity / 4 + 1;
      if (capacity > 40'000) capacity = 40'000;
      index.grow(capacity);
      for (const auto& [known, hash] : model)
        ASSERT_EQ(index.find(hash, [&](std::uint32_t s) { return s == known; }), known);
    }
  }
  std::size_t shared = 0;
  (void)index.find(77, [&](std::uint32_t) { return ++shared == 0; });
  std::size_t expected = 0;
  for (const auto& [slot, hash] : model) expected += hash == 77 ? 1U : 0U;
  EXPECT_EQ(shared, expected);
}

TEST(SegmentedArray, GrowsWithoutLosingWhatIsInIt) {
  SegmentedArray<std::uint32_t> array;
  std::size_t filled = 0;
  for (const std::size_t capacity : {3U, 100U, 16'384U, 16'385U, 40'000U, 70'000U}) {
    array.grow(capacity);
    EXPECT_EQ(array.capacity(), capacity);
    for (std::size_t i = 0; i < capacity; ++i) ASSERT_EQ(array[i], i < filled ? i + 1 : 0) << i;
    for (; filled < capacity; ++filled) array[filled] = static_cast<std::uint32_t>(filled + 1);
  }
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
