#include "core/leases/sqlite_store.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>

#include "core/leases/sqlite_database.h"
#include "core/mailbox.h"

namespace rackcast {
namespace {

using Clock = std::chrono::steady_clock;

struct WaitingRow {
  LaneId lane;
  CommitLease work;
};

}  // namespace

// The queue and the thread that empties it.
class SqliteLeaseStore::Writer {
 public:
  Writer(Database& database, OnCompletion on_completion, OnAlarm on_alarm, const SqliteTuning& tuning)
      : database_(database), tuning_(tuning), on_completion_(std::move(on_completion)), on_alarm_(std::move(on_alarm)) {
    rows_.reserve(kBatchRowsMax);
    batch_.reserve(kBatchRowsMax);
  }

  ~Writer() {
    {
      const std::scoped_lock lock(mutex_);
      stopping_ = true;
    }
    wake_.notify_one();
    if (thread_.joinable()) thread_.join();
  }

  void start() {
    thread_ = std::thread([this] { run(); });
  }

  [[nodiscard]] bool submit(LaneId lane, CommitLease& work) {
    std::optional<WaitingRow> dropped;
    bool wanted = false;
    {
      const std::scoped_lock lock(mutex_);
      if (waiting_ == kQueueRows) {
        dropped = queue_.pop();
        --waiting_;
        ++stats_.queue_full;
      }
      WaitingRow row{lane, work};
      (void)queue_.push(row);
      if (waiting_ == 0) oldest_ = Clock::now();
      ++waiting_;
      // What the thread waits for: some work, then a whole batch. A row in between would only have it look.
      wanted = waiting_ == 1 || waiting_ == kBatchRows;
    }
    if (wanted) wake_.notify_one();
    // A mailbox that is full now loses this answer; its engine gives up the request by itself.
    if (dropped) (void)on_completion_(dropped->lane, LeaseCommitted{dropped->work.ticket, false, true});
    return true;
  }

  [[nodiscard]] LeaseStoreStats stats() const {
    const std::scoped_lock lock(mutex_);
    return stats_;
  }

 private:
  enum class Next : std::uint8_t { kCommit, kFold, kProbe, kDeliver, kStop };

  void run() {
    for (;;) {
      const Next next = wait_for_work();
      deliver_answers();
      switch (next) {
        case Next::kCommit:
          take_batch();
          commit_batch();
          fold_as_much_as_came();
          break;
        case Next::kProbe:
          probe();
          break;
        case Next::kFold:
          fold_step();
          break;
        case Next::kDeliver:
          break;
        case Next::kStop:
          return;
      }
      if (database_.log_pages() >= tuning_.log_pages && may_fold()) checkpoint();
    }
  }

  [[nodiscard]] bool may_fold() const { return Clock::now() >= fold_again_; }

  Next wait_for_work() {
    std::unique_lock lock(mutex_);
    const auto has_work = [this] { return stopping_ || waiting_ > 0; };
    if (!all_told()) {
      if (!wake_.wait_for(lock, kAnswerRetry, has_work)) return Next::kDeliver;
    } else if (commits_failing_) {
      if (!wake_.wait_for(lock, kProbeAgain, has_work)) return Next::kProbe;
    } else if (database_.journal_rows() < kFoldWorthRows) {
      wake_.wait(lock, has_work);
    } else if (!wake_.wait_until(lock, std::max(Clock::now() + kIdleDelay, fold_again_), has_work)) {
      return Next::kFold;
    }
    if (waiting_ == 0) return Next::kStop;
    (void)wake_.wait_until(lock, oldest_ + kBatchDelay, [this] { return stopping_ || waiting_ >= kBatchRows; });
    return Next::kCommit;
  }

  void take_batch() {
    rows_.clear();
    batch_.clear();
    const std::scoped_lock lock(mutex_);
    while (rows_.size() < kBatchRowsMax) {
      const auto row = queue_.pop();
      if (!row) break;
      rows_.push_back(row->work.lease);
      batch_.push_back({row->lane, {row->work.ticket, false, false}});
    }
    waiting_ -= rows_.size();  // what is left keeps `oldest_`: it has waited long enough and is the next batch
  }

  void commit_batch() {
    const Result<void> done = journal_is_full() ? journal_full() : database_.append(rows_);
    {
      const std::scoped_lock lock(mutex_);
      stats_.commits += done ? 1U : 0U;
      (done ? stats_.rows : stats_.rows_failed) += rows_.size();
    }
    report_commit(done ? done : Result<void>(tl::make_unexpected(commit_alarm(done.error()))));
    for (Answer& answer : batch_) {
      answer.committed.durable = done.has_value();
      answers_.push_back(answer);
      if (!done && std::find(refused_.begin(), refused_.end(), answer.lane) == refused_.end())
        refused_.push_back(answer.lane);
    }
    deliver_answers();
  }

  void report_commit(const Result<void>& done) {
    report(commits_failing_, done, " can be written again");
    if (done)
      recovered_.insert(recovered_.end(), refused_.begin(), refused_.end());
    else
      recovered_.clear();  // what was not told yet is no longer so
    if (done) refused_.clear();
  }

  [[nodiscard]] bool journal_is_full() const { return database_.journal_rows() + rows_.size() > kJournalRowsLast; }
  [[nodiscard]] Result<void> journal_full() const {
    return fail("lease store: the journal of " + database_.file().string() + " is full and cannot be folded");
  }

  // A journal that is too long becomes shorter with every batch, however large the batches are.
  void fold_as_much_as_came() {
    for (std::size_t rows = 0; rows <= rows_.size(); rows += kFoldRows)
      if (database_.journal_rows() > tuning_.journal_rows_max && may_fold()) fold_step();
  }

  void probe() {
    if (journal_is_full()) {
      if (may_fold()) fold_step();
      if (journal_is_full()) return;
    }
    report_commit(database_.probe());
    deliver_answers();
  }

  void checkpoint() {
    const Result<void> moved = database_.checkpoint();
    if (!moved) fold_again_ = Clock::now() + kFoldRetry;
    const bool stuck = moved && database_.log_pages() > kLogPagesMax;
    const std::string file = database_.file().string();
    report(log_stuck_,
           stuck ? fail("lease store: somebody has been reading " + file +
                        " for long and its log grows; end that, leases are still written")
                 : Result<void>(),
           ": its log is short again");
  }

  [[nodiscard]] bool all_told() const { return answers_.empty() && recovered_.empty(); }

  // Oldest first; stops at a full mailbox, so that every lane's answers keep their order. Bounded by the rows that
  // engines may have waiting: each has one answer.
  void deliver_answers() {
    while (!answers_.empty() && on_completion_(answers_.front().lane, answers_.front().committed)) answers_.pop_front();
    if (answers_.empty())
      while (!recovered_.empty() && on_completion_(recovered_.back(), LeaseStoreRecovered{})) recovered_.pop_back();
    if (all_told()) return;
    const std::scoped_lock lock(mutex_);
    ++stats_.answers_delayed;
  }

  void fold_step() {
    const auto folded = database_.fold(kFoldRows);
    report(folds_failing_, folded ? Result<void>() : Result<void>(tl::make_unexpected(fold_alarm(folded.error()))),
           ": its journal is folded again");
    if (!folded) fold_again_ = Clock::now() + kFoldRetry;
    const std::scoped_lock lock(mutex_);
    (folded ? stats_.rows_folded : stats_.folds_failed) += folded.value_or(1);
  }

  static Error commit_alarm(const Error& error) { return {error.message + "; no new lease is given until then"}; }
  // Leases are still given: only appending promises something.
  static Error fold_alarm(const Error& error) {
    return {"the journal of leases cannot be folded and goes on growing, leases are still written: " + error.message};
  }

  // Once when a spell of failure begins, once when a success ends it.
  void report(bool& failing, const Result<void>& done, const char* again) {
    if (!done && !failing) on_alarm_(done.error().message);
    if (done && failing) on_alarm_("lease store: " + database_.file().string() + again);
    failing = !done;
  }

  struct Answer {
    LaneId lane;
    LeaseCommitted committed;
  };

  Database& database_;
  const SqliteTuning tuning_;
  OnCompletion on_completion_;
  OnAlarm on_alarm_;

  mutable std::mutex mutex_;  // guards from here to `stats_`
  std::condition_variable wake_;
  Mailbox<WaitingRow> queue_{kQueueRows};
  std::size_t waiting_ = 0;
  Clock::time_point oldest_;
  bool stopping_ = false;
  LeaseStoreStats stats_;

  // The writer thread's own.
  std::vector<Lease> rows_;
  std::vector<Answer> batch_;      // of rows_
  std::deque<Answer> answers_;     // decided, not yet taken by their lanes
  std::vector<LaneId> refused_;    // lanes with rows that failed in this spell
  std::vector<LaneId> recovered_;  // to be told that it is over
  bool commits_failing_ = false;
  bool folds_failing_ = false;
  bool log_stuck_ = false;
  Clock::time_point fold_again_{};
  std::thread thread_;
};

Result<std::unique_ptr<SqliteLeaseStore>> SqliteLeaseStore::open(const std::filesystem::path& file,
                                                                 OnCompletion on_completion, OnAlarm on_alarm,
                                                                 const SqliteTuning& tuning) {
  auto database = Database::open(file, tuning);
  if (!database) return tl::make_unexpected(database.error());
  return std::unique_ptr<SqliteLeaseStore>(
      new SqliteLeaseStore(std::move(*database), std::move(on_completion), std::move(on_alarm), tuning));
}

SqliteLeaseStore::SqliteLeaseStore(std::unique_ptr<Database> database, OnCompletion on_completion, OnAlarm on_alarm,
                                   const SqliteTuning& tuning)
    : database_(std::move(database)),
      writer_(std::make_unique<Writer>(*database_, std::move(on_completion), std::move(on_alarm), tuning)) {}

SqliteLeaseStore::~SqliteLeaseStore() = default;

Result<void> SqliteLeaseStore::read(const std::filesystem::path& file, const std::function<void(const Lease&)>& visit) {
  const auto database = Database::open_to_read(file);
  if (!database) return tl::make_unexpected(database.error());
  return (*database)->for_each(visit);
}

Result<void> SqliteLeaseStore::load(const std::function<void(const Lease&)>& visit) {
  return database_->load(visit);
}

Result<bool> SqliteLeaseStore::is_empty() {
  return database_->is_empty();
}

Result<void> SqliteLeaseStore::take_over(std::span<const Lease> leases) {
  if (auto written = database_->append(leases); !written) return written;
  // The journal has them; what follows only makes it short again, so that answers need not wait for that.
  while (database_->journal_rows() > 0) {
    const auto moved = database_->fold(kFoldRows);
    if (!moved) return tl::make_unexpected(moved.error());
    if (*moved == 0) break;
  }
  return {};
}

void SqliteLeaseStore::start() {
  writer_->start();
}

bool SqliteLeaseStore::submit(LaneId lane, CommitLease& work) {
  return writer_->submit(lane, work);
}

LeaseStoreStats SqliteLeaseStore::stats() const {
  return writer_->stats();
}

}  // namespace rackcast
