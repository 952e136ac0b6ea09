// One transmit slot as the kernel wants it: address, control data, iovecs and one msghdr (segmentation offload) or one
// per datagram. Everything lives here, beside the slot, until the last completion. Shared by the socket and io_uring
// backends. No allocation. Lane thread.
#pragma once

#include <sys/socket.h>
#include <sys/uio.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "core/packet_io.h"
#include "io_backends/socket/control_data.h"
#include "io_backends/socket/sockaddr.h"

namespace rackcast::io {

// Payload bytes of the slot's first datagram: the segment size of the burst. Precondition: slot.count() > 0.
[[nodiscard]] inline std::size_t first_datagram_bytes(const TxSlot& slot) {
  const TxSlot::Datagram& first = slot.datagrams().front();
  return std::size_t{first.header_size} + first.body_size;
}

class WireBurst {
 public:
  // Describes `slot`, to leave from a socket bound to `bound`; borrows its headers and bodies. `offload`: as one
  // message with UDP_SEGMENT, if the burst has the shape for it (more than one datagram, all but the last equal, the
  // last not longer).
  void prepare(TxSlot& slot, const net::IpAddress& bound, bool offload);

  [[nodiscard]] bool offloaded() const { return offloaded_; }
  [[nodiscard]] std::size_t message_count() const { return message_count_; }
  [[nodiscard]] const msghdr& message(std::size_t index) const { return messages_[index]; }
  // Datagrams and payload bytes that message `index` carries.
  [[nodiscard]] std::size_t datagrams_in(const TxSlot& slot) const { return offloaded_ ? slot.count() : 1; }
  [[nodiscard]] std::size_t bytes_in(const TxSlot& slot, std::size_t index) const;

 private:
  std::size_t gather(const TxSlot& slot, std::size_t index, std::size_t at);

  std::array<msghdr, kBurstDatagramsMax> messages_;
  std::array<iovec, 2 * kBurstDatagramsMax> pieces_;
  SendControl control_;
  SocketAddress peer_;
  std::size_t message_count_ = 0;
  bool offloaded_ = false;
};

}  // namespace rackcast::io
