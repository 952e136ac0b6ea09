// A bounded table of things that wait for an answer from elsewhere: by ticket, by machine (at most one each), by the
// time they are given up. `Item` has a MachineKey `key`. When it is full, the owner takes out oldest(): its client has
// waited longest and has the least patience left.
// Thread: the lane's. No allocation after construction.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/engine/engine.h"
#include "core/leases/machine_key.h"
#include "core/leases/slot_index.h"

namespace rackcast::engine {

template <typename Item>
class WaitingTable {
 public:
  WaitingTable(std::size_t capacity, std::uint64_t seed)
      : seed_(seed),
        slots_(std::clamp<std::size_t>(capacity, 1, (std::size_t{1} << kSlotBits) - 1)),
        by_key_(slots_.size()),
        due_(slots_.size()) {
    free_.reserve(slots_.size());
    for (std::size_t i = slots_.size(); i > 0; --i) free_.push_back(static_cast<std::uint32_t>(i - 1));
  }

  [[nodiscard]] bool full() const { return free_.empty(); }
  [[nodiscard]] std::size_t size() const { return slots_.size() - free_.size(); }

  // Precondition: not full, and the machine has none. The item's contents are whatever was left there. `due`: when it
  // is given up.
  Item& add(const MachineKey& key, MonotonicTime due) {
    const std::uint32_t at = free_.back();
    free_.pop_back();
    Slot& slot = slots_[at];
    slot.item.key = key;
    slot.used = true;
    ++slot.sequence;  // from 1: ticket value 0 is nobody's
    by_key_.insert(key.hash(seed_), at);
    due_.set(at, due);
    return slot.item;
  }

  [[nodiscard]] Item* find(Ticket ticket) {
    const std::uint64_t value = ticket_value(ticket);
    const std::size_t at = value & ((std::uint64_t{1} << kSlotBits) - 1);
    if (at >= slots_.size() || !slots_[at].used || ticket_at(at) != ticket) return nullptr;
    return &slots_[at].item;
  }
  [[nodiscard]] Item* find(const MachineKey& key) {
    if (size() == 0) return nullptr;
    const std::uint32_t at =
        by_key_.find(key.hash(seed_), [&](std::uint32_t slot) { return slots_[slot].item.key == key; });
    return at == kNoSlot ? nullptr : &slots_[at].item;
  }

  void remove(const Item& item) {
    const std::uint32_t at = place_of(item);
    by_key_.erase(item.key.hash(seed_), at);
    due_.erase(at);
    slots_[at].used = false;
    free_.push_back(at);
  }
  [[nodiscard]] Ticket ticket_of(const Item& item) const { return ticket_at(place_of(item)); }

  [[nodiscard]] MonotonicTime next_due() const { return due_.empty() ? kNever : due_.top_deadline(); }
  [[nodiscard]] Item* first_due(MonotonicTime now) {  // null when none is due
    return due_.empty() || due_.top_deadline() > now ? nullptr : &slots_[due_.top()].item;
  }
  [[nodiscard]] Item& oldest() { return slots_[due_.top()].item; }  // precondition: size() > 0

 private:
  // A ticket's value: the slot, and how often it was used before, so that a late answer meets nobody else's.
  static constexpr unsigned kSlotBits = 20;

  struct Slot {
    Item item;
    bool used = false;
    std::uint64_t sequence = 0;
  };

  [[nodiscard]] std::uint32_t place_of(const Item& item) const {
    const auto* const first = reinterpret_cast<const std::byte*>(&slots_.front().item);
    const auto offset = static_cast<std::size_t>(reinterpret_cast<const std::byte*>(&item) - first);
    return static_cast<std::uint32_t>(offset / sizeof(Slot));
  }
  [[nodiscard]] Ticket ticket_at(std::size_t at) const {
    return make_ticket(EngineTag::kDhcp, (slots_[at].sequence << kSlotBits) | at);
  }

  std::uint64_t seed_;
  std::vector<Slot> slots_;
  std::vector<std::uint32_t> free_;
  SlotIndex by_key_;
  DeadlineHeap<MonotonicTime> due_;
};

}  // namespace rackcast::engine
