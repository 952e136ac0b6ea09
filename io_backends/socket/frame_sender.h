// Datagrams to a machine that has no address yet: IPv4 and UDP headers written here, sent through an AF_PACKET socket
// to a MAC (the kernel adds the link header). Rare (DHCP replies) and small, so one synchronous call per datagram on
// both kernel backends; nothing stays in flight. Lane thread, no allocation.
#pragma once

#include "core/packet_io.h"

namespace rackcast::io {

class FrameSender {
 public:
  // `packet_socket`: SocketSet::frame_socket(), borrowed; -1: every send fails with EPERM.
  explicit FrameSender(int packet_socket) : socket_(packet_socket) {}

  // Sends every datagram of the slot from `source_port`. Precondition: slot.destination.hardware is set.
  // Returns 0 or the errno of the first that failed (EINVAL: not IPv4, or no interface named).
  [[nodiscard]] int send(const TxSlot& slot, net::UdpPort source_port);

 private:
  [[nodiscard]] int send_one(const TxSlot& slot, const TxSlot::Datagram& datagram, net::UdpPort source_port);

  int socket_;
  std::uint16_t next_ip_id_ = 1;  // no DF: the identification must differ between datagrams that may be fragmented
};

}  // namespace rackcast::io
