// What the tests of the lease store share: who collects its answers, and a store that answers there.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "core/leases/sqlite_store.h"
#include "tests/core/leases/lease_test_support.h"
#include "tests/support/temporary_tree.h"

namespace rackcast::testing {

inline constexpr std::chrono::seconds kPatience{20};

// Collects what the store's thread reports; waits are bounded.
class Reports {
 public:
  bool completion(LaneId lane, const Completion& completion) {
    const std::scoped_lock lock(mutex_);
    if (refusals_left_ > 0) {
      --refusals_left_;
      return false;
    }
    if (std::holds_alternative<LeaseStoreRecovered>(completion)) {
      recovered_.push_back(lane);
    } else {
      lanes_.push_back(lane);
      completions_.push_back(std::get<LeaseCommitted>(completion));
    }
    changed_.notify_all();
    return true;
  }
  // As a lane whose mailbox is full does.
  void refuse_next(int completions) {
    const std::scoped_lock lock(mutex_);
    refusals_left_ = completions;
  }
  void alarm(std::string sentence) {
    const std::scoped_lock lock(mutex_);
    alarms_.push_back(std::move(sentence));
    changed_.notify_all();
  }
  [[nodiscard]] bool wait_for(std::size_t completions) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kPatience, [&] { return completions_.size() >= completions; });
  }
  [[nodiscard]] bool wait_for_recovered(std::size_t count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kPatience, [&] { return recovered_.size() >= count; });
  }
  [[nodiscard]] bool wait_for_alarms(std::size_t count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kPatience, [&] { return alarms_.size() >= count; });
  }
  std::vector<LeaseCommitted> completions() {
    const std::scoped_lock lock(mutex_);
    return completions_;
  }
  std::vector<std::string> alarms() {
    const std::scoped_lock lock(mutex_);
    return alarms_;
  }
  std::vector<LaneId> recovered() {
    const std::scoped_lock lock(mutex_);
    return recovered_;
  }
  std::vector<LaneId> lanes() {
    const std::scoped_lock lock(mutex_);
    return lanes_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<LaneId> lanes_;
  std::vector<LaneId> recovered_;
  std::vector<LeaseCommitted> completions_;
  std::vector<std::string> alarms_;
  int refusals_left_ = 0;
};

inline Result<std::unique_ptr<SqliteLeaseStore>> open_store(const std::filesystem::path& file, Reports& reports,
                                                            const SqliteTuning& tuning = {}) {
  return SqliteLeaseStore::open(
      file, [&reports](LaneId lane, const Completion& completion) { return reports.completion(lane, completion); },
      [&reports](std::string sentence) { reports.alarm(std::move(sentence)); }, tuning);
}

inline bool submit(SqliteLeaseStore& store, std::uint64_t ticket, const Lease& lease, std::uint16_t lane = 0) {
  CommitLease work{Ticket{ticket}, lease};
  return store.submit(LaneId{lane}, work);
}

inline std::vector<Lease> load_sorted(const std::filesystem::path& file) {
  Reports reports;
  auto store = open_store(file, reports);
  if (!store) return {};
  auto leases = all_of(**store);
  if (!leases) return {};
  std::sort(leases->begin(), leases->end(), [](const Lease& a, const Lease& b) { return a.address < b.address; });
  return *leases;
}

}  // namespace rackcast::testing
