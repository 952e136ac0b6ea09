#include "core/leases/sqlite_store.h"

#include <condition_variable>
#include <mutex>
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
  Writer(Database& database, OnCompletion on_completion, OnAlarm on_alarm)
      : database_(database), on_completion_(std::move(on_completion)), on_alarm_(std::move(on_alarm)) {
    rows_.reserve(kBatchRowsMax);
    answers_.reserve(kBatchRowsMax);
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
    {
      const std::scoped_lock lock(mutex_);
      WaitingRow row{lane, work};
      if (!queue_.push(row)) {
        ++stats_.queue_full;
        return false;
      }
      if (waiting_ == 0) oldest_ = Clock::now();
      ++waiting_;
    }
    wake_.notify_one();
    return true;
  }

  [[nodiscard]] LeaseStoreStats stats() const {
    const std::scoped_lock lock(mutex_);
    return stats_;
  }

 private:
  enum class Next : std::uint8_t { kCommit, kFold, kStop };

  void run() {
    for (;;) {
      switch (wait_for_work()) {
        case Next::kCommit:
          take_batch();
          commit_batch();
          if (database_.journal_rows() > kJournalRowsMax) fold_step();
          break;
        case Next::kFold:
          fold_step();
          break;
        case Next::kStop:
          return;
      }
    }
  }

  Next wait_for_work() {
    std::unique_lock lock(mutex_);
    const auto has_work = [this] { return stopping_ || waiting_ > 0; };
    if (database_.journal_rows() < kFoldWorthRows)
      wake_.wait(lock, has_work);
    else if (!wake_.wait_for(lock, kIdleDelay, has_work))
      return Next::kFold;
    if (waiting_ == 0) return Next::kStop;
    (void)wake_.wait_until(lock, oldest_ + kBatchDelay, [this] { return stopping_ || waiting_ >= kBatchRows; });
    return Next::kCommit;
  }

  void take_batch() {
    rows_.clear();
    answers_.clear();
    const std::scoped_lock lock(mutex_);
    while (rows_.size() < kBatchRowsMax) {
      const auto row = queue_.pop();
      if (!row) break;
      rows_.push_back(row->work.lease);
      answers_.push_back({row->lane, row->work.ticket});
    }
    waiting_ -= rows_.size();  // what is left keeps `oldest_`: it has waited long enough and is the next batch
  }

  void commit_batch() {
    const Result<void> done = database_.append(rows_);
    {
      const std::scoped_lock lock(mutex_);
      stats_.commits += done ? 1U : 0U;
      (done ? stats_.rows : stats_.rows_failed) += rows_.size();
    }
    report(done);
    for (const Answer& answer : answers_) on_completion_(answer.lane, LeaseCommitted{answer.ticket, done.has_value()});
  }

  void fold_step() {
    const auto folded = database_.fold(kFoldRows);
    if (!folded) {
      report(tl::make_unexpected(folded.error()));
      return;
    }
    const std::scoped_lock lock(mutex_);
    stats_.rows_folded += *folded;
  }

  // Once when a spell of failure begins, once when a commit ends it.
  void report(const Result<void>& done) {
    if (!done && !failing_) on_alarm_(done.error().message);
    if (done && failing_) on_alarm_("lease store: " + database_.file().string() + " can be written again");
    failing_ = !done;
  }

  struct Answer {
    LaneId lane;
    Ticket ticket;
  };

  Database& database_;
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
  std::vector<Answer> answers_;
  bool failing_ = false;
  std::thread thread_;
};

Result<std::unique_ptr<SqliteLeaseStore>> SqliteLeaseStore::open(const std::filesystem::path& file,
                                                                 OnCompletion on_completion, OnAlarm on_alarm) {
  auto database = Database::open(file);
  if (!database) return tl::make_unexpected(database.error());
  return std::unique_ptr<SqliteLeaseStore>(
      new SqliteLeaseStore(std::move(*database), std::move(on_completion), std::move(on_alarm)));
}

SqliteLeaseStore::SqliteLeaseStore(std::unique_ptr<Database> database, OnCompletion on_completion, OnAlarm on_alarm)
    : database_(std::move(database)),
      writer_(std::make_unique<Writer>(*database_, std::move(on_completion), std::move(on_alarm))) {}

SqliteLeaseStore::~SqliteLeaseStore() = default;

Result<std::vector<Lease>> SqliteLeaseStore::load() {
  return database_->load();
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
