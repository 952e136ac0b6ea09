// ACKs that wait for their lease to be on disk: a bounded table of requests, by ticket and by machine key. A machine
// has at most one; a retransmitted REQUEST replaces what the answer is made from and writes no second row. Thread: the
// lane's. No allocation after construction.
#pragma once

#include <optional>
#include <vector>

#include "core/engine/dhcp/request.h"
#include "core/engine/engine.h"
#include "core/leases/slot_index.h"

namespace rackcast::engine {

struct HeldReply {
  Request request;
  Lease lease;  // to be in force once it is on disk
  bool used = false;
  std::uint64_t sequence = 0;
};

class HeldReplies {
 public:
  HeldReplies(std::size_t capacity, std::uint64_t seed);

  // Null when full. Precondition: the lease's key is set. `due`: when it is given up.
  [[nodiscard]] HeldReply* add(const Request& request, const Lease& lease, MonotonicTime due);
  [[nodiscard]] HeldReply* find(Ticket ticket);
  [[nodiscard]] HeldReply* find(const MachineKey& key);
  void remove(const HeldReply& held);
  [[nodiscard]] Ticket ticket_of(const HeldReply& held) const;

  [[nodiscard]] std::size_t size() const { return slots_.size() - free_.size(); }
  [[nodiscard]] MonotonicTime next_due() const { return due_.empty() ? kNever : due_.top_deadline(); }
  [[nodiscard]] HeldReply* first_due(MonotonicTime now);  // null when none is due

 private:
  // A ticket's value: the slot, and how often it was used before, so that a late answer meets nobody else's.
  static constexpr unsigned kSlotBits = 20;

  std::uint64_t seed_;
  std::vector<HeldReply> slots_;
  std::vector<std::uint32_t> free_;
  SlotIndex by_key_;
  DeadlineHeap<MonotonicTime> due_;
};

}  // namespace rackcast::engine
