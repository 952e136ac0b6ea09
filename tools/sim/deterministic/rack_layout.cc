#include "tools/sim/deterministic/rack_layout.h"

#include <algorithm>
#include <map>

namespace rackcast::sim {

namespace {

constexpr std::uint32_t kPoolStart = 16;
// An offer is held this long (core/leases): invented machines eat so many addresses, and then some.
constexpr std::uint32_t kOfferHoldSeconds = 130;
constexpr std::uint32_t kPrefixBitsMax = 28;

std::uint8_t prefix_bits_for(std::uint32_t addresses, std::size_t segments) {
  std::uint8_t bits = kPrefixBitsMax;
  while (bits > 8 && (std::uint64_t{1} << (32U - bits)) < addresses) --bits;
  while (bits > 8 && (std::uint64_t{segments} << (32U - bits)) > (std::uint64_t{1} << 24U)) ++bits;
  return bits;
}

}  // namespace

RackLayout lay_out(const RunPlan& plan) {
  RackLayout layout;
  layout.segment_of.reserve(plan.machines.size());
  struct Filling {
    std::uint32_t segment;
    std::uint32_t machines;
  };
  std::map<std::uint32_t, Filling> filling;  // by rack: its segment with room
  std::uint32_t segments = 0;
  std::uint32_t fullest = 0;
  for (const MachinePlan& machine : plan.machines) {
    auto [it, fresh] = filling.try_emplace(machine.rack, Filling{segments, 0});
    if (!fresh && it->second.machines == kSegmentMachinesMax) it->second = {segments, 0};
    if (it->second.machines++ == 0) ++segments;
    fullest = std::max(fullest, it->second.machines);
    layout.segment_of.push_back(it->second.segment);
  }
  segments = std::max(segments, 1U);
  const std::uint32_t invented = plan.hostile.bad_dhcp_per_second * kOfferHoldSeconds;
  const std::uint8_t bits = prefix_bits_for(fullest + fullest / 4 + invented + 2 * kPoolStart, segments);
  const std::uint32_t size = std::uint32_t{1} << (32U - bits);
  for (std::uint32_t i = 0; i < segments; ++i) {
    const std::uint32_t base = net::Ipv4Address(10, 0, 0, 0).value() + i * size;
    layout.segments.push_back({{net::Ipv4Address(base), bits},
                               net::Ipv4Address(base + 1),
                               net::Ipv4Address(base + kPoolStart),
                               net::Ipv4Address(base + size - 2)});
  }
  return layout;
}

std::shared_ptr<Config> server_config(const RackLayout& layout, const std::string& root,
                                      const TftpChoices& tftp_choices, const DhcpChoices& dhcp_choices) {
  auto config = std::make_shared<Config>();
  config->server.interfaces = {"eth0"};
  DhcpConfig& dhcp = config->dhcp.emplace();
  dhcp.conflict_probe = dhcp_choices.conflict_probe;
  for (const SegmentPlan& segment : layout.segments) {
    SubnetConfig subnet;
    subnet.subnet = segment.prefix;
    const std::uint32_t size = segment.last.value() - segment.first.value() + 1;
    const std::uint32_t pool = dhcp_choices.pool_max == 0 ? size : std::min(size, dhcp_choices.pool_max);
    subnet.ranges = {{segment.first, net::Ipv4Address(segment.first.value() + pool - 1)}};
    subnet.lease_seconds = dhcp_choices.lease_seconds;
    subnet.bootp = true;
    subnet.routers = {segment.gateway};
    subnet.next_server = layout.server();
    dhcp.subnets.push_back(std::move(subnet));
  }
  dhcp.boot.by_architecture = {{"bios", "pxelinux.0"}, {"efi64", "efi/shimx64.efi"}, {"default", "pxelinux.0"}};
  dhcp.boot.ipxe = {{"default", "boot.ipxe"}};
  dhcp.boot.http = "http://" + std::string(layout.server().text().view()) + "/efi/shimx64.efi";
  TftpConfig& tftp = config->tftp.emplace();
  tftp.listen = {{net::Ipv4Address(), net::UdpPort{69}}};
  tftp.root = root;
  tftp.single_port = tftp_choices.single_port;
  tftp.max_windowsize = tftp_choices.max_windowsize;
  tftp.admission = tftp_choices.admission;
  config->http.emplace().root = root;
  config->ftp.emplace().root = root;
  return config;
}

}  // namespace rackcast::sim
