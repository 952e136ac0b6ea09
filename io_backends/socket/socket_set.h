// The sockets of each lane, opened before privileges are dropped and in lane order on one thread (the order of binding
// is the answer of the steering program). What is here is set-up only: options, binding, groups, and errors an operator
// can act on. Sending and receiving is the backends' work (SocketIo, IoUringIo), which take a SocketSet over whole.
//
// Options of every socket: packet information on receive (SocketSpec::tells_local), overflow counter, 64 MiB buffers
// (or what the kernel allows), path-MTU discovery left out of it (IP_PMTUDISC_OMIT: ICMP cannot shrink a TFTP block),
// no IP_RECVERR (one dead client must not fail another's send), groups only as joined on this very socket
// (IP_MULTICAST_ALL 0). IPv6 sockets are V6ONLY: 0.0.0.0 and [::] are two sockets.
//
// Broadcast and multicast reach every member of a reuseport group: a DHCP socket must not set `steer_by_source`.
#pragma once

#include <span>
#include <vector>

#include "core/file_descriptor.h"
#include "core/packet_io.h"
#include "core/result.h"
#include "io_backends/socket/socket_spec.h"
#include "proto/net/address.h"

namespace rackcast::io {

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
