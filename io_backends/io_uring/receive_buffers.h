// The buffers the kernel receives into: a ring of provided buffers (group 0) registered with an io_uring. The kernel
// takes one per datagram and names it in the completion; give_back() returns it. Each buffer is laid out by multishot
// recvmsg:
//
//     io_uring_recvmsg_out 16 | name 32 | control 64 | payload 2048
//
// The name's room is 32 (28 are needed) so that the control data is aligned. Lane thread; allocates at construction.
// liburing 2.3 has no helper to make such a ring, so it is registered by hand.
#pragma once

#include <liburing.h>
#include <sys/socket.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "core/packet_io.h"
#include "core/result.h"
#include "io_backends/socket/control_data.h"

namespace rackcast::io {

class ReceiveBuffers {
 public:
  static constexpr std::uint16_t kGroup = 0;
  // Datagrams received and not released. A power of two. 1024 is 16 batches: what arrives while a turn runs long.
  static constexpr std::uint32_t kCount = 1'024;

  // `ring` is borrowed and must be torn down before this object goes.
  [[nodiscard]] static Result<std::unique_ptr<ReceiveBuffers>> create(io_uring* ring);
  ReceiveBuffers(const ReceiveBuffers&) = delete;
  ReceiveBuffers& operator=(const ReceiveBuffers&) = delete;
  ~ReceiveBuffers();

  // What every multishot recvmsg of this ring names: the sizes of the reserved areas. Lives as long as this.
  [[nodiscard]] msghdr* shape() { return &shape_; }

  // Reads what the kernel wrote into `buffer` (`bytes` = the completion's result). False: not a datagram we know.
  [[nodiscard]] bool read(std::uint16_t buffer, std::size_t bytes, const net::Endpoint& bound, ReceivedDatagram& out,
                          std::uint32_t& overflow);

  // Buffers given back become visible to the kernel with publish().
  void give_back(std::uint16_t buffer);
  void publish();

 private:
  static constexpr std::size_t kNameBytes = 32;
  static constexpr std::size_t kHeaderBytes = sizeof(io_uring_recvmsg_out) + kNameBytes + kReceiveControlBytes;
  static constexpr std::size_t kStride = (kHeaderBytes + kReceiveBytesMax + 63) / 64 * 64;
  static constexpr std::size_t kRingBytes = kCount * sizeof(io_uring_buf);

  ReceiveBuffers() = default;
  [[nodiscard]] std::byte* at(std::uint16_t buffer) { return memory_ + buffer * kStride; }

  msghdr shape_{};
  std::byte* mapping_ = nullptr;  // the ring's entries, then the buffers
  std::byte* memory_ = nullptr;   // the buffers
  io_uring_buf_ring* entries_ = nullptr;
  int unpublished_ = 0;
};

}  // namespace rackcast::io
