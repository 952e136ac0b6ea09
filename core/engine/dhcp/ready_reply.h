// A reply as it will leave, and what is told when it does. Made once, when the message comes: nothing of the message or
// of the configuration is looked at again, whether it leaves at once, waits for the disk or for its class's delay.
#pragma once

#include <array>
#include <span>

#include "core/engine/dhcp/dhcp_stats.h"
#include "core/engine/dhcp/reply_builder.h"
#include "core/event.h"
#include "core/machines/machine.h"
#include "core/packet_io.h"

namespace rackcast::engine {

struct ReadyReply {
  // --- The datagram
  std::array<std::byte, kReplyBytesMax> octets;  // the first `size` count
  std::uint16_t size = 0;
  Destination to;
  Duration delay = Duration::zero();  // a class's; from when the message came

  // --- What leaving means: a counter, a line in the log, and the machine's record where it is given an address
  EventKind kind = EventKind::kDhcpOffer;
  std::uint64_t DhcpStats::*counter = &DhcpStats::offers;
  net::Ipv4Address address;
  net::Ipv4Address relay;
  FixedText<16> interface;
  FixedText<16> detail;
  HostName client_name;  // option 12 as the client sent it
  Machine machine;
  bool publish = false;
  QuirkSet quirks;

  // The times of its lease (options 51, 58 and 59), made to fit what is left of one. False: it names none.
  [[nodiscard]] bool shorten_lease(std::uint32_t seconds);
  // Copies what counts.
  void assign(const ReadyReply& other);
};

}  // namespace rackcast::engine
