// A light attachment to the simulated network: one cable with a MAC and at most one IPv4 address, no host behind it, no
// sockets, no buffers. For simulated machines by the ten thousand; a server under test, which has sockets and steering,
// is a SimHost.
//
//   machine --port--[cable]-- segment ...
//
// What is addressed to the port's address, to its MAC, or to a group it is in comes to its receiver; a broadcast comes
// when the receiver says that it hears it. Single-threaded.
#pragma once

#include <cstdint>
#include <span>

#include "io_backends/sim/frame_pool.h"
#include "io_backends/sim/link.h"

namespace rackcast::io {

using SegmentId = StrongId<struct SegmentIdTag, std::uint32_t>;
using PortId = StrongId<struct PortIdTag, std::uint32_t>;  // network-wide, from 0 in the order of adding

class SimPortReceiver {
 public:
  // `frame` is lent for the call; its payload may be in two parts. It may send and schedule.
  virtual void on_frame(PortId port, const SimFrame& frame) = 0;
  // Asked when a segment forwards a broadcast to this UDP port.
  [[nodiscard]] virtual bool hears_broadcast(PortId port, net::UdpPort to) const = 0;

 protected:
  ~SimPortReceiver() = default;
};

struct SimPort {
  SegmentId segment;
  net::MacAddress mac;
  net::Ipv4Address address;  // any(): none yet
  LinkState to_network;
  LinkState from_network;
  const LinkFaults* faults = nullptr;   // of both directions, shared by many; never null once added
  SimPortReceiver* receiver = nullptr;  // outlives the network's last event
};

}  // namespace rackcast::io
