// How other threads reach a lane: its mailbox, its wake-up, and the tap a recorder puts on it. Outlives the lane's
// thread.
//
// Threads: post() from any; attach, detach, take() and adopt_tap() from the lane's own; replace_tap() from one at a
// time. Bounded: kMailboxMax completions; when full, post() returns false and counts (the lease store then keeps the
// answer and offers it again; the image store drops it, since the engine asks again; a publisher drops, as the table
// heals with the machine's next change).
#pragma once

#include <atomic>
#include <mutex>
#include <optional>

#include "core/datagram_tap.h"
#include "core/mailbox.h"
#include "core/packet_io.h"
#include "core/work.h"

namespace rackcast {

// One completion per transfer that may wait for an image at once, plus as many leases held for the disk, fits well.
inline constexpr std::size_t kMailboxMax = 16'384;

class LanePort {
 public:
  explicit LanePort(std::size_t mailbox_max = kMailboxMax) : mailbox_(mailbox_max) {}

  // Of the completions that come between two looks of the lane's, the first alone wakes it.
  [[nodiscard]] bool post(Completion completion) {
    if (!mailbox_.push(completion)) return false;
    if (woken_.exchange(true, std::memory_order_acq_rel)) return true;
    const std::scoped_lock lock(mutex_);
    if (io_ != nullptr) io_->wake();
    return true;
  }

  // The lane's thread, once its backend exists and before it goes.
  void attach(PacketIo& io) {
    const std::scoped_lock lock(mutex_);
    io_ = &io;
    if (woken_.load(std::memory_order_acquire)) io.wake();  // what came before there was anybody to wake
  }
  void detach() {
    const std::scoped_lock lock(mutex_);
    io_ = nullptr;
    (void)adopt_tap();
  }

  // Returns once the lane uses `tap` (null: none) and no other any more: within a turn of the lane, which is woken. A
  // lane that does not run uses none.
  void replace_tap(DatagramTap* tap) {
    {
      const std::scoped_lock lock(mutex_);
      wanted_tap_.store(tap, std::memory_order_release);
      if (io_ == nullptr) {
        used_tap_.store(tap, std::memory_order_release);
        return;
      }
      io_->wake();
    }
    for (DatagramTap* used = used_tap_.load(std::memory_order_acquire); used != tap;
         used = used_tap_.load(std::memory_order_acquire))
      used_tap_.wait(used, std::memory_order_acquire);
  }
  // The tap to use; to be asked at the start of each turn.
  [[nodiscard]] DatagramTap* wanted_tap() const { return wanted_tap_.load(std::memory_order_acquire); }
  // Whoever replaced it is told that the one before is not used any more.
  DatagramTap* adopt_tap() {
    DatagramTap* const tap = wanted_tap();
    used_tap_.store(tap, std::memory_order_release);
    used_tap_.notify_all();
    return tap;
  }

  // Nothing: the lane will be woken for the next one.
  [[nodiscard]] std::optional<Completion> take() {
    if (auto completion = mailbox_.pop()) return completion;
    woken_.exchange(false, std::memory_order_acq_rel);
    return mailbox_.pop();  // what was posted meanwhile, and woke nobody
  }
  [[nodiscard]] std::uint64_t refused() const { return mailbox_.refused(); }

 private:
  Mailbox<Completion> mailbox_;
  std::atomic<bool> woken_{false};  // since the lane last found its mailbox empty
  std::mutex mutex_;
  PacketIo* io_ = nullptr;
  std::atomic<DatagramTap*> wanted_tap_{nullptr};
  std::atomic<DatagramTap*> used_tap_{nullptr};
};

}  // namespace rackcast
