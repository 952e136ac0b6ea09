// Replies that wait for their class's delay to pass: some firmware misses an answer that comes at once (field notes
// 21). Bounded; who finds it full is answered at once.
// Thread: the lane's. No allocation after construction.
#pragma once

#include <vector>

#include "core/engine/dhcp/ready_reply.h"
#include "core/leases/slot_index.h"
#include "core/time.h"

namespace rackcast::engine {

class DelayedReplies {
 public:
  explicit DelayedReplies(std::size_t capacity);

  // False: full.
  [[nodiscard]] bool add(const ReadyReply& reply, MonotonicTime due);
  [[nodiscard]] std::size_t size() const { return slots_.size() - free_.size(); }
  [[nodiscard]] MonotonicTime next_due() const { return due_.empty() ? kNever : due_.top_deadline(); }
  // The first that is due at `now`, or null; it stays until it is removed.
  [[nodiscard]] const ReadyReply* first_due(MonotonicTime now) const;
  void remove_first();

 private:
  std::vector<ReadyReply> slots_;
  std::vector<std::uint32_t> free_;
  DeadlineHeap<MonotonicTime> due_;
};

}  // namespace rackcast::engine
