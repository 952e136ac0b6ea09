// A bounded queue one thread sleeps on: a Mailbox with a wake-up. push from any thread; wait from the one worker.
#pragma once

#include <atomic>
#include <optional>
#include <semaphore>

#include "core/mailbox.h"

namespace rackcast {

template <typename T>
class WorkQueue {
 public:
  explicit WorkQueue(std::size_t capacity) : box_(capacity) {}

  // False when full: `value` is untouched and the refusal counted. `keep_free`: places that are left to others.
  [[nodiscard]] bool push(T& value, std::size_t keep_free = 0) {
    if (!box_.push(value, keep_free)) return false;
    ready_.release();
    return true;
  }

  // The next element; nullopt once stopped.
  [[nodiscard]] std::optional<T> wait() {
    for (;;) {
      ready_.acquire();
      if (stopped_.load()) return std::nullopt;
      if (auto value = box_.pop()) return value;
    }
  }

  // Any thread, once: the worker's present or next wait() ends it. What is queued stays unread.
  void stop() {
    stopped_.store(true);
    ready_.release();
  }

  [[nodiscard]] std::uint64_t refused() const { return box_.refused(); }

 private:
  Mailbox<T> box_;
  std::counting_semaphore<> ready_{0};
  std::atomic<bool> stopped_{false};
};

}  // namespace rackcast
