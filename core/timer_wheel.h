// Coarse timers without per-packet work. A hashed wheel of kSlots ticks; an entry is a small index (a transfer's, a
// hold's) that its owner chooses in [0, capacity). Arming and cancelling are O(1) and touch no heap; expiry calls back
// with the index. Lazy by design: an owner whose deadline moves later on each packet keeps its own deadline field and
// re-arms only when the old one fires.
//
// Thread: the owner's. Resolution: one tick; an entry fires at the first advance() at or after its deadline rounded up
// to a whole tick (next_deadline() says when), never before.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/time.h"

namespace rackcast {

class TimerWheel {
 public:
  // `capacity`: indexes 0..capacity-1. `tick`: resolution, e.g. 10 ms.
  TimerWheel(std::uint32_t capacity, Duration tick) : tick_(tick), heads_(kSlots + 1, kNone), entries_(capacity) {}

  [[nodiscard]] bool armed(std::uint32_t index) const { return entries_[index].slot != kNone; }

  // Arms (or re-arms) `index` for `deadline`.
  void arm(std::uint32_t index, MonotonicTime deadline) {
    cancel(index);
    Entry& entry = entries_[index];
    entry.due_tick = ticks_up(deadline);
    if (entry.due_tick <= current_) entry.due_tick = current_ + 1;
    if (armed_count_ == 0 || entry.due_tick < earliest_) earliest_ = entry.due_tick;
    link(index, static_cast<std::uint32_t>(entry.due_tick % kSlots));
    ++armed_count_;
  }

  void cancel(std::uint32_t index) {
    if (!armed(index)) return;
    unlink(index);
    --armed_count_;
  }

  // A lower bound of the next expiry, kNever when nothing is armed. Exact unless the earliest entry was cancelled.
  [[nodiscard]] MonotonicTime next_deadline() const {
    return armed_count_ == 0 ? kNever : MonotonicTime(tick_ * static_cast<std::int64_t>(earliest_));
  }

  // Fires every entry whose deadline has come: `fire(index)` with the entry disarmed. It may arm and cancel any index;
  // what it arms fires in a later advance().
  template <typename Fire>
  void advance(MonotonicTime now, Fire&& fire) {
    const std::uint64_t target = ticks_down(now);
    if (armed_count_ == 0) {
      current_ = target > current_ ? target : current_;
      return;
    }
    // More than a turn behind: one turn visits every slot, due_tick decides.
    const std::uint64_t first = target > current_ + kSlots ? target - kSlots + 1 : current_ + 1;
    current_ = target > current_ ? target : current_;
    for (std::uint64_t tick = first; tick <= target; ++tick) fire_slot(static_cast<std::uint32_t>(tick % kSlots), fire);
    earliest_ = next_due();
  }

  [[nodiscard]] std::size_t armed_count() const { return armed_count_; }

 private:
  static constexpr std::uint32_t kSlots = 1024;
  static constexpr std::uint32_t kDue = kSlots;  // the list of entries that are about to fire
  static constexpr std::uint32_t kNone = 0xFFFF'FFFF;

  struct Entry {
    std::uint64_t due_tick = 0;
    std::uint32_t slot = kNone;
    std::uint32_t next = kNone;
    std::uint32_t previous = kNone;
  };

  [[nodiscard]] std::uint64_t ticks_up(MonotonicTime t) const {
    const std::int64_t ns = t.time_since_epoch().count();
    if (ns <= 0) return 0;
    // The last tick that still is a time, so that next_deadline() cannot overflow.
    const std::int64_t last = MonotonicTime::max().time_since_epoch().count() / tick_.count();
    return static_cast<std::uint64_t>(std::min((ns - 1) / tick_.count() + 1, last));
  }
  [[nodiscard]] std::uint64_t ticks_down(MonotonicTime t) const {
    const std::int64_t ns = t.time_since_epoch().count();
    return ns <= 0 ? 0 : static_cast<std::uint64_t>(ns / tick_.count());
  }

  void link(std::uint32_t index, std::uint32_t slot) {
    Entry& entry = entries_[index];
    entry.slot = slot;
    entry.previous = kNone;
    entry.next = heads_[slot];
    if (entry.next != kNone) entries_[entry.next].previous = index;
    heads_[slot] = index;
  }

  void unlink(std::uint32_t index) {
    Entry& entry = entries_[index];
    if (entry.previous != kNone)
      entries_[entry.previous].next = entry.next;
    else
      heads_[entry.slot] = entry.next;
    if (entry.next != kNone) entries_[entry.next].previous = entry.previous;
    entry.slot = kNone;
  }

  // Moves what is due to a list of its own first, so that `fire` may re-arm into the same slot without being visited
  // again and may cancel others that are due.
  template <typename Fire>
  void fire_slot(std::uint32_t slot, Fire&& fire) {
    for (std::uint32_t index = heads_[slot]; index != kNone;) {
      const std::uint32_t next = entries_[index].next;
      if (entries_[index].due_tick <= current_) {
        unlink(index);
        link(index, kDue);
      }
      index = next;
    }
    while (heads_[kDue] != kNone) {
      const std::uint32_t index = heads_[kDue];
      cancel(index);
      fire(index);
    }
  }

  [[nodiscard]] std::uint64_t next_due() const {
    if (armed_count_ == 0) return 0;
    for (std::uint64_t tick = current_ + 1; tick <= current_ + kSlots; ++tick) {
      for (std::uint32_t i = heads_[tick % kSlots]; i != kNone; i = entries_[i].next)
        if (entries_[i].due_tick == tick) return tick;
    }
    return current_ + kSlots;  // all are more than a turn away: look again then
  }

  Duration tick_;
  std::vector<std::uint32_t> heads_;
  std::vector<Entry> entries_;
  std::uint64_t current_ = 0;
  std::uint64_t earliest_ = 0;
  std::size_t armed_count_ = 0;
};

}  // namespace rackcast
