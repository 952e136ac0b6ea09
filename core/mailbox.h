// A bounded many-producers, one-consumer queue whose storage is laid out at construction: lane mailboxes (Completion)
// and the queues of the threads that do Work. The lock is held for a move of one element; the wake-up is the caller's
// matter (PacketIo::wake for lanes). Policy when full: push returns false and counts; nothing is overwritten.
#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace rackcast {

template <typename T>
class Mailbox {
 public:
  explicit Mailbox(std::size_t capacity) : ring_(capacity) {}

  // Any thread. Moves from `value` only on success. `keep_free`: places that are left to others; below capacity.
  [[nodiscard]] bool push(T& value, std::size_t keep_free = 0) {
    const std::scoped_lock lock(mutex_);
    if (count_ + keep_free >= ring_.size()) {
      ++refused_;
      return false;
    }
    ring_[(head_ + count_) % ring_.size()] = std::move(value);
    ++count_;
    return true;
  }

  [[nodiscard]] bool push(T&& value) { return push(value); }

  // The consumer's thread. Oldest first.
  [[nodiscard]] std::optional<T> pop() {
    const std::scoped_lock lock(mutex_);
    if (count_ == 0) return std::nullopt;
    std::optional<T> value(std::move(ring_[head_]));
    head_ = (head_ + 1) % ring_.size();
    --count_;
    return value;
  }

  [[nodiscard]] std::size_t size() const {
    const std::scoped_lock lock(mutex_);
    return count_;
  }
  [[nodiscard]] std::uint64_t refused() const {
    const std::scoped_lock lock(mutex_);
    return refused_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<T> ring_;
  std::size_t head_ = 0;
  std::size_t count_ = 0;
  std::uint64_t refused_ = 0;
};

}  // namespace rackcast
