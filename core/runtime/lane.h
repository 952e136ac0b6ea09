// A lane: one backend, its engines, one loop. Shares nothing with other lanes but its LanePort.
//
//   turn():  poll -> mailbox -> datagrams to engines by socket -> release -> deadlines -> flush -> released pins
//
// Thread: whoever calls turn(): a LaneThread in the daemon, the test itself in simulation (virtual time comes from the
// backend). Allocation: none after construction.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "core/engine/engine.h"
#include "core/images/pin_table.h"
#include "core/packet_io.h"
#include "core/runtime/lane_port.h"
#include "core/sink.h"
#include "core/work.h"

namespace rackcast {

struct LaneCounters {
  std::uint64_t turns = 0;
  std::uint64_t datagrams = 0;        // given to an engine
  std::uint64_t wrong_interface = 0;  // came in by an interface that is not served
  std::uint64_t unrouted = 0;         // on a socket no engine owns
  std::uint64_t completions = 0;
  std::uint64_t pins_full = 0;
  std::uint64_t images_dropped = 0;  // on the lane: too many waited for a place in the store's queue
  std::uint64_t images_pinned = 0;   // gauge
  std::uint64_t in_flight = 0;       // gauge: work a clean stop waits for
};

struct LaneSetup {
  LaneId id;
  // Interfaces that are served; empty = every one. (Sockets bound to a device pass by themselves.)
  std::vector<InterfaceIndex> interfaces;
  // Engine that owns each socket, by SocketId: index into `engines`.
  std::vector<std::uint8_t> route;
  std::vector<std::unique_ptr<engine::Engine>> engines;
  std::size_t images_pinned_max = 4'096;  // distinct images and pieces; a lab has a few dozen, pieces one per transfer
  Duration stop_grace = std::chrono::seconds(10);
};

class Lane {
 public:
  // All references outlive the lane. Call on the lane's thread.
  Lane(LaneSetup setup, PacketIo& io, LanePort& port, EventSink& events, WorkRouter& router);

  // One loop turn, waiting at most until `until` (kNever: until something happens or an engine's deadline).
  void turn(MonotonicTime until);

  // Turns until stopped by a StopLane completion: running work ends by itself, or `stop_grace` runs out.
  void run();

  [[nodiscard]] bool stopped() const { return stopped_; }
  [[nodiscard]] MonotonicTime next_deadline() const;
  [[nodiscard]] const LaneCounters& counters() const { return counters_; }
  [[nodiscard]] std::size_t in_flight() const;
  [[nodiscard]] PinTable& pins() { return pins_; }

  // Called on the lane's thread about every kPublishEvery: the place to copy counters out. Must not block.
  std::function<void(const Lane&)> on_publish;

 private:
  void follow_tap(const Now& now);
  void drain_mailbox(const Now& now);
  void dispatch(const Now& now, const ReceivedDatagram& datagram);
  [[nodiscard]] bool awaits_lock_step();
  [[nodiscard]] bool interface_is_served(InterfaceIndex index) const;
  void give_back_unclaimed(Completion& completion);
  void release_pins();
  void check_stop(const Now& now);
  void publish(const Now& now);

  std::vector<InterfaceIndex> interfaces_;
  std::vector<std::uint8_t> route_;
  std::vector<std::unique_ptr<engine::Engine>> engines_;
  Duration stop_grace_;
  PacketIo& io_;
  LanePort& port_;
  PinTable pins_;
  Sink sink_;
  DatagramTap* tap_ = nullptr;  // the port's wish, as of the last turn
  LaneCounters counters_;
  std::array<ReceivedDatagram, kBatchMax> batch_;
  std::uint64_t asked_ = 0;  // bit i: engine i was given a datagram in this turn; a lane has a handful
  std::shared_ptr<const Image> release_pending_;  // the store's queue was full: tried again next turn
  MonotonicTime next_publish_{};
  MonotonicTime stop_by_ = kNever;
  bool stopping_ = false;
  bool stopped_ = false;
};

}  // namespace rackcast
