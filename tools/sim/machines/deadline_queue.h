// Who is due next, of a fixed number of machines: a binary heap with each member's place in it, so that a deadline can
// move. 16 bytes a member, laid out once; no allocation afterwards.
//
// Not thread-safe. Moving a deadline forward in time or back is O(log n); reading the earliest O(1).
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "tools/sim/machines/time.h"

namespace rackcast::sim {

class DeadlineQueue {
 public:
  explicit DeadlineQueue(std::size_t members);  // all due never

  void set(std::uint32_t member, Instant due);
  [[nodiscard]] Instant due(std::uint32_t member) const { return due_[member]; }
  // Precondition: not empty.
  [[nodiscard]] std::uint32_t first() const { return heap_[0]; }
  [[nodiscard]] Instant earliest() const { return heap_.empty() ? kNever : due_[heap_[0]]; }

 private:
  void rise(std::size_t place);
  void sink(std::size_t place);
  void put(std::size_t place, std::uint32_t member);

  std::vector<Instant> due_;          // by member
  std::vector<std::uint32_t> heap_;   // members
  std::vector<std::uint32_t> place_;  // by member: where in heap_
};

}  // namespace rackcast::sim
