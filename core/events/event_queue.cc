#include "core/events/event_queue.h"

#include <cassert>

namespace rackcast {

EventQueue::EventQueue(std::size_t capacity, EventBell& bell) : ring_(capacity), bell_(bell) {
  assert(capacity > 0);
}

void EventQueue::emit(const Event& event) {
  emitted_.store(emitted_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);  // one writer
  const std::uint64_t written = written_.load(std::memory_order_relaxed);
  const std::uint64_t waiting = written - read_.load(std::memory_order_acquire);
  if (waiting == ring_.size()) {
    dropped_.store(dropped_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    return;
  }
  ring_[written % ring_.size()] = event;
  written_.store(written + 1, std::memory_order_release);
  if (waiting + 1 == (ring_.size() + 1) / 2) bell_.ring();
}

const Event* EventQueue::front() const {
  const std::uint64_t read = read_.load(std::memory_order_relaxed);
  if (read == written_.load(std::memory_order_acquire)) return nullptr;
  return &ring_[read % ring_.size()];
}

void EventQueue::pop() {
  assert(front() != nullptr);
  read_.store(read_.load(std::memory_order_relaxed) + 1, std::memory_order_release);
}

}  // namespace rackcast
