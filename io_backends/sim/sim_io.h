// The packet contract over a simulated host: what engines run on in virtual time. Behaves as the kernel backends do
// where it matters to an engine: a burst is n datagrams; a slot's bytes are read when it departs, which is
// `transmit_delay` after flush, so that accepted and released are different moments (a pin given up too early shows as
// wrong bytes at the receiver); what waits for ARP fills the socket's send buffer and blocks it; a full receive queue
// drops and counts.
//
// poll() returns what has arrived and never blocks: whoever drives the simulation advances the network between turns,
// to min(network.next_event_time(), the lanes' deadlines). Thread: the simulation's; wake() from any.
// Destroy before the network.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <unordered_map>
#include <vector>

#include "core/packet_io.h"
#include "core/result.h"
#include "io_backends/sim/sim_network.h"
#include "io_backends/socket/socket_spec.h"
#include "io_backends/socket/tx_slots.h"

namespace rackcast::io {

struct SimIoOptions {
  std::size_t slot_count = kTxSlotCount;
  Duration transmit_delay = std::chrono::microseconds(5);  // flush to departure; 0: departs within flush()
  std::size_t receive_queue_max = 4'096;                   // datagrams waiting for poll, per lane
  Duration neighbour_timeout = std::chrono::seconds(3);    // how long a datagram waits for an ARP answer
  std::size_t neighbour_queue_bytes = 212'992;             // waiting per unanswered address; more is dropped
  bool segmentation_offload = true;                        // counted as such; the datagrams on the wire are the same
  // Told when a turn of the lane would find something, `turn_delay` after it came (what piles up meanwhile is one
  // batch), with the lane's number as token. Null: the driver looks itself (has_work). Outlives the backend.
  SimEventTarget* turn_target = nullptr;
  Duration turn_delay{};
};

class SimIo final : public PacketIo, private SimReceiver, private SimEventTarget {
 public:
  // The lanes of one server on `host`; steered specs form groups as in SocketSet::open_lanes.
  [[nodiscard]] static Result<std::vector<std::unique_ptr<SimIo>>> open_lanes(
      SimHost& host, std::span<const std::vector<SocketSpec>> lanes, SimIoOptions options = {});
  ~SimIo() override;

  [[nodiscard]] IoCapabilities capabilities() const override;
  [[nodiscard]] Now now() override { return network_.now(); }
  [[nodiscard]] std::size_t poll(std::span<ReceivedDatagram> out, MonotonicTime until) override;
  void release(std::span<const ReceivedDatagram> datagrams) override;
  [[nodiscard]] TxSlot* reserve() override;
  void commit(TxSlot* slot) override;
  void cancel(TxSlot* slot) override;
  FlushReport flush() override;
  [[nodiscard]] std::size_t reap(std::span<PinId> out) override { return slots_.reap(out); }
  void wake() override {
    woken_.store(true, std::memory_order_release);
    ask_for_turn();
  }
  [[nodiscard]] const IoStats& stats() const override { return stats_; }
  [[nodiscard]] bool join_group(SocketId socket, const net::IpAddress& group, InterfaceIndex interface) override;
  [[nodiscard]] net::Endpoint local_endpoint(SocketId socket) const override;

  // Neither reserved, queued, departing, nor with a pin to reap: after everything ended, all of capabilities().slots.
  [[nodiscard]] std::size_t slots_free() const { return slots_.free_count(); }
  [[nodiscard]] std::size_t waiting() const { return inbox_count_; }  // received, not polled

  // Would a turn of the lane find something: a datagram, a wake, a send that can go on? For drivers with many lanes.
  [[nodiscard]] bool has_work() const;

 private:
  struct Socket {
    SimSocketId id;
    SocketSpec spec;
    std::size_t held_bytes = 0;  // departing or waiting for ARP: counts against spec.buffer_bytes
  };
  struct Waiting {  // a received datagram not polled yet
    SimArrival arrival;
    SocketId socket;
  };
  struct Hold {  // bytes of a datagram that waits for ARP in vain
    SocketId socket;
    net::IpAddress neighbour;
    std::size_t bytes = 0;
  };
  struct AddressHash {
    std::size_t operator()(const net::IpAddress& a) const { return net::hash(a, 0); }
  };

  SimIo(SimHost& host, SimIoOptions options, std::uint64_t lane);
  [[nodiscard]] Result<void> open(const SocketSpec& spec, net::UdpPort port);
  void on_arrival(SimSocketId socket, const SimArrival& arrival) override;
  void on_event(std::uint64_t token) override;
  void ask_for_turn();
  void depart_oldest();
  void depart(TxSlot* slot);
  [[nodiscard]] SimSendResult send_datagram(const TxSlot& slot, const TxSlot::Datagram& datagram);
  void wait_for_neighbour(const TxSlot& slot, std::size_t bytes);
  [[nodiscard]] std::size_t charge_of(const TxSlot& slot) const;

  SimHost& host_;
  SimNetwork& network_;
  SimIoOptions options_;
  std::uint64_t lane_;
  bool turn_asked_ = false;  // on_event of the target is scheduled
  TxSlots slots_;
  std::vector<Socket> sockets_;
  std::vector<SocketId> socket_of_;  // by SimSocketId, for arrivals
  std::vector<Waiting> inbox_;       // a ring of receive_queue_max
  std::size_t inbox_head_ = 0;
  std::size_t inbox_count_ = 0;
  std::vector<TxSlot*> departing_;  // a ring: flushed, leaving after transmit_delay, in order
  std::size_t departing_head_ = 0;
  std::size_t departing_count_ = 0;
  std::vector<Hold> holds_;
  std::vector<std::uint32_t> free_holds_;
  std::unordered_map<net::IpAddress, std::size_t, AddressHash> neighbour_bytes_;
  std::atomic<bool> woken_{false};
  IoStats stats_;
};

}  // namespace rackcast::io
