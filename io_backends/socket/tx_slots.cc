#include "io_backends/socket/tx_slots.h"

#include <algorithm>

namespace rackcast::io {

TxSlots::TxSlots(std::size_t slot_count, std::size_t socket_count)
    : slots_(slot_count), next_(slot_count, kNone), queues_(socket_count) {
  free_.reserve(slot_count);
  done_.reserve(slot_count);
  for (std::size_t i = slot_count; i > 0; --i) {
    slots_[i - 1].index = static_cast<std::uint32_t>(i - 1);
    free_.push_back(static_cast<std::uint32_t>(i - 1));
  }
}

TxSlot* TxSlots::reserve() {
  if (free_.empty()) return nullptr;
  TxSlot& slot = slots_[free_.back()];
  free_.pop_back();
  slot.reset();
  return &slot;
}

void TxSlots::cancel(TxSlot* slot) {
  free_.push_back(slot->index);
}

void TxSlots::finish(TxSlot* slot) {
  (slot->pin == kNoPin ? free_ : done_).push_back(slot->index);
}

std::size_t TxSlots::reap(std::span<PinId> out) {
  const std::size_t count = std::min(out.size(), done_.size());
  for (std::size_t i = 0; i < count; ++i) {
    out[i] = slots_[done_.back()].pin;
    free_.push_back(done_.back());
    done_.pop_back();
  }
  return count;
}

void TxSlots::push_back(std::size_t queue, TxSlot* slot) {
  Queue& q = queues_[queue];
  next_[slot->index] = kNone;
  if (q.count == 0) {
    q.head = slot->index;
  } else {
    next_[q.tail] = slot->index;
  }
  q.tail = slot->index;
  ++q.count;
}

TxSlot* TxSlots::front(std::size_t queue) {
  return queues_[queue].count == 0 ? nullptr : &slots_[queues_[queue].head];
}

const TxSlot* TxSlots::front(std::size_t queue) const {
  return queues_[queue].count == 0 ? nullptr : &slots_[queues_[queue].head];
}

TxSlot* TxSlots::next(const TxSlot* slot) {
  const std::uint32_t index = next_[slot->index];
  return index == kNone ? nullptr : &slots_[index];
}

void TxSlots::pop_front(std::size_t queue) {
  Queue& q = queues_[queue];
  q.head = next_[q.head];
  --q.count;
  if (q.count == 0) q = {};
}

}  // namespace rackcast::io
