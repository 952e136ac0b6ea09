// The sockets of each lane, opened before privileges are dropped and in lane order on one thread (the order of binding
// is the answer of the steering program). What is here is set-up only: options, binding, groups, and errors an operator
// can act on. Sending and receiving is the backends' work (SocketIo, IoUringIo), which take a SocketSet over whole.
//
// Options of every socket: packet information on receive, overflow counter, 64 MiB buffers (or what the kernel allows),
// path-MTU discovery left out of it (IP_PMTUDISC_OMIT: ICMP cannot shrink a TFTP block), no IP_RECVERR (one dead client
// must not fail another's send), groups only as joined on this very socket (IP_MULTICAST_ALL 0). IPv6 sockets are
// V6ONLY: 0.0.0.0 and [::] are two sockets.
//
// Broadcast and multicast reach every member of a reuseport group: a DHCP socket must not set `steer_by_source`.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/packet_io.h"
#include "core/result.h"
#include "io_backends/socket/file_descriptor.h"
#include "proto/net/address.h"

namespace rackcast::io {

// Many dead machines fill a send buffer with datagrams that wait for ARP: room for some 300 full neighbour queues.
inline constexpr int kSocketBufferBytes = 64 * 1024 * 1024;

struct SocketSpec {
  net::Endpoint bind;              // port 0: the kernel chooses; see SocketSet::Socket::local
  std::string interface;           // SO_BINDTODEVICE; empty = all interfaces
  bool steer_by_source = false;    // one member per lane of a reuseport group, steered by source address. The group is
                                   // all specs with equal `bind` and `interface`; port 0 becomes one port for all
  bool broadcast = false;          // may send to broadcast addresses
  bool frames = false;             // may send frames to a MAC (opens the lane's AF_PACKET socket; needs CAP_NET_RAW)
  bool share_port = false;         // SO_REUSEADDR: several multicast receivers of one host on one port
  bool multicast_loop = false;     // our own multicast is also delivered on this host
  std::uint8_t multicast_ttl = 1;  // default of Destination::ttl for multicast
  std::string purpose;             // "TFTP", "DHCP": named in errors
  int buffer_bytes = kSocketBufferBytes;
};

class SocketSet {
 public:
  struct Socket {
    FileDescriptor fd;
    SocketSpec spec;
    net::Endpoint local;  // as bound, port resolved
  };

  // Opens everything, or nothing: the first error closes what was opened. `lanes[i]` are lane i's sockets; SocketId is
  // the index within it. Caller's thread does all the binding.
  [[nodiscard]] static Result<std::vector<SocketSet>> open_lanes(std::span<const std::vector<SocketSpec>> lanes);

  // One lane.
  [[nodiscard]] static Result<SocketSet> open(std::vector<SocketSpec> specs);

  [[nodiscard]] std::span<const Socket> sockets() const { return sockets_; }
  // AF_PACKET, SOCK_DGRAM, receives nothing; -1 when no spec asked for frames.
  [[nodiscard]] int frame_socket() const { return frame_socket_.get(); }

 private:
  std::vector<Socket> sockets_;
  FileDescriptor frame_socket_;
};

}  // namespace rackcast::io
