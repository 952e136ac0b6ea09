// The live engine's one loop: epoll, level-triggered, and a set of timers, on one thread.
//
// Not Asio: datagrams come and go by recvmmsg and sendmmsg, which Asio does not have, so its sockets would be bare
// descriptors here, and a coroutine frame for each of some ten thousand fetches buys nothing over a small state
// machine.
//
// Owns the epoll descriptor only. Watchers and timers are borrowed and unregister themselves before they go; both may
// be added and removed from inside a callback. Errors: the constructor throws std::system_error where the kernel gives
// no epoll descriptor.
#pragma once

#include <sys/epoll.h>

#include <array>
#include <cstdint>
#include <set>
#include <utility>

#include "core/file_descriptor.h"
#include "tools/sim/machines/time.h"

namespace rackcast::sim {

// Real time since the run began.
class RunTimer {
 public:
  RunTimer();
  [[nodiscard]] Instant now() const;

 private:
  std::int64_t start_nanoseconds_;
};

class Watcher {
 public:
  virtual ~Watcher() = default;
  virtual void on_ready(Instant now, std::uint32_t events) = 0;  // EPOLLIN, EPOLLOUT, EPOLLERR, EPOLLHUP
};

class Timed {
 public:
  virtual ~Timed() = default;
  virtual void on_time(Instant now) = 0;

 private:
  friend class TimerSet;
  Instant timer_ = kNever;  // when it stands in the set
};

// One timer for each object. O(log n).
class TimerSet {
 public:
  void set(Timed& timed, Instant when);  // kNever: none
  void cancel(Timed& timed) { set(timed, kNever); }
  [[nodiscard]] Instant next() const { return timers_.empty() ? kNever : timers_.begin()->first; }
  void run_due(Instant now);

 private:
  std::set<std::pair<Instant, Timed*>> timers_;
};

class EventLoop {
 public:
  EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  // False: the kernel refuses (no memory, or its limit of watches is reached).
  [[nodiscard]] bool add(int descriptor, Watcher& watcher, std::uint32_t events);
  void change(int descriptor, Watcher& watcher, std::uint32_t events);
  // Before the descriptor is closed. `watcher` hears of it no more, not even of what this turn found already.
  void remove(int descriptor, Watcher& watcher);

  // Waits until something is ready, a timer is due or `until`, at most kWaitMax; calls whoever is concerned.
  void turn(const RunTimer& timer, Instant until);

  [[nodiscard]] TimerSet& timers() { return timers_; }

  static constexpr Span kWaitMax = std::chrono::milliseconds(200);

 private:
  static constexpr std::size_t kEventsPerTurn = 256;

  FileDescriptor epoll_;
  TimerSet timers_;
  std::array<epoll_event, kEventsPerTurn> ready_{};
  std::size_t ready_count_ = 0;
};

}  // namespace rackcast::sim
