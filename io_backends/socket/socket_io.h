// The portable backend: epoll, recvmmsg, sendmmsg, UDP_SEGMENT. The baseline io_uring is measured against, and what it
// falls back to where it is forbidden.
//
// Each socket has a queue of committed slots in commit order. flush() sends all queues; a queue whose socket buffer is
// full keeps its rest (blocked) and poll() then also waits for that socket to become writable. Other sockets go on.
// Datagrams of one burst that the kernel will not segment follow one another in the same sendmmsg.
#pragma once

#include <sys/epoll.h>
#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "core/packet_io.h"
#include "core/result.h"
#include "io_backends/socket/adaptive_spin.h"
#include "io_backends/socket/control_data.h"
#include "io_backends/socket/frame_sender.h"
#include "io_backends/socket/io_options.h"
#include "io_backends/socket/offload_memory.h"
#include "io_backends/socket/socket_set.h"
#include "io_backends/socket/tx_slots.h"
#include "io_backends/socket/wire_burst.h"

namespace rackcast::io {

class SocketIo final : public PacketIo {
 public:
  // On the lane's thread. Error: the kernel refuses an epoll or event descriptor.
  [[nodiscard]] static Result<std::unique_ptr<SocketIo>> create(SocketSet sockets, IoOptions options = {});

  [[nodiscard]] IoCapabilities capabilities() const override;
  [[nodiscard]] Now now() override;
  [[nodiscard]] std::size_t poll(std::span<ReceivedDatagram> out, MonotonicTime until) override;
  void expect_answers(bool soon) override { answers_soon_ = soon; }
  void release(std::span<const ReceivedDatagram> datagrams) override;
  [[nodiscard]] TxSlot* reserve() override;
  void commit(TxSlot* slot) override;
  void cancel(TxSlot* slot) override;
  FlushReport flush() override;
  [[nodiscard]] std::size_t reap(std::span<PinId> out) override;
  void wake() override;
  [[nodiscard]] const IoStats& stats() const override { return stats_; }
  [[nodiscard]] bool join_group(SocketId socket, const net::IpAddress& group, InterfaceIndex interface) override;
  [[nodiscard]] net::Endpoint local_endpoint(SocketId socket) const override;

 private:
  struct ReceiveBuffer {
    SocketAddress peer;
    alignas(cmsghdr) std::array<std::byte, kReceiveControlBytes> control;
    std::array<std::byte, kReceiveBytesMax> payload;
  };
  struct SocketState {
    std::uint32_t overflow_seen = 0;  // the kernel's counter when last read
    bool wants_writable = false;      // epoll also waits for POLLOUT
    std::size_t messages_sent = 0;    // of the queue's first slot
  };

  SocketIo(SocketSet sockets, IoOptions options, FileDescriptor epoll, FileDescriptor wake);
  [[nodiscard]] bool watch(std::size_t socket, bool writable, bool add);
  [[nodiscard]] int spin_for_events(std::span<epoll_event> events, MonotonicTime until);
  [[nodiscard]] int wait_for_events(std::span<epoll_event> events, MonotonicTime until);
  [[nodiscard]] std::size_t wait(MonotonicTime until);
  // Buffers are used from `first_buffer` on, as many as messages came; a message without a known sender uses one too.
  struct Received {
    std::size_t datagrams = 0;
    std::size_t buffers = 0;
  };
  [[nodiscard]] Received receive(std::size_t socket, std::span<ReceivedDatagram> out, std::size_t first_buffer);
  void prepare_header(std::size_t buffer);
  void drain_wake();

  void send_queue(std::size_t socket, FlushReport& report);
  [[nodiscard]] std::size_t gather(std::size_t socket);
  void settle(std::size_t socket, std::size_t messages, FlushReport& report);
  [[nodiscard]] bool settle_error(std::size_t socket, int error, FlushReport& report);
  void send_frame(std::size_t socket, FlushReport& report);
  void finish_front(std::size_t socket);

  SocketSet sockets_;
  IoOptions options_;
  FileDescriptor epoll_;
  FileDescriptor wake_;
  TxSlots slots_;
  std::vector<WireBurst> wires_;  // by slot index
  OffloadMemory offload_;
  FrameSender frames_;
  std::vector<SocketState> states_;
  std::vector<ReceiveBuffer> buffers_;  // kBatchMax
  std::vector<std::uint32_t> ready_;    // sockets epoll reported, this poll
  std::size_t turn_ = 0;                // rotates who is read first
  std::array<mmsghdr, kBatchMax> receive_messages_{};
  std::array<iovec, kBatchMax> receive_pieces_{};
  std::array<mmsghdr, kBatchMax> send_messages_{};
  bool coarse_waits_ = false;  // epoll_pwait2 is refused here
  IoStats stats_;
  AdaptiveSpin spin_;
  bool answers_soon_ = true;
};

}  // namespace rackcast::io
