#include "core/uploads/upload_store.h"

namespace rackcast {

UploadStore::UploadStore(DropDirectory directory, OnCompletion on_completion, OnAlarm on_alarm)
    : directory_(std::move(directory)),
      on_completion_(std::move(on_completion)),
      on_alarm_(std::move(on_alarm)),
      thread_([this] { run(); }) {}

UploadStore::~UploadStore() {
  stopping_.store(true);
  queue_.stop();
  thread_.join();
  for (auto& [key, partial] : open_) directory_.drop(partial);
}

bool UploadStore::submit(LaneId lane, Work& work) {
  if (!std::holds_alternative<WriteUpload>(work) && !std::holds_alternative<AbandonUpload>(work)) return false;
  Job job{lane, std::move(work)};
  if (queue_.push(job)) return true;
  work = std::move(job.work);
  return false;
}

UploadStoreStats UploadStore::stats() const {
  const std::scoped_lock lock(mutex_);
  return stats_;
}

void UploadStore::run() {
  while (auto job = queue_.wait()) {
    if (const auto* const wanted = std::get_if<WriteUpload>(&job->work)) write(job->lane, *wanted);
    if (const auto* const ended = std::get_if<AbandonUpload>(&job->work))
      abandon({job->lane.value(), ended->ticket.value()});
  }
}

void UploadStore::write(LaneId lane, const WriteUpload& work) {
  UploadWritten written{.ticket = work.ticket, .name = work.name, .buffer = work.buffer};
  const Key key{lane.value(), work.ticket.value()};
  written.status = store(key, work, written.name);
  count(written.status, work);
  raise(written.status, work.last);
  answer(lane, written);
}

UploadStatus UploadStore::store(const Key& key, const WriteUpload& work, UploadName& name) {
  if (work.first && open_.size() >= kOpenMax) return UploadStatus::kFailed;
  const auto found = work.first ? open_.try_emplace(key).first : open_.find(key);
  if (found == open_.end()) return UploadStatus::kFailed;
  DropDirectory::Partial& partial = found->second;
  UploadStatus status = work.first ? directory_.create(partial) : UploadStatus::kWritten;
  if (status == UploadStatus::kWritten)
    status = directory_.append(partial, std::span(work.buffer->bytes).first(work.buffer->size));
  if (status == UploadStatus::kWritten && work.last) status = directory_.finish(partial, work.name, name);
  if (status != UploadStatus::kWritten) directory_.drop(partial);
  if (status != UploadStatus::kWritten || work.last) open_.erase(found);
  return status;
}

void UploadStore::abandon(const Key& key) {
  const auto found = open_.find(key);
  if (found == open_.end()) return;
  directory_.drop(found->second);
  open_.erase(found);
  const std::scoped_lock lock(mutex_);
  ++stats_.abandoned;
}

void UploadStore::count(UploadStatus status, const WriteUpload& work) {
  const std::scoped_lock lock(mutex_);
  switch (status) {
    case UploadStatus::kWritten:
      stats_.bytes += work.buffer->size;
      stats_.files += work.last ? 1U : 0U;
      return;
    case UploadStatus::kFull:
      ++stats_.full;
      return;
    case UploadStatus::kNamesTaken:
      ++stats_.names_taken;
      return;
    case UploadStatus::kFailed:
      ++stats_.failed;
      return;
  }
}

// A name that is taken says nothing about the disk.
void UploadStore::raise(UploadStatus status, bool last) {
  const bool failed = status == UploadStatus::kFull || status == UploadStatus::kFailed;
  const auto now = std::chrono::steady_clock::now();
  if (failed && !failing_ && now >= alarm_again_) {
    failing_ = true;
    alarm_again_ = now + kAlarmEvery;
    on_alarm_("uploads: " + directory_.path() +
              (status == UploadStatus::kFull ? " is full, " : " cannot be written, ") + directory_.error() +
              "; clients are refused until it is mended");
  }
  if (failing_ && last && status == UploadStatus::kWritten) {
    failing_ = false;
    on_alarm_("uploads: " + directory_.path() + " takes files again");
  }
}

void UploadStore::answer(LaneId lane, const Completion& completion) {
  while (!on_completion_(lane, completion) && !stopping_.load()) {
    {
      const std::scoped_lock lock(mutex_);
      ++stats_.answers_delayed;
    }
    std::this_thread::sleep_for(kAnswerRetry);
  }
}

}  // namespace rackcast
