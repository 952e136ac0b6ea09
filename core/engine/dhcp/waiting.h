// What a machine may wait for: its lease's row to be on disk (an ACK), or a look at an address before it is offered
// (its DISCOVER or BOOTREQUEST). A retransmission replaces what waits, writes no second row and asks for no second
// look.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

#include "core/engine/dhcp/ready_reply.h"
#include "core/engine/dhcp/waiting_table.h"
#include "core/leases/lease.h"

namespace rackcast::engine {

struct HeldReply {
  MachineKey key;
  ReadyReply reply;
  MonotonicTime asked;  // when the message came
  Lease lease;          // to be in force once it is on disk
  bool alone = false;   // and the machine's others then end (one-lease-per-client)
};
using HeldReplies = WaitingTable<HeldReply>;

// The datagram is kept as it came, for the address may turn out to be another's, and another one be offered.
struct HeldDiscover {
  MachineKey key;
  net::Ipv4Address address;      // being looked at
  std::uint32_t link = 0;        // where its machine is
  unsigned conflicts = 0;        // addresses looked at before this one, that somebody uses
  std::optional<Duration> rest;  // of it, if somebody has it (abandon-lease-time)
  ReceivedDatagram datagram;
  std::array<std::byte, kReceiveBytesMax> octets;

  void keep(const ReceivedDatagram& received) {
    datagram = received;
    const std::size_t size = std::min(received.payload.size(), octets.size());
    std::copy_n(received.payload.begin(), size, octets.begin());
    datagram.payload = std::span(octets).first(size);
  }
};
using HeldDiscovers = WaitingTable<HeldDiscover>;

}  // namespace rackcast::engine
