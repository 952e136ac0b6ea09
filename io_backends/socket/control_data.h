// Control data of a UDP datagram, both ways: what came with it (local address, interface, overflow counter) and what is
// to go with it (source address, interface, TTL, segment size). Shared by the socket and io_uring backends. No
// allocation; every input gives a defined answer.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cstddef>
#include <cstdint>

#include "core/packet_io.h"

namespace rackcast::io {

// in6_pktinfo + SO_RXQ_OVFL's counter.
inline constexpr std::size_t kReceiveControlBytes = CMSG_SPACE(sizeof(in6_pktinfo)) + CMSG_SPACE(sizeof(std::uint32_t));

// in6_pktinfo + TTL + UDP_SEGMENT.
inline constexpr std::size_t kSendControlBytes =
    CMSG_SPACE(sizeof(in6_pktinfo)) + CMSG_SPACE(sizeof(int)) + CMSG_SPACE(sizeof(std::uint16_t));

struct alignas(cmsghdr) SendControl {
  std::array<std::byte, kSendControlBytes> bytes;
  std::size_t plain_size = 0;    // without the segment size
  std::size_t segment_size = 0;  // with it; 0 when none was given
};

// Writes source, interface and TTL of `to`, and the segment size when `segment_bytes` is not 0. A source that is
// `bound`, the socket's own address, goes without saying, and without the look-up that the kernel makes for it.
void write_send_control(const Destination& to, const net::IpAddress& bound, std::uint16_t segment_bytes,
                        SendControl& out);

// Fills peer, local (port from `bound`), destination, interface and scope of `out` from `message`'s name and control
// data. `overflow` gets the socket's drop counter when it came along. False: the name is of no family we know.
[[nodiscard]] bool read_received(const msghdr& message, const net::Endpoint& bound, ReceivedDatagram& out,
                                 std::uint32_t& overflow);

}  // namespace rackcast::io
