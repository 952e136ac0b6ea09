#include "tools/sim/machines/deadline_queue.h"

#include <numeric>

namespace rackcast::sim {

DeadlineQueue::DeadlineQueue(std::size_t members) : due_(members, kNever), heap_(members), place_(members) {
  std::iota(heap_.begin(), heap_.end(), 0U);
  std::iota(place_.begin(), place_.end(), 0U);
}

void DeadlineQueue::set(std::uint32_t member, Instant due) {
  const Instant before = due_[member];
  due_[member] = due;
  if (due < before)
    rise(place_[member]);
  else if (before < due)
    sink(place_[member]);
}

void DeadlineQueue::put(std::size_t place, std::uint32_t member) {
  heap_[place] = member;
  place_[member] = static_cast<std::uint32_t>(place);
}

void DeadlineQueue::rise(std::size_t place) {
  const std::uint32_t member = heap_[place];
  while (place > 0) {
    const std::size_t parent = (place - 1) / 2;
    if (due_[heap_[parent]] <= due_[member]) break;
    put(place, heap_[parent]);
    place = parent;
  }
  put(place, member);
}

void DeadlineQueue::sink(std::size_t place) {
  const std::uint32_t member = heap_[place];
  for (;;) {
    std::size_t child = 2 * place + 1;
    if (child >= heap_.size()) break;
    if (child + 1 < heap_.size() && due_[heap_[child + 1]] < due_[heap_[child]]) ++child;
    if (due_[member] <= due_[heap_[child]]) break;
    put(place, heap_[child]);
    place = child;
  }
  put(place, member);
}

}  // namespace rackcast::sim
