#include "tools/rackcastd/discovery_group.h"

namespace rackcast {

void DiscoveryGroup::join(const Config& config) {
  if (!config.dhcp || !config.dhcp->pxe || !config.dhcp->pxe->discovery_group) return;
  const net::Ipv4Address group = *config.dhcp->pxe->discovery_group;
  for (const BootSocket& at : sockets_) {
    if (io_.join_group(at.socket, group, at.interface)) continue;
    warn_("interface " + at.name + ": the PXE discovery group " + std::string(group.text().view()) +
          " cannot be joined: machines that look for boot servers by multicast are not heard");
  }
}

}  // namespace rackcast
