#include "tools/sim/live/event_loop.h"

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <system_error>

namespace rackcast::sim {
namespace {

std::int64_t monotonic_nanoseconds() {
  timespec time{};
  ::clock_gettime(CLOCK_MONOTONIC, &time);
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

}  // namespace

RunTimer::RunTimer() : start_nanoseconds_(monotonic_nanoseconds()) {}

Instant RunTimer::now() const {
  return Instant(Span(monotonic_nanoseconds() - start_nanoseconds_));
}

void TimerSet::set(Timed& timed, Instant when) {
  if (timed.timer_ == when) return;
  if (timed.timer_ != kNever) timers_.erase({timed.timer_, &timed});
  timed.timer_ = when;
  if (when != kNever) timers_.insert({when, &timed});
}

void TimerSet::run_due(Instant now) {
  while (!timers_.empty() && timers_.begin()->first <= now) {
    Timed* timed = timers_.begin()->second;
    timers_.erase(timers_.begin());
    timed->timer_ = kNever;
    timed->on_time(now);
  }
}

EventLoop::EventLoop() : epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
  if (!epoll_.valid()) throw std::system_error(errno, std::generic_category(), "epoll_create1");
}

bool EventLoop::add(int descriptor, Watcher& watcher, std::uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.ptr = &watcher;
  return ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, descriptor, &event) == 0;
}

void EventLoop::change(int descriptor, Watcher& watcher, std::uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.ptr = &watcher;
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, descriptor, &event);
}

void EventLoop::remove(int descriptor, Watcher& watcher) {
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, descriptor, nullptr);
  for (std::size_t i = 0; i < ready_count_; ++i)
    if (ready_[i].data.ptr == &watcher) ready_[i].data.ptr = nullptr;
}

void EventLoop::turn(const RunTimer& timer, Instant until) {
  const Instant begin = timer.now();
  const Span room = std::clamp(std::min(until, timers_.next()) - begin, Span::zero(), kWaitMax);
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(room);
  const timespec wait{seconds.count(), (room - seconds).count()};
  const int count = ::epoll_pwait2(epoll_.get(), ready_.data(), static_cast<int>(ready_.size()), &wait, nullptr);
  ready_count_ = count > 0 ? static_cast<std::size_t>(count) : 0;
  Instant now = timer.now();
  for (std::size_t i = 0; i < ready_count_; ++i) {
    auto* watcher = static_cast<Watcher*>(ready_[i].data.ptr);
    if (watcher != nullptr) watcher->on_ready(now, ready_[i].events);
    if (i % 16 == 15) now = timer.now();  // a turn of large reads takes milliseconds
  }
  ready_count_ = 0;
  timers_.run_due(timer.now());
}

}  // namespace rackcast::sim
