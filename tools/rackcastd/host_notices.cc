#include "tools/rackcastd/host_notices.h"

#include <algorithm>
#include <fstream>

namespace rackcast {

namespace {

bool in_range(const SubnetConfig& subnet, net::Ipv4Address address) {
  return std::any_of(subnet.ranges.begin(), subnet.ranges.end(),
                     [address](const AddressRange& range) { return range.first <= address && address <= range.last; });
}

void check_interface(const io::InterfaceFacts& interface, const Config& config, std::vector<std::string>& notices) {
  bool has_ipv4 = false;
  for (const io::InterfaceAddress& own : interface.addresses) {
    if (!own.address.is_v4()) continue;
    has_ipv4 = true;
    if (!config.dhcp) continue;
    for (const SubnetConfig& subnet : config.dhcp->subnets)
      if (in_range(subnet, own.address.v4()))
        notices.push_back(std::string(own.address.text().view()) + " on " + interface.name +
                          " is ours and inside a range of " + std::string(subnet.subnet.text().view()) +
                          ": it is never leased");
  }
  if (!has_ipv4 && config.dhcp)
    notices.push_back("interface " + interface.name +
                      " has no IPv4 address: no DHCP answers there until it has one and the configuration is reloaded");
}

std::uint64_t addresses_to_lease(const DhcpConfig& dhcp) {
  std::uint64_t count = dhcp.hosts.size();
  for (const SubnetConfig& subnet : dhcp.subnets)
    for (const AddressRange& range : subnet.ranges)
      count += std::uint64_t{range.last.value()} - range.first.value() + 1;
  return count;
}

}  // namespace

std::vector<std::string> host_notices(const Config& config, std::span<const io::InterfaceFacts> interfaces,
                                      std::uint64_t neighbours_max) {
  std::vector<std::string> notices;
  for (const io::InterfaceFacts& interface : interfaces) check_interface(interface, config, notices);
  if (config.dhcp && neighbours_max > 0) {
    const std::uint64_t wanted = addresses_to_lease(*config.dhcp);
    if (wanted > neighbours_max)
      notices.push_back("up to " + std::to_string(wanted) + " machines, but this host's neighbour table holds " +
                        std::to_string(neighbours_max) +
                        ": on a flat network raise it (sysctl net.ipv4.neigh.default.gc_thresh3=" +
                        std::to_string(2 * wanted) + " on the host itself)");
  }
  return notices;
}

std::uint64_t neighbours_max_of_this_host() {
  std::ifstream file("/proc/sys/net/ipv4/neigh/default/gc_thresh3");
  std::uint64_t value = 0;
  file >> value;
  return file ? value : 0;
}

}  // namespace rackcast
