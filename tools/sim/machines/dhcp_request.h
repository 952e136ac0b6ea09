// A client's DHCP messages, written as its habits say: which options, in which order, how long. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "proto/dhcp/message.h"
#include "tools/sim/machines/machine_facts.h"
#include "tools/sim/machines/profile.h"

namespace rackcast::sim {

// What changes from message to message of one exchange.
struct DhcpRequest {
  dhcp4::MessageType type = dhcp4::MessageType::kDiscover;
  dhcp4::Xid xid;
  std::uint16_t secs = 0;
  net::Ipv4Address requested;  // 50; any(): not sent
  net::Ipv4Address server;     // 54; any(): not sent
  net::Ipv4Address client;     // ciaddr: of a machine that has its address
};

// Larger than any profile's longest; a test writes all of them.
inline constexpr std::size_t kDhcpMessageBytesMax = 600;

// The used prefix of `out`; empty where it is too small.
[[nodiscard]] std::span<const std::byte> encode_dhcp(const DhcpRequest& request, const DhcpHabits& habits,
                                                     const MachineIdentity& identity, std::span<std::byte> out);

}  // namespace rackcast::sim
