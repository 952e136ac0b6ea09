// What a lane's socket is to be: a plain description, understood by the kernel backends (socket_set.h) and by the
// simulator (io_backends/sim/sim_io.h) alike. SocketId is the index in a lane's list of specs.
#pragma once

#include <cstdint>
#include <string>

#include "proto/net/address.h"

namespace rackcast::io {

// Many dead machines fill a send buffer with datagrams that wait for ARP: room for some 300 full neighbour queues.
inline constexpr int kSocketBufferBytes = 64 * 1024 * 1024;

struct SocketSpec {
  net::Endpoint bind;              // port 0: the kernel chooses; see SocketSet::Socket::local
  std::string interface;           // SO_BINDTODEVICE; empty = all interfaces
  bool steer_by_source = false;    // one member per lane of a reuseport group, steered by source address. The group is
                                   // all specs with equal `bind` and `interface`; port 0 becomes one port for all
  bool tells_local = true;         // received datagrams say which address and interface they came to; else `local` and
                                   // `destination` are the address bound, `interface` is 0. It costs 2 % per datagram
  bool broadcast = false;          // may send to broadcast addresses
  bool frames = false;             // may send frames to a MAC (opens the lane's AF_PACKET socket; needs CAP_NET_RAW)
  bool share_port = false;         // SO_REUSEADDR: several multicast receivers of one host on one port
  bool multicast_loop = false;     // our own multicast is also delivered on this host
  std::uint8_t multicast_ttl = 1;  // default of Destination::ttl for multicast
  std::string purpose;             // "TFTP", "DHCP": named in errors
  int buffer_bytes = kSocketBufferBytes;
};

}  // namespace rackcast::io
