// One recording: taps lanes, writes a pcapng file on a thread of its own until it is stopped or a bound is met, and
// reports. Both bounds are always there.
//
//   interfaces of the file: the daemon's, with their names, MACs and IPv4 networks; every packet says its direction
//   and, as its queue, its lane. Its time is the one the lane's engines were told.
//
// Threads: start() and the destructor from one; stop() from any; `done` is called once, on the writer's thread, after
// the lanes were left alone. Lanes are neither slowed nor stopped by anything that goes wrong here: what the writer
// cannot keep up with is dropped and counted.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "core/recording/record_output.h"
#include "core/recording/record_ring.h"
#include "core/runtime/lane_port.h"
#include "proto/pcapng/block.h"

namespace rackcast {

struct RecordLimits {
  std::chrono::seconds duration{60};
  std::uint64_t bytes = std::uint64_t{256} << 20U;  // of the file, its head included
};

struct RecordedInterface {
  std::string name;
  InterfaceIndex index;
  net::MacAddress mac;
  std::vector<pcapng::Ipv4Network> addresses;
};

struct RecordedLane {
  LaneId id;
  LanePort* port = nullptr;  // outlives the recording
};

struct RecordingSetup {
  std::vector<RecordedLane> lanes;
  std::vector<RecordedInterface> interfaces;  // empty: one without facts
  RecordLimits limits;
  std::size_t ring_bytes = kRecordRingBytes;  // per lane
};

enum class RecordEnd : std::uint8_t { kStopped, kDuration, kBytes, kFailed };

struct RecordReport {
  RecordEnd end = RecordEnd::kStopped;
  std::string error;           // kFailed: one sentence
  std::uint64_t received = 0;  // datagrams in the file
  std::uint64_t sent = 0;
  std::uint64_t bytes = 0;       // of the file
  std::uint64_t dropped = 0;     // the writer did not keep up
  std::uint64_t unwritable = 0;  // cannot be a frame
  std::uint64_t truncated = 0;   // longer than a receive buffer: in the file, but cut
};

class Recording {
 public:
  using Done = std::function<void(const RecordReport&)>;

  // Returns once every lane is tapped.
  [[nodiscard]] static std::unique_ptr<Recording> start(RecordingSetup setup, RecordOutput output, Done done);
  ~Recording();  // stop(), and waits: at most RecordOutput::kHurriedWait and a write of a slow disk
  Recording(const Recording&) = delete;
  Recording& operator=(const Recording&) = delete;

  void stop();
  [[nodiscard]] bool ended() const { return ended_.load(std::memory_order_acquire); }  // `done` was called

 private:
  struct Lane {
    LaneId id;
    LanePort* port;
    RecordRing ring;
  };

  Recording(RecordingSetup setup, RecordOutput output, Done done);
  void run();
  [[nodiscard]] bool write_head();
  void record_until_end();
  void end_with(RecordEnd end);
  [[nodiscard]] bool drain_all();
  [[nodiscard]] bool add(LaneId lane, const RecordEntry& entry, std::span<const std::byte> payload);
  [[nodiscard]] bool fits(std::span<const std::byte> block);
  [[nodiscard]] bool flush();
  [[nodiscard]] bool wait_a_little();
  [[nodiscard]] std::uint32_t interface_of(const RecordEntry& entry) const;

  RecordingSetup setup_;
  RecordOutput output_;
  Done done_;
  std::vector<std::unique_ptr<Lane>> lanes_;
  std::vector<std::byte> blocks_;  // room of the writer's
  std::size_t blocks_used_ = 0;
  std::vector<std::byte> frame_;
  RecordReport report_;
  std::chrono::steady_clock::time_point deadline_{};
  bool over_ = false;

  std::mutex mutex_;
  std::condition_variable stop_rung_;
  std::atomic<bool> stop_{false};
  std::atomic<bool> ended_{false};
  std::thread thread_;
};

}  // namespace rackcast
