// How other threads reach a lane: its mailbox and its wake-up. Outlives the lane's thread.
//
// Threads: post() from any; attach/detach and drain from the lane's own. Bounded: kMailboxMax completions; when full,
// post() returns false and counts (the lease store then keeps the answer and offers it again; the image store drops it,
// since the engine asks again; a publisher drops, as the table heals with the machine's next change).
#pragma once

#include <mutex>
#include <optional>

#include "core/mailbox.h"
#include "core/packet_io.h"
#include "core/work.h"

namespace rackcast {

// One completion per transfer that may wait for an image at once, plus as many leases held for the disk, fits well.
inline constexpr std::size_t kMailboxMax = 16'384;

class LanePort {
 public:
  LanePort() : mailbox_(kMailboxMax) {}

  [[nodiscard]] bool post(Completion completion) {
    if (!mailbox_.push(completion)) return false;
    const std::scoped_lock lock(mutex_);
    if (io_ != nullptr) io_->wake();
    return true;
  }

  // The lane's thread, once its backend exists and before it goes.
  void attach(PacketIo& io) {
    const std::scoped_lock lock(mutex_);
    io_ = &io;
  }
  void detach() {
    const std::scoped_lock lock(mutex_);
    io_ = nullptr;
  }

  [[nodiscard]] std::optional<Completion> take() { return mailbox_.pop(); }
  [[nodiscard]] std::uint64_t refused() const { return mailbox_.refused(); }

 private:
  Mailbox<Completion> mailbox_;
  std::mutex mutex_;
  PacketIo* io_ = nullptr;
};

}  // namespace rackcast
