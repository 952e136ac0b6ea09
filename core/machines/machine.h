// What we know of a machine. Written on the DHCP lane only; published as whole records to every lane's and stream
// thread's private copy (MachineTable) and to the boot board.
#pragma once

#include <array>
#include <cstdint>

#include "core/leases/lease.h"
#include "core/time.h"
#include "proto/bytes/fixed_text.h"
#include "proto/net/address.h"

namespace rackcast {

inline constexpr std::uint16_t kArchitectureUnsaid = 0xFFFF;  // plain DHCP clients never say

struct Machine {
  net::MacAddress mac;                               // the key
  net::Ipv4Address address;                          // latest lease; 0.0.0.0 while none
  HostName hostname;                                 // given by us (option 12) or, failing that, named by the client
  std::array<std::uint8_t, 16> uuid{};               // option 97, wire order; zeros = unknown
  std::uint16_t architecture = kArchitectureUnsaid;  // option 93
  FixedText<32> vendor_class;                        // option 60, cut
  FixedText<62> boot_file;                           // what DHCP named last; "" when none, or longer
  bool ipxe = false;                                 // its latest DHCP dialogue was iPXE's (option 77 or 175)
  WallTime seen;
};

}  // namespace rackcast
