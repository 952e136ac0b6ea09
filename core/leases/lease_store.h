// Where leases become durable. The engine promises nothing before its row is on disk (RFC 2131 §4.3.1 "stable
// storage").
//
//   lane thread              the store's thread
//     submit(CommitLease) -->  queue -- group commit --> disk
//     mailbox  <-- LeaseCommitted{durable} --------------'
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>

#include "core/counter_row.h"
#include "core/leases/lease.h"
#include "core/result.h"
#include "core/work.h"

namespace rackcast {

struct LeaseStoreStats {
  std::uint64_t commits = 0;
  std::uint64_t rows = 0;
  std::uint64_t rows_failed = 0;
  std::uint64_t rows_folded = 0;
  std::uint64_t queue_full = 0;
  std::uint64_t answers_delayed = 0;
  std::uint64_t folds_failed = 0;
};
inline constexpr std::array kLeaseStoreRows{
    CounterRow<LeaseStoreStats>{"commits", "group commits that reached the disk", &LeaseStoreStats::commits},
    CounterRow<LeaseStoreStats>{"rows", "lease rows made durable", &LeaseStoreStats::rows},
    CounterRow<LeaseStoreStats>{"rows_failed", "lease rows that could not be written", &LeaseStoreStats::rows_failed},
    CounterRow<LeaseStoreStats>{"rows_folded", "journal rows folded in the background", &LeaseStoreStats::rows_folded},
    CounterRow<LeaseStoreStats>{"queue_full", "waiting rows dropped, the oldest first, because the queue was full",
                                &LeaseStoreStats::queue_full},
    CounterRow<LeaseStoreStats>{"answers_delayed", "answers that found the lane's mailbox full and were kept",
                                &LeaseStoreStats::answers_delayed},
    CounterRow<LeaseStoreStats>{"folds_failed", "times the journal could not be folded",
                                &LeaseStoreStats::folds_failed},
};
static_assert(sizeof(LeaseStoreStats) == kLeaseStoreRows.size() * sizeof(std::uint64_t), "every counter has its row");

class LeaseStore {
 public:
  // Called on the store's thread for each submitted row, in the order of submission; for a row that was dropped at
  // once, by whoever submits. A lane whose rows could not be written is told with LeaseStoreRecovered when they can
  // again, behind the answers to all of them. Must not block. False: the lane's mailbox is full; the store keeps the
  // answer and offers it again, but not a dropped row's.
  using OnCompletion = std::function<bool(LaneId, const Completion&)>;
  // One sentence for the operator when the store starts to fail, and one when it works again. The store's thread.
  using OnAlarm = std::function<void(std::string)>;

  LeaseStore() = default;
  LeaseStore(const LeaseStore&) = delete;
  LeaseStore& operator=(const LeaseStore&) = delete;
  virtual ~LeaseStore() = default;  // commits what was submitted, answers it, then stops

  // Shows every lease known, an address at most once, those in force before the others; they are read one after the
  // other, never all into memory. Before start() only, on any one thread.
  [[nodiscard]] virtual Result<void> load(const std::function<void(const Lease&)>& visit) = 0;
  // Starts the store's thread. Once.
  virtual void start() = 0;
  // Any thread; never waits for the disk. A full queue drops the row that has waited longest and answers it with
  // LeaseCommitted{.durable = false, .dropped = true}. False: nothing is taken, `work` is untouched. Rows of one lane
  // are written in the order they were submitted; the last row of an address wins.
  [[nodiscard]] virtual bool submit(LaneId lane, CommitLease& work) = 0;
  [[nodiscard]] virtual LeaseStoreStats stats() const = 0;  // any thread
};

}  // namespace rackcast
