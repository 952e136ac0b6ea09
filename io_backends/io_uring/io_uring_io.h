// The io_uring backend: multishot recvmsg into a ring of provided buffers, sendmsg with UDP_SEGMENT, registered files,
// one submission per loop turn: flush() only prepares (and submits early when the submission queue is full), poll()
// submits, waits and reads completions in one call. So what flush() accepted leaves with the next poll(), or with the
// destructor.
//
//     poll:  arm receivers without a shot | submit + wait | completions: datagrams, sends, wake, writable
//
// Sends carry MSG_DONTWAIT: a full socket buffer comes back as EAGAIN, the burst waits in commit order and a one-shot
// poll tells when to go on, as in SocketIo. A frame to a MAC is one synchronous call (frame_sender.h).
// Thread: the one that called create(), to the end.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "core/packet_io.h"
#include "core/result.h"
#include "io_backends/io_uring/receive_buffers.h"
#include "io_backends/io_uring/ring.h"
#include "io_backends/socket/adaptive_spin.h"
#include "io_backends/socket/frame_sender.h"
#include "io_backends/socket/io_options.h"
#include "io_backends/socket/offload_memory.h"
#include "io_backends/socket/send_outcome.h"
#include "io_backends/socket/socket_set.h"
#include "io_backends/socket/tx_slots.h"
#include "io_backends/socket/wire_burst.h"

namespace rackcast::io {

class IoUringIo final : public PacketIo {
 public:
  // Error: see io_uring_available(). `sockets` is taken only on success, so that the caller can fall back with it.
  [[nodiscard]] static Result<std::unique_ptr<IoUringIo>> create(SocketSet& sockets, IoOptions options = {});
  ~IoUringIo() override;

  [[nodiscard]] IoCapabilities capabilities() const override;
  [[nodiscard]] Now now() override;
  [[nodiscard]] std::size_t poll(std::span<ReceivedDatagram> out, MonotonicTime until) override;
  void expect_answers(bool soon) override { answers_soon_ = soon; }
  void release(std::span<const ReceivedDatagram> datagrams) override;
  [[nodiscard]] TxSlot* reserve() override;
  void commit(TxSlot* slot) override;
  void cancel(TxSlot* slot) override;
  FlushReport flush() override;
  [[nodiscard]] std::size_t reap(std::span<PinId> out) override { return slots_.reap(out); }
  void wake() override;
  [[nodiscard]] const IoStats& stats() const override { return stats_; }
  [[nodiscard]] bool join_group(SocketId socket, const net::IpAddress& group, InterfaceIndex interface) override;
  [[nodiscard]] net::Endpoint local_endpoint(SocketId socket) const override;

 private:
  struct SocketState {
    bool receiving = false;  // a multishot receive is under way
    bool blocked = false;    // its buffer is full; a poll for writability is under way
    std::uint32_t overflow_seen = 0;
  };
  struct SendState {
    std::uint64_t unsent = 0;     // messages still to be submitted, one bit each
    std::uint32_t in_flight = 0;  // submitted, not completed
    bool queued = false;          // in a queue, half submitted or not at all
    bool started = false;         // `unsent` is valid
    bool split = false;           // offload was refused: start again one by one
    bool failed = false;          // a message failed: the rest is dropped
  };
  // A receive completion: which buffer, how much, from which socket.
  struct Arrival {
    std::uint32_t socket = 0;
    std::int32_t bytes = 0;
    std::uint16_t buffer = 0;
  };
  struct PollState {
    std::span<ReceivedDatagram> out;
    std::size_t filled = 0;
    bool return_early = false;
  };

  IoUringIo(SocketSet sockets, IoOptions options, std::unique_ptr<Ring> ring, std::unique_ptr<ReceiveBuffers> buffers,
            FileDescriptor wake);

  // Receiving.
  void arm();
  [[nodiscard]] bool spin(MonotonicTime until);
  void consume(PollState& state);
  void on_receive(std::uint32_t socket, const io_uring_cqe& completion, PollState& state);
  void deliver(const Arrival& arrival, PollState& state);
  void deliver_backlog(PollState& state);
  void on_wake();

  // Sending. Queue `i` holds socket i's committed slots, queue `sockets + i` those that came back from the ring.
  void send_queue(std::size_t queue, std::size_t socket, FlushReport& report);
  [[nodiscard]] bool submit_slot(TxSlot* slot, std::size_t socket);
  void send_frame(TxSlot* slot, std::size_t socket, FlushReport& report);
  void on_sent(std::uint32_t slot_index, std::uint32_t message, int result, PollState& state);
  void settle_failed_message(TxSlot* slot, std::uint32_t message, int error);
  void block(std::size_t socket);
  void finish(TxSlot* slot, PollState& state);
  void stop();

  SocketSet sockets_;
  IoOptions options_;
  FileDescriptor wake_;
  std::uint64_t wake_count_ = 0;  // the ring reads the event descriptor into it
  bool wake_armed_ = false;
  TxSlots slots_;
  std::vector<WireBurst> wires_;  // by slot index
  std::vector<SendState> sends_;  // by slot index
  std::vector<SocketState> states_;
  std::size_t arm_turn_ = 0;
  OffloadMemory offload_;
  FrameSender frames_;
  // Datagrams read from the ring beyond what the last poll had room for: completions of sends must not wait behind
  // them. A ring; each entry holds a receive buffer, so it cannot overflow.
  std::array<Arrival, ReceiveBuffers::kCount> backlog_;
  std::size_t backlog_head_ = 0;
  std::size_t backlog_count_ = 0;
  std::uint32_t sends_in_flight_ = 0;
  std::uint32_t polls_in_flight_ = 0;
  bool turn_wanted_ = false;  // reserve() had nothing, or the ring took no more: a finished send ends poll()
  bool sends_prepared_ = false;
  AdaptiveSpin spin_;
  bool answers_soon_ = true;
  IoStats stats_;
  std::unique_ptr<ReceiveBuffers> buffers_;
  std::unique_ptr<Ring> ring_;  // goes first: the kernel writes into the members above
};

}  // namespace rackcast::io
