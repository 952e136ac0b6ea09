// Two fixed-size building blocks of the lease and machine tables: an index from a hash to slot numbers, and a heap of
// slots ordered by deadline. Both are laid out at construction for slots 0..capacity-1 and never allocate afterwards.
// Thread: the owner's. The slots themselves, and their keys, live with the owner.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace rackcast {

inline constexpr std::uint32_t kNoSlot = 0xFFFF'FFFF;

// A chained hash index. Each slot is in it at most once; several slots may share a hash, or a key. O(1) on average; the
// owner's hashes must be seeded, since the keys come from the network.
class SlotIndex {
 public:
  explicit SlotIndex(std::size_t capacity)
      : mask_(std::bit_ceil(capacity + 1) - 1), buckets_(mask_ + 1, kNoSlot), next_(capacity, kNoSlot) {}

  void insert(std::uint64_t hash, std::uint32_t slot) {
    std::uint32_t& head = buckets_[hash & mask_];
    next_[slot] = head;
    head = slot;
  }

  // Precondition: `slot` was inserted under the same hash.
  void erase(std::uint64_t hash, std::uint32_t slot) {
    std::uint32_t* link = &buckets_[hash & mask_];
    while (*link != slot && *link != kNoSlot) link = &next_[*link];
    if (*link == slot) *link = next_[slot];
  }

  // The first slot under `hash` for which `matches(slot)`, or kNoSlot. Newest insertion first.
  template <typename Matches>
  [[nodiscard]] std::uint32_t find(std::uint64_t hash, Matches&& matches) const {
    for (std::uint32_t slot = buckets_[hash & mask_]; slot != kNoSlot; slot = next_[slot])
      if (matches(slot)) return slot;
    return kNoSlot;
  }

 private:
  std::uint64_t mask_;
  std::vector<std::uint32_t> buckets_;
  std::vector<std::uint32_t> next_;
};

// A binary heap of slots by deadline, each at most once, with its position known so that it can be moved or taken out.
// `Time` is any ordered value type. O(log n).
template <typename Time>
class DeadlineHeap {
 public:
  explicit DeadlineHeap(std::size_t capacity) : position_(capacity, kNoSlot) { heap_.reserve(capacity); }

  [[nodiscard]] bool empty() const { return heap_.empty(); }
  [[nodiscard]] std::uint32_t top() const { return heap_.front().slot; }      // precondition: !empty()
  [[nodiscard]] Time top_deadline() const { return heap_.front().deadline; }  // precondition: !empty()

  // Inserts `slot`, or moves it when it is in already.
  void set(std::uint32_t slot, Time deadline) {
    std::uint32_t at = position_[slot];
    if (at == kNoSlot) {
      at = static_cast<std::uint32_t>(heap_.size());
      heap_.push_back({deadline, slot});
    }
    place(at, {deadline, slot});
    sift(at);
  }

  void erase(std::uint32_t slot) {
    const std::uint32_t at = position_[slot];
    if (at == kNoSlot) return;
    position_[slot] = kNoSlot;
    const Entry last = heap_.back();
    heap_.pop_back();
    if (at == heap_.size()) return;
    place(at, last);
    sift(at);
  }

 private:
  struct Entry {
    Time deadline;
    std::uint32_t slot;
  };

  void place(std::uint32_t at, const Entry& entry) {
    heap_[at] = entry;
    position_[entry.slot] = at;
  }

  void sift(std::uint32_t at) {
    const Entry entry = heap_[at];
    for (; at > 0 && entry.deadline < heap_[(at - 1) / 2].deadline; at = (at - 1) / 2) place(at, heap_[(at - 1) / 2]);
    for (;;) {
      std::size_t child = std::size_t{at} * 2 + 1;
      if (child >= heap_.size()) break;
      if (child + 1 < heap_.size() && heap_[child + 1].deadline < heap_[child].deadline) ++child;
      if (!(heap_[child].deadline < entry.deadline)) break;
      place(at, heap_[child]);
      at = static_cast<std::uint32_t>(child);
    }
    place(at, entry);
  }

  std::vector<Entry> heap_;
  std::vector<std::uint32_t> position_;
};

}  // namespace rackcast
