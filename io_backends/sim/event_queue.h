// Virtual time's agenda: what happens when, earliest first, and among equals in the order of scheduling (that is what
// makes a run replayable). A binary heap in one vector; grows to its high-water mark and stays there. Single-threaded.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "core/time.h"

namespace rackcast::io {

// Whoever asked to be told. Must outlive its events or call SimNetwork::forget.
class SimEventTarget {
 public:
  virtual void on_event(std::uint64_t token) = 0;

 protected:
  ~SimEventTarget() = default;
};

struct SimEvent {
  MonotonicTime at;
  std::uint64_t sequence = 0;
  SimEventTarget* target = nullptr;  // borrowed
  std::uint64_t token = 0;           // the target's own
};

class EventQueue {
 public:
  void reserve(std::size_t count) { heap_.reserve(count); }

  void push(MonotonicTime at, SimEventTarget* target, std::uint64_t token) {
    heap_.push_back({at, next_sequence_++, target, token});
    std::push_heap(heap_.begin(), heap_.end(), later);
  }
  // Precondition: not empty.
  SimEvent pop() {
    std::pop_heap(heap_.begin(), heap_.end(), later);
    const SimEvent event = heap_.back();
    heap_.pop_back();
    return event;
  }
  [[nodiscard]] MonotonicTime next_time() const { return heap_.empty() ? kNever : heap_.front().at; }
  [[nodiscard]] bool empty() const { return heap_.empty(); }
  [[nodiscard]] std::size_t size() const { return heap_.size(); }

  // O(n): for the end of a target's life.
  void forget(const SimEventTarget* target) {
    std::erase_if(heap_, [target](const SimEvent& event) { return event.target == target; });
    std::make_heap(heap_.begin(), heap_.end(), later);
  }

 private:
  static bool later(const SimEvent& a, const SimEvent& b) {
    return a.at != b.at ? a.at > b.at : a.sequence > b.sequence;
  }

  std::vector<SimEvent> heap_;
  std::uint64_t next_sequence_ = 0;
};

}  // namespace rackcast::io
