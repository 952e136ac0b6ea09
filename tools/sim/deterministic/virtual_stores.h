// What takes time beside the lanes, in virtual time: the lease journal with its group commit, the image store, pieces,
// machine records. The WorkRouter of a deterministic world.
//
//   lane --submit--> [queue] --virtual delay--> LanePort (completion)
//
// Group commit as the real store's (design §5): a commit starts at 32 waiting rows or 1 ms after the oldest, one at a
// time, each takes `commit_time`. Bounded: queue_max rows and as many loads; more is refused and counted.
//
// Thread: the world's. Destroy before the network.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "core/runtime/lane_port.h"
#include "core/work.h"
#include "io_backends/sim/sim_network.h"
#include "tools/sim/deterministic/virtual_tree.h"

namespace rackcast::sim {

struct StoreTimes {
  Duration commit_time = std::chrono::microseconds(500);  // one group commit, fsync included
  Duration resolve_time = std::chrono::microseconds(40);  // a path whose image is held, or that is not there
  Duration first_load_time = std::chrono::milliseconds(2);
  std::uint64_t load_bytes_per_second = 1'000'000'000;        // of the first load of a generation, on top
  Duration probe_answer_time = std::chrono::milliseconds(1);  // of who has an address that is probed
  std::vector<net::Ipv4Address> in_use;                       // by somebody who never asked the server
};

struct StoreCounters {
  std::uint64_t commits = 0;
  std::uint64_t rows = 0;
  std::uint64_t rows_refused = 0;
  std::uint64_t loads = 0;
  std::uint64_t pieces = 0;
  std::uint64_t probes = 0;
  std::uint64_t images_released = 0;
  std::uint64_t uploads = 0;
  std::uint64_t upload_bytes = 0;
  std::uint64_t work_refused = 0;
  std::uint64_t answers_delayed = 0;  // a full mailbox
};

class VirtualStores final : public WorkRouter, private io::SimEventTarget {
 public:
  static constexpr std::size_t kQueueMax = 8'192;

  // All outlive it. `ports` by LaneId.
  VirtualStores(io::SimNetwork& network, const VirtualTree& tree, std::vector<std::unique_ptr<LanePort>>& ports,
                StoreTimes times);
  ~VirtualStores() override;

  [[nodiscard]] bool submit(LaneId from, Work& work) override;

  // Told of every probe, and of when it will be answered. Null: nobody wants to know.
  std::function<void(const ProbeAddress&, MonotonicTime answered)> on_probe;

  [[nodiscard]] const StoreCounters& counters() const { return counters_; }
  [[nodiscard]] std::size_t waiting() const { return rows_.size() + committing_.size() + answers_out_; }

 private:
  struct Row {
    LaneId lane;
    LeaseCommitted answer;
  };
  struct Answer {
    LaneId lane;
    Completion completion;
    bool used = false;
  };

  void on_event(std::uint64_t token) override;
  void start_commit();
  void end_commit();
  [[nodiscard]] bool load(LaneId lane, const LoadImage& work);
  [[nodiscard]] bool answer_in(Duration time, LaneId lane, Completion completion);
  void deliver(std::uint64_t index);

  io::SimNetwork& network_;
  const VirtualTree& tree_;
  std::vector<std::unique_ptr<LanePort>>& ports_;
  StoreTimes times_;
  StoreCounters counters_;
  std::vector<Row> rows_;        // waiting for a commit
  std::vector<Row> committing_;  // on their way to the disk
  std::uint64_t batch_ = 0;      // tells apart the timers of batches
  std::vector<Answer> answers_;
  std::vector<std::uint32_t> free_answers_;
  std::size_t answers_out_ = 0;
  std::vector<char> loaded_;  // by generation
};

}  // namespace rackcast::sim
