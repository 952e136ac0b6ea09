#include "core/events/event_pump.h"

#include <string>
#include <utility>

namespace rackcast {
namespace {

// A round ends even when producers are faster than consumers, so that ticks and stop() come through.
constexpr std::size_t kEventsPerRoundMax = 65'536;
constexpr auto kDropReportPeriod = std::chrono::seconds(1);

WallTime wall_now() {
  return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
}

}  // namespace

EventPump::EventPump(std::vector<EventConsumer*> consumers) : consumers_(std::move(consumers)) {}

EventPump::~EventPump() {
  stop();
}

EventQueue* EventPump::add_queue(std::size_t capacity) {
  const std::scoped_lock lock(mutex_);
  if (queues_.size() == kQueuesMax) return nullptr;
  return &queues_.emplace_back(capacity, static_cast<EventBell&>(*this));
}

void EventPump::start() {
  const std::scoped_lock lock(mutex_);
  if (running_) return;
  running_ = true;
  stopping_ = false;
  thread_ = std::thread([this] { run(); });
}

void EventPump::ring() {
  // No lock: a producer must not wait. A wake-up that finds the pump not waiting yet is lost; it costs one drain
  // period.
  wake_.notify_one();
}

void EventPump::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    const bool last = stopping_;
    ++rounds_begun_;
    lock.unlock();
    drain();
    lock.lock();
    rounds_done_ = rounds_begun_;
    drained_.notify_all();
    if (last) return;
    if (!stopping_ && !rung_) wake_.wait_for(lock, kDrainPeriod);
    rung_ = false;
  }
}

void EventPump::flush() {
  std::unique_lock lock(mutex_);
  if (!running_) {
    lock.unlock();
    drain();
    return;
  }
  // A round that has begun may have passed a queue already: wait for one that begins from here on.
  const std::uint64_t wanted = rounds_begun_ + 1;
  rung_ = true;
  wake_.notify_one();
  drained_.wait(lock, [&] { return rounds_done_ >= wanted || !running_; });
}

void EventPump::stop() {
  {
    const std::scoped_lock lock(mutex_);
    if (!running_ || stopping_) return;
    stopping_ = true;
    wake_.notify_one();
  }
  thread_.join();
  const std::scoped_lock lock(mutex_);
  running_ = false;
  drained_.notify_all();
}

EventQueue* EventPump::earliest() {
  EventQueue* best = nullptr;
  for (EventQueue* const queue : draining_) {
    const Event* const event = queue->front();
    if (event != nullptr && (best == nullptr || event->at < best->front()->at)) best = queue;
  }
  return best;
}

void EventPump::drain() {
  {
    const std::scoped_lock lock(mutex_);
    for (std::size_t i = draining_.size(); i < queues_.size(); ++i) draining_.push_back(&queues_[i]);
  }
  std::uint64_t count = 0;
  while (count < kEventsPerRoundMax) {
    EventQueue* const queue = earliest();
    if (queue == nullptr) break;
    for (EventConsumer* const consumer : consumers_) consumer->on_event(*queue->front());
    queue->pop();
    ++count;
  }
  const WallTime now = wall_now();
  report_drops(now);
  for (EventConsumer* const consumer : consumers_) consumer->on_tick(now);
  const std::scoped_lock lock(mutex_);
  delivered_ += count;
}

void EventPump::report_drops(WallTime now) {
  std::uint64_t dropped = 0;
  for (const EventQueue* const queue : draining_) dropped += queue->dropped();
  if (dropped == drops_reported_ || now - drops_reported_at_ < kDropReportPeriod) return;
  Event event;
  event.kind = EventKind::kWarning;
  event.at = now;
  event.detail.assign(std::to_string(dropped - drops_reported_) +
                      " events lost: the log and the boot board could not keep up");
  drops_reported_ = dropped;
  drops_reported_at_ = now;
  for (EventConsumer* const consumer : consumers_) consumer->on_event(event);
}

EventPumpStats EventPump::stats() const {
  const std::scoped_lock lock(mutex_);
  EventPumpStats stats{delivered_, 0};
  for (const EventQueue& queue : queues_) stats.dropped += queue.dropped();
  return stats;
}

}  // namespace rackcast
