#include "core/runtime/lane_thread.h"

#include <pthread.h>
#include <sched.h>

#include <new>
#include <utility>

namespace rackcast {

Result<void> pin_this_thread(unsigned core) {
  cpu_set_t mask;
  CPU_ZERO(&mask);
  if (core < CPU_SETSIZE) CPU_SET(core, &mask);
  if (core >= CPU_SETSIZE || pthread_setaffinity_np(pthread_self(), sizeof mask, &mask) != 0) {
    return fail("cannot pin a thread to core " + std::to_string(core) +
                ": no such core, or it is outside this process's CPU mask; mend [server].cores or stream_cores");
  }
  return {};
}

Result<std::unique_ptr<LaneThread>> LaneThread::start(LaneThreadSetup setup, LanePort& port) {
  std::unique_ptr<LaneThread> lane(new LaneThread(port));
  std::promise<Result<void>> started;
  auto outcome = started.get_future();
  lane->thread_ = std::thread([self = lane.get(), setup = std::move(setup), started = std::move(started)]() mutable {
    self->main(std::move(setup), std::move(started));
  });
  if (auto result = outcome.get(); !result) {
    lane->join();
    return tl::make_unexpected(result.error());
  }
  return lane;
}

LaneThread::~LaneThread() {
  if (!thread_.joinable()) return;
  request_stop();
  join();
}

void LaneThread::request_stop() {
  // A full mailbox drains within a turn; the lane is alive, so this ends.
  while (!port_.post(StopLane{})) std::this_thread::yield();
}

void LaneThread::join() {
  if (thread_.joinable()) thread_.join();
}

void LaneThread::main(LaneThreadSetup setup, std::promise<Result<void>> started) {
  const std::string name = "rc-lane-" + std::to_string(setup.id.value());
  pthread_setname_np(pthread_self(), name.c_str());
  if (setup.core) {
    if (auto pinned = pin_this_thread(*setup.core); !pinned) return started.set_value(std::move(pinned));
  }
  auto made = make(setup);
  if (!made) return started.set_value(tl::make_unexpected(made.error()));
  auto& [io, lane] = *made;
  port_.attach(*io);
  started.set_value({});
  lane->run();
  port_.detach();
  // Before the lane and its pins: sends in flight still read image bytes until the backend has cancelled or finished
  // them.
  io.reset();
}

// Tables of tens of megabytes are laid out here: too little memory is a sentence, not the end of the process.
Result<LaneThread::Made> LaneThread::make(LaneThreadSetup& setup) {
  try {
    auto io = setup.make_io();
    if (!io) return tl::make_unexpected(io.error());
    auto lane = setup.make_lane(**io);
    if (!lane) return tl::make_unexpected(lane.error());
    return Made{std::move(*io), std::move(*lane)};
  } catch (const std::bad_alloc&) {
    return fail("not enough memory for lane " + std::to_string(setup.id.value()) +
                "; name fewer cores or give the daemon more memory");
  }
}

}  // namespace rackcast
