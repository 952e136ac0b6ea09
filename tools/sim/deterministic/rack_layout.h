// Where a run's machines stand: segments of at most kSegmentMachinesMax machines, each with an address range of its
// own. The server is on the first segment; the others reach it through a relay and a router, so that a broadcast is
// heard by one segment and not by ten thousand machines.
//
//   10.0.0.0/8 is cut into equal prefixes, one a segment: .1 is the server's or the relay's, from .16 on the pool
//   172.16.0.0/16 strangers with an address, on the server's segment; 172.17.0.0/16 addresses that nobody has
//
// Pure: the same plan, the same layout.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "core/config/config.h"
#include "proto/net/address.h"
#include "tools/sim/scenario/scenario.h"

namespace rackcast::sim {

inline constexpr std::uint32_t kSegmentMachinesMax = 500;

struct SegmentPlan {
  net::Ipv4Prefix prefix;
  net::Ipv4Address gateway;  // .1
  net::Ipv4Address first;    // of the pool
  net::Ipv4Address last;
};

struct RackLayout {
  std::vector<SegmentPlan> segments;
  std::vector<std::uint32_t> segment_of;  // by machine

  [[nodiscard]] net::Ipv4Address server() const { return segments.front().gateway; }
};

[[nodiscard]] RackLayout lay_out(const RunPlan& plan);

// What an operator may choose in [tftp] and [dhcp]; the daemon's defaults.
struct TftpChoices {
  bool single_port = false;
  std::uint16_t max_windowsize = 64;
  AdmissionConfig admission;
};
struct DhcpChoices {
  LeaseSeconds lease_seconds;
  std::uint32_t pool_max = 0;  // addresses of a segment's pool; 0: all that it has
  ConflictProbe conflict_probe = ConflictProbe::kOff;
  std::uint32_t squatters = 0;  // of a segment: machines that use the first addresses of its pool and asked nobody
};

// What the server is told: pools of the layout, boot files by architecture as a lab's configuration has them.
[[nodiscard]] std::shared_ptr<Config> server_config(const RackLayout& layout, const std::string& root,
                                                    const TftpChoices& tftp = {}, const DhcpChoices& dhcp = {});

inline constexpr net::Ipv4Address kStrangersFirst{172, 16, 0, 1};
inline constexpr net::Ipv4Address kNobodysFirst{172, 17, 0, 1};

}  // namespace rackcast::sim
