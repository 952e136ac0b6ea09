// The embedded lease store: one SQLite file in WAL mode, synced at every commit.
//
//   journal(id, …)      append-only; each commit appends the rows that waited ("group commit")
//   lease(address, …)   the fold: last known row per address; written in the background, in small steps
//
// An ACK's latency is one fsync of a log append: a batch is committed when kBatchRows rows wait or kBatchDelay after
// the oldest came, whichever is first; what came in during an fsync is the next batch. The queue full, the row that has
// waited longest is dropped for the new one and answered at once: its client has asked again by now, or will.
//
// Bounds. Folding happens between batches, kFoldRows a step, when nothing waits or when the journal has grown beyond
// journal_rows_max, and then at least as many rows as came in. While folding fails the journal grows, but not beyond
// kJournalRowsLast: then nothing is appended until it can be folded. SQLite's log is moved into the file once it has
// log_pages pages, after the answers; a reader that sits on it longer than kLogPagesMax is an alarm, since only it can
// end that.
//
// A commit that fails (disk full, I/O error) answers its rows with durable=false; the next batch tries again, and while
// none comes a probe does, every kProbeAgain. A fold that fails promises nothing less, waits kFoldRetry and is an alarm
// of its own. Each alarm is raised once per spell of failure, and once when it is over.
//
// Thread: open(), start() and the destructor on one thread, load() before start() on any; submit() on any.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "core/leases/lease_store.h"

namespace rackcast {

// For tests: another file layer under SQLite, limits that are met sooner, and no syncing, which gives up what this
// store is for.
struct SqliteTuning {
  std::string vfs;  // "" = the system's
  bool synced = true;
  std::size_t journal_rows_max = 131'072;  // a busy store folds beyond this all the same: more than any rack's rush
  std::size_t log_pages = 1'000;           // 4 MB; then the log is moved into the file
};

class SqliteLeaseStore final : public LeaseStore {
 public:
  static constexpr std::size_t kBatchRows = 32;
  static constexpr std::chrono::milliseconds kBatchDelay{1};
  static constexpr std::size_t kBatchRowsMax = 1'024;          // bounds one transaction
  static constexpr std::size_t kQueueRows = 8'192;             // full: the oldest is dropped
  static constexpr std::size_t kFoldRows = 512;                // some ms of work
  static constexpr std::size_t kFoldWorthRows = 64;            // an idle store leaves a shorter journal alone
  static constexpr std::size_t kJournalRowsLast = 262'144;     // some 50 MB; then only folding helps
  static constexpr std::size_t kLogPagesMax = 65'536;          // 256 MB
  static constexpr std::chrono::seconds kProbeAgain{1};        // while writing fails
  static constexpr std::chrono::milliseconds kIdleDelay{250};  // "idle": nothing came for so long
  static constexpr std::chrono::seconds kFoldRetry{30};        // a disk too full to fold on is not asked every time
  static constexpr std::chrono::milliseconds kAnswerRetry{5};  // to a lane whose mailbox was full

  // `file` is created when missing (its folder is not). Errors say what is wrong with it: folder missing or not
  // writable, not a database, not rackcast's, written by a newer rackcast.
  [[nodiscard]] static Result<std::unique_ptr<SqliteLeaseStore>> open(const std::filesystem::path& file,
                                                                      OnCompletion on_completion, OnAlarm on_alarm,
                                                                      const SqliteTuning& tuning = {});
  // What is durable now, in order of address, of a store that a daemon may have open; nobody is kept waiting. Any
  // thread.
  [[nodiscard]] static Result<void> read(const std::filesystem::path& file,
                                         const std::function<void(const Lease&)>& visit);
  ~SqliteLeaseStore() override;

  [[nodiscard]] Result<void> load(const std::function<void(const Lease&)>& visit) override;
  // No lease was ever written.
  [[nodiscard]] Result<bool> is_empty();
  // Before start() only, into a store that holds nothing: another server's leases, at most one per address. They are on
  // disk when this returns, all or none.
  [[nodiscard]] Result<void> take_over(std::span<const Lease> leases);
  void start() override;
  [[nodiscard]] bool submit(LaneId lane, CommitLease& work) override;
  [[nodiscard]] LeaseStoreStats stats() const override;

 private:
  class Database;
  class Writer;
  SqliteLeaseStore(std::unique_ptr<Database> database, OnCompletion on_completion, OnAlarm on_alarm,
                   const SqliteTuning& tuning);

  std::unique_ptr<Database> database_;
  std::unique_ptr<Writer> writer_;
};

}  // namespace rackcast
