// The thread of a lane: pinned to its core, it makes the backend (rings belong to the thread that made them), builds
// the lane and runs it. Start waits until the lane runs or has failed; destruction stops it.
#pragma once

#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "core/result.h"
#include "core/runtime/lane.h"

namespace rackcast {

struct LaneThreadSetup {
  LaneId id;
  std::optional<unsigned> core;  // pinned there; absent: wherever the scheduler likes
  // Both are called on the lane's thread. `make_lane` gets the backend that `make_io` made, and never gives null.
  std::function<Result<std::unique_ptr<PacketIo>>()> make_io;
  std::function<Result<std::unique_ptr<Lane>>(PacketIo&)> make_lane;
};

class LaneThread {
 public:
  // Fails with one sentence when the core does not exist, the backend or the lane cannot be made or memory is short.
  // `port` outlives the thread.
  [[nodiscard]] static Result<std::unique_ptr<LaneThread>> start(LaneThreadSetup setup, LanePort& port);

  ~LaneThread();
  LaneThread(const LaneThread&) = delete;
  LaneThread& operator=(const LaneThread&) = delete;

  // Asks the lane to finish what runs (it is told by mailbox); join() waits for it.
  void request_stop();
  void join();

 private:
  explicit LaneThread(LanePort& port) : port_(port) {}
  struct Made {
    std::unique_ptr<PacketIo> io;
    std::unique_ptr<Lane> lane;
  };
  void main(LaneThreadSetup setup, std::promise<Result<void>> started);
  [[nodiscard]] static Result<Made> make(LaneThreadSetup& setup);

  LanePort& port_;
  std::thread thread_;
};

// Pins the calling thread to `core`; the error names the core and the affinity mask's size.
[[nodiscard]] Result<void> pin_this_thread(unsigned core);

}  // namespace rackcast
