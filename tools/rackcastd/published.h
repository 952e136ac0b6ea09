// A small value one thread writes now and then and others read: a lane's counters on their way to the metrics. The
// writer never waits: while somebody reads, it skips this time (the next copy follows within a quarter of a second).
#pragma once

#include <mutex>

namespace rackcast {

template <typename T>
class Published {
 public:
  void offer(const T& value) {  // the one writer
    const std::unique_lock lock(mutex_, std::try_to_lock);
    if (lock.owns_lock()) value_ = value;
  }
  [[nodiscard]] T read() const {  // any thread
    const std::scoped_lock lock(mutex_);
    return value_;
  }

 private:
  mutable std::mutex mutex_;
  T value_{};
};

}  // namespace rackcast
