// Two building blocks of the lease and machine tables: an index from a hash to slot numbers, and a heap of slots
// ordered by deadline. Both are laid out for slots 0..capacity-1 at construction, or by grow(), and allocate at no
// other time. Thread: the owner's. The slots themselves, and their keys, live with the owner.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/leases/segmented_array.h"

namespace rackcast {

inline constexpr std::uint32_t kNoSlot = 0xFFFF'FFFF;

// A chained hash index. Each slot is in it at most once; several slots may share a hash, or a key. O(1) on average; the
// owner's hashes must be seeded, since the keys come from the network. Buckets are added one at a time as slots come in
// (linear hashing), so that no insertion, and no growth, ever rehashes the whole.
class SlotIndex {
 public:
  explicit SlotIndex(std::size_t capacity) { grow(capacity); }

  void grow(std::size_t capacity) {
    links_.grow(capacity);
    buckets_.grow(std::max<std::size_t>(capacity, kBucketsMin));
  }

  void insert(std::uint64_t hash, std::uint32_t slot) {
    if (count_ >= bucket_count_ && bucket_count_ < buckets_.capacity()) split();
    ++count_;
    std::uint32_t& head = buckets_[bucket_of(folded(hash))];
    links_[slot] = {head, folded(hash)};
    head = slot + 1;
  }

  // Precondition: `slot` was inserted under the same hash.
  void erase(std::uint64_t hash, std::uint32_t slot) {
    std::uint32_t* link = &buckets_[bucket_of(folded(hash))];
    while (*link != slot + 1 && *link != 0) link = &links_[*link - 1].next;
    if (*link == 0) return;
    *link = links_[slot].next;
    --count_;
  }

  // The first slot under `hash` for which `matches(slot)`, or kNoSlot. Newest insertion first.
  template <typename Matches>
  [[nodiscard]] std::uint32_t find(std::uint64_t hash, Matches&& matches) const {
    const std::uint32_t wanted = folded(hash);
    for (std::uint32_t at = buckets_[bucket_of(wanted)]; at != 0; at = links_[at - 1].next)
      if (links_[at - 1].hash == wanted && matches(at - 1)) return at - 1;
    return kNoSlot;
  }

 private:
  static constexpr std::uint32_t kBucketsMin = 16;

  struct Link {
    std::uint32_t next;  // slot + 1; 0: the end
    std::uint32_t hash;
  };

  static std::uint32_t folded(std::uint64_t hash) { return static_cast<std::uint32_t>(hash ^ (hash >> 32U)); }

  [[nodiscard]] std::uint32_t bucket_of(std::uint32_t hash) const {
    const std::uint32_t bucket = hash & (2 * level_ - 1);
    return bucket < bucket_count_ ? bucket : bucket & (level_ - 1);
  }

  // One bucket more: the oldest that was not split at this level shares its chain with it. Order is kept.
  void split() {
    const std::uint32_t old_bucket = bucket_count_ - level_;
    const std::uint32_t new_bucket = bucket_count_++;
    std::uint32_t at = buckets_[old_bucket];
    std::uint32_t* old_end = &buckets_[old_bucket];
    std::uint32_t* new_end = &buckets_[new_bucket];
    for (; at != 0; at = links_[at - 1].next) {
      std::uint32_t*& end = bucket_of(links_[at - 1].hash) == new_bucket ? new_end : old_end;
      *end = at;
      end = &links_[at - 1].next;
    }
    *old_end = *new_end = 0;
    if (bucket_count_ == 2 * level_) level_ *= 2;
  }

  SegmentedArray<Link> links_;
  SegmentedArray<std::uint32_t> buckets_;  // first slot + 1; 0: empty
  std::uint32_t level_ = kBucketsMin;      // a power of two: level_ <= bucket_count_ < 2 * level_
  std::uint32_t bucket_count_ = kBucketsMin;
  std::size_t count_ = 0;
};

// A binary heap of slots by deadline, each at most once, with its position known so that it can be moved or taken out.
// `Time` is any ordered value type. O(log n).
template <typename Time>
class DeadlineHeap {
 public:
  explicit DeadlineHeap(std::size_t capacity) { grow(capacity); }

  void grow(std::size_t capacity) {
    heap_.grow(capacity);
    position_.grow(capacity);
  }

  [[nodiscard]] bool empty() const { return size_ == 0; }
  [[nodiscard]] std::uint32_t top() const { return heap_[0].slot; }      // precondition: !empty()
  [[nodiscard]] Time top_deadline() const { return heap_[0].deadline; }  // precondition: !empty()

  // Inserts `slot`, or moves it when it is in already.
  void set(std::uint32_t slot, Time deadline) {
    const std::uint32_t at = position_[slot] == 0 ? size_++ : position_[slot] - 1;
    place(at, {deadline, slot});
    sift(at);
  }

  void erase(std::uint32_t slot) {
    if (position_[slot] == 0) return;
    const std::uint32_t at = position_[slot] - 1;
    position_[slot] = 0;
    const Entry last = heap_[--size_];
    if (at == size_) return;
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
    position_[entry.slot] = at + 1;
  }

  void sift(std::uint32_t at) {
    const Entry entry = heap_[at];
    for (; at > 0 && entry.deadline < heap_[(at - 1) / 2].deadline; at = (at - 1) / 2) place(at, heap_[(at - 1) / 2]);
    for (;;) {
      std::size_t child = std::size_t{at} * 2 + 1;
      if (child >= size_) break;
      if (child + 1 < size_ && heap_[child + 1].deadline < heap_[child].deadline) ++child;
      if (!(heap_[child].deadline < entry.deadline)) break;
      place(at, heap_[child]);
      at = static_cast<std::uint32_t>(child);
    }
    place(at, entry);
  }

  SegmentedArray<Entry> heap_;
  SegmentedArray<std::uint32_t> position_;  // in heap_, + 1; 0: not in it
  std::uint32_t size_ = 0;
};

}  // namespace rackcast
