// The embedded lease store: one SQLite file in WAL mode with synchronous=FULL.
//
//   journal(id, …)      append-only; each commit appends the rows that waited ("group commit")
//   lease(address, …)   the fold: last known row per address; written in the background, in small steps
//
// An ACK's latency is one fsync of a log append: a batch is committed when kBatchRows rows wait or kBatchDelay after
// the oldest came, whichever is first; what came in during an fsync is the next batch. Folding happens between batches,
// at most kFoldRows a step, when nothing waits or when the journal has grown beyond kJournalRowsMax.
//
// A commit that fails (disk full, I/O error) answers its rows with durable=false; the next batch tries again. A fold
// that fails promises nothing less (the journal only goes on growing), waits kFoldRetry and is an alarm of its own.
// Each alarm is raised once per spell of failure, and once when it is over.
//
// Thread: open(), load(), start() and the destructor on one thread; submit() on any.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>

#include "core/leases/lease_store.h"

namespace rackcast {

class SqliteLeaseStore final : public LeaseStore {
 public:
  static constexpr std::size_t kBatchRows = 32;
  static constexpr std::chrono::milliseconds kBatchDelay{1};
  static constexpr std::size_t kBatchRowsMax = 1'024;          // bounds one transaction
  static constexpr std::size_t kQueueRows = 8'192;             // full: submit() refuses; the client asks again
  static constexpr std::size_t kFoldRows = 512;                // some ms of work
  static constexpr std::size_t kFoldWorthRows = 64;            // an idle store leaves a shorter journal alone
  static constexpr std::size_t kJournalRowsMax = 16'384;       // a busy store folds beyond this all the same
  static constexpr std::chrono::milliseconds kIdleDelay{250};  // "idle": nothing came for so long
  static constexpr std::chrono::seconds kFoldRetry{30};        // a disk too full to fold on is not asked every time
  static constexpr std::chrono::milliseconds kAnswerRetry{5};  // to a lane whose mailbox was full

  // `file` is created when missing (its folder is not). Errors say what is wrong with it: folder missing or not
  // writable, not a database, not rackcast's, written by a newer rackcast.
  [[nodiscard]] static Result<std::unique_ptr<SqliteLeaseStore>> open(const std::filesystem::path& file,
                                                                      OnCompletion on_completion, OnAlarm on_alarm);
  ~SqliteLeaseStore() override;

  [[nodiscard]] Result<std::vector<Lease>> load() override;
  // Before start() only, into a store that holds nothing: another server's leases, at most one per address. They are on
  // disk when this returns, all or none.
  [[nodiscard]] Result<void> take_over(std::span<const Lease> leases);
  void start() override;
  [[nodiscard]] bool submit(LaneId lane, CommitLease& work) override;
  [[nodiscard]] LeaseStoreStats stats() const override;

 private:
  class Database;
  class Writer;
  SqliteLeaseStore(std::unique_ptr<Database> database, OnCompletion on_completion, OnAlarm on_alarm);

  std::unique_ptr<Database> database_;
  std::unique_ptr<Writer> writer_;
};

}  // namespace rackcast
