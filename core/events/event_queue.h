// The way of events out of a lane or stream thread: a ring of fixed size, laid out at construction, that one producer
// thread fills and the pump's thread empties. emit() takes no lock, makes no system call but the rare wake-up, never
// blocks and never allocates. Full: the event is dropped and counted; what is in the ring stays.
//
// The pump looks at its queues every kDrainPeriod anyway; a producer wakes it early only when its queue has become half
// full, so a burst is drained before it overflows and an idle system makes no noise.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/event.h"
#include "core/sink.h"

namespace rackcast {

// Wakes the pump. Called by producers, so it must not block. A wake-up that gets lost costs one drain period.
class EventBell {
 public:
  virtual ~EventBell() = default;
  virtual void ring() = 0;
};

// About 900 bytes an event: 4 MiB a queue.
inline constexpr std::size_t kEventQueueCapacity = 4096;

class EventQueue final : public EventSink {
 public:
  // `bell` outlives the queue. `capacity` > 0.
  EventQueue(std::size_t capacity, EventBell& bell);

  // The producer's thread.
  void emit(const Event& event) override;

  // The consumer's thread: the oldest event, null when there is none; it stays valid until pop().
  [[nodiscard]] const Event* front() const;
  void pop();  // precondition: front() != nullptr

  // Any thread.
  [[nodiscard]] std::uint64_t emitted() const { return emitted_.load(std::memory_order_relaxed); }  // dropped ones too
  [[nodiscard]] std::uint64_t dropped() const { return dropped_.load(std::memory_order_relaxed); }
  [[nodiscard]] std::size_t capacity() const { return ring_.size(); }

 private:
  static constexpr std::size_t kCacheLine = 64;

  std::vector<Event> ring_;
  EventBell& bell_;
  // Both only grow; the slot is the value modulo the capacity.
  alignas(kCacheLine) std::atomic<std::uint64_t> written_{0};  // by the producer
  std::atomic<std::uint64_t> emitted_{0};
  std::atomic<std::uint64_t> dropped_{0};
  alignas(kCacheLine) std::atomic<std::uint64_t> read_{0};  // by the consumer
};

}  // namespace rackcast
