// The observer thread: takes events from every queue and shows each to every consumer (the log, the boot board), one
// after another on its own thread, so that consumers need no locks among themselves. Events of one queue keep their
// order; across queues they are merged by their time, as far as they are there.
//
// Lifetime: consumers outlive the pump; the pump outlives the producers' use of its queues (emitting into a queue of a
// stopped pump is harmless: it fills and drops).
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

#include "core/event.h"
#include "core/events/event_queue.h"
#include "core/time.h"

namespace rackcast {

class EventConsumer {
 public:
  virtual ~EventConsumer() = default;
  virtual void on_event(const Event& event) = 0;
  // After each round of draining, at least every kDrainPeriod.
  virtual void on_tick(WallTime now) { (void)now; }
};

struct EventPumpStats {
  std::uint64_t delivered = 0;
  std::uint64_t dropped = 0;  // by full queues, in all
};

class EventPump final : private EventBell {
 public:
  static constexpr std::chrono::milliseconds kDrainPeriod{20};
  static constexpr std::size_t kQueuesMax = 256;  // lanes and threads; a machine has fewer cores

  explicit EventPump(std::vector<EventConsumer*> consumers);
  EventPump(const EventPump&) = delete;
  EventPump& operator=(const EventPump&) = delete;
  ~EventPump() override;  // stop()

  // A queue for one producer thread; belongs to the pump. Any thread, before or after start(). Null beyond kQueuesMax.
  [[nodiscard]] EventQueue* add_queue(std::size_t capacity = kEventQueueCapacity);

  void start();
  // Returns once everything emitted before the call has been delivered. Not for a consumer to call. Without a running
  // thread it delivers on the caller's.
  void flush();
  // Delivers what is there, then ends the thread. Again: no effect.
  void stop();

  [[nodiscard]] EventPumpStats stats() const;

 private:
  void ring() override;
  void run();
  void drain();                     // one round on the current thread
  EventQueue* earliest();           // the queue whose front is oldest, null when all are empty
  void report_drops(WallTime now);  // as an event of its own, at most once a second

  const std::vector<EventConsumer*> consumers_;

  mutable std::mutex mutex_;  // guards what follows
  std::condition_variable wake_;
  std::condition_variable drained_;
  std::deque<EventQueue> queues_;  // grows only; references stay valid
  std::uint64_t rounds_begun_ = 0;
  std::uint64_t rounds_done_ = 0;
  std::uint64_t delivered_ = 0;
  bool rung_ = false;
  bool running_ = false;
  bool stopping_ = false;

  // The draining thread's own.
  std::vector<EventQueue*> draining_;
  std::uint64_t drops_reported_ = 0;
  WallTime drops_reported_at_;

  std::thread thread_;
};

}  // namespace rackcast
