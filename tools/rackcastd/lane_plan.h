// Which sockets each lane opens, and what each is for: a pure function of the configuration and the interfaces' facts.
//
//   lane 0:   DHCP, one socket per interface, and one on port 4011 where a proxy or a menu is configured (one authority
//   allocates; broadcast reaches every member of a reuseport group) lane 0..: each a TFTP listener per listen address,
//   steered by source, and a pool of transfer sockets (TIDs)
#pragma once

#include <span>
#include <vector>

#include "core/config/config.h"
#include "core/packet_io.h"
#include "core/result.h"
#include "io_backends/socket/interfaces.h"
#include "io_backends/socket/socket_set.h"

namespace rackcast {

// TIDs per lane and address family. A transfer's key is (TID, peer): with 16 TIDs a ROM that reuses its source port
// meets a key again only at its 17th transfer, long after the last ACK of the first.
inline constexpr std::size_t kTransferSocketsPerLane = 16;

enum class SocketRole : std::uint8_t { kDhcp, kBootServer, kTftpListener, kTftpTransfer };

struct PlannedSocket {
  SocketRole role = SocketRole::kDhcp;
  bool ipv6 = false;
  std::size_t interface = 0;  // kDhcp, kBootServer: index into the facts
};

struct LanePlan {
  std::vector<io::SocketSpec> specs;   // by SocketId
  std::vector<PlannedSocket> sockets;  // parallel to specs
};

// One plan per configured core, at least one. `interfaces`: the facts of [server].interfaces, in order. `ipv6`: this
// host has it; without, the default listen addresses are IPv4 alone.
[[nodiscard]] std::vector<LanePlan> plan_lanes(const Config& config, std::span<const io::InterfaceFacts> interfaces,
                                               bool ipv6);

// Can a lane with these sockets run the configuration? Sockets are opened at start only, as root: a reload may not ask
// for one more.
[[nodiscard]] Result<void> can_serve(const LanePlan& opened, const Config& config);

}  // namespace rackcast
