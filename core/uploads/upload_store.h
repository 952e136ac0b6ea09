// Writes what clients send into the drop directory: one thread, one bounded queue.
//
//   lane thread                  the store's thread
//     submit(WriteUpload) -->      queue -- DropDirectory --> disk
//     mailbox  <-- UploadWritten -------------'              the last of a file only once it is durable and named
//
// A disk that is full, or fails, is one alarm when that begins and one when it is over (at most every kAlarmEvery);
// nothing of the file is left. The destructor drops what is not complete.
//
// Thread: submit() and stats() any; the rest one.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

#include "core/counter_row.h"
#include "core/images/work_queue.h"
#include "core/result.h"
#include "core/uploads/drop_directory.h"
#include "core/work.h"

namespace rackcast {

struct UploadStoreStats {
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;
  std::uint64_t full = 0;
  std::uint64_t failed = 0;
  std::uint64_t names_taken = 0;
  std::uint64_t abandoned = 0;
  std::uint64_t answers_delayed = 0;
};
inline constexpr std::array kUploadStoreRows{
    CounterRow<UploadStoreStats>{"files", "uploads made durable under their name", &UploadStoreStats::files},
    CounterRow<UploadStoreStats>{"bytes", "bytes written", &UploadStoreStats::bytes},
    CounterRow<UploadStoreStats>{"full", "uploads for which there was no room", &UploadStoreStats::full},
    CounterRow<UploadStoreStats>{"failed", "uploads that could not be written", &UploadStoreStats::failed},
    CounterRow<UploadStoreStats>{"names_taken", "uploads whose names were all taken", &UploadStoreStats::names_taken},
    CounterRow<UploadStoreStats>{"abandoned", "uploads that ended early and were dropped",
                                 &UploadStoreStats::abandoned},
    CounterRow<UploadStoreStats>{"answers_delayed", "answers that found the lane's mailbox full and were kept",
                                 &UploadStoreStats::answers_delayed},
};
static_assert(sizeof(UploadStoreStats) == kUploadStoreRows.size() * sizeof(std::uint64_t), "every counter has its row");

class UploadStore {
 public:
  static constexpr std::size_t kQueueMax = 1'024;
  static constexpr std::size_t kOpenMax = 1'024;  // files that grow at once, each a descriptor
  static constexpr std::chrono::milliseconds kAnswerRetry{5};
  static constexpr std::chrono::seconds kAlarmEvery{10};

  // Called on the store's thread. False: the lane's mailbox is full; offered again.
  using OnCompletion = std::function<bool(LaneId, const Completion&)>;
  using OnAlarm = std::function<void(std::string)>;  // one sentence for the operator; the store's thread

  UploadStore(DropDirectory directory, OnCompletion on_completion, OnAlarm on_alarm);
  UploadStore(const UploadStore&) = delete;
  UploadStore& operator=(const UploadStore&) = delete;
  ~UploadStore();

  // WriteUpload and AbandonUpload; false (untouched) for any other, or when the queue is full.
  [[nodiscard]] bool submit(LaneId lane, Work& work);
  [[nodiscard]] UploadStoreStats stats() const;

 private:
  struct Job {
    LaneId lane;
    Work work;
  };
  using Key = std::pair<std::uint16_t, std::uint64_t>;  // lane, ticket

  void run();
  void write(LaneId lane, const WriteUpload& work);
  [[nodiscard]] UploadStatus store(const Key& key, const WriteUpload& work, UploadName& name);
  void abandon(const Key& key);
  void count(UploadStatus status, const WriteUpload& work);
  void raise(UploadStatus status, bool last);
  void answer(LaneId lane, const Completion& completion);

  DropDirectory directory_;  // the thread's own, like `open_`
  OnCompletion on_completion_;
  OnAlarm on_alarm_;
  std::map<Key, DropDirectory::Partial> open_;
  bool failing_ = false;
  std::chrono::steady_clock::time_point alarm_again_{};

  mutable std::mutex mutex_;  // guards stats_
  UploadStoreStats stats_;

  WorkQueue<Job> queue_{kQueueMax};
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace rackcast
