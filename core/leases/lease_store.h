// Where leases become durable. The engine promises nothing before its row is on disk (RFC 2131 §4.3.1 "stable
// storage").
//
//   lane thread              the store's thread
//     submit(CommitLease) -->  queue -- group commit --> disk
//     mailbox  <-- LeaseCommitted{durable} --------------'
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "core/leases/lease.h"
#include "core/result.h"
#include "core/work.h"

namespace rackcast {

class LeaseStore {
 public:
  // Called on the store's thread, once per submitted row, in the order of submission. Must not block.
  using OnCompletion = std::function<void(LaneId, Completion)>;
  // One sentence for the operator when the store starts to fail, and one when it works again. The store's thread.
  using OnAlarm = std::function<void(std::string)>;

  LeaseStore() = default;
  LeaseStore(const LeaseStore&) = delete;
  LeaseStore& operator=(const LeaseStore&) = delete;
  virtual ~LeaseStore() = default;  // commits what was submitted, answers it, then stops

  // Every lease known, at most one per address. Before start() only.
  [[nodiscard]] virtual Result<std::vector<Lease>> load() = 0;
  // Starts the store's thread. Once.
  virtual void start() = 0;
  // Any thread; never waits for the disk. False: the queue is full, `work` is untouched. Rows of one lane are written
  // in the order they were submitted; the last row of an address wins.
  [[nodiscard]] virtual bool submit(LaneId lane, CommitLease& work) = 0;
};

}  // namespace rackcast
