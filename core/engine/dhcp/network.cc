#include "core/engine/dhcp/network.h"

#include <algorithm>

namespace rackcast::engine {

namespace {

// `taken` in order; the ranges stay disjoint and in theirs.
std::vector<AddressRange> ranges_without(const std::vector<AddressRange>& ranges,
                                         const std::vector<net::Ipv4Address>& taken) {
  std::vector<AddressRange> left;
  for (const AddressRange& range : ranges) {
    std::uint64_t from = range.first.value();  // 64 bits: it can pass 255.255.255.255
    const auto add_until = [&](std::uint64_t until) {
      if (from < until)
        left.push_back({net::Ipv4Address(static_cast<std::uint32_t>(from)),
                        net::Ipv4Address(static_cast<std::uint32_t>(until - 1))});
    };
    for (const net::Ipv4Address address : taken) {
      if (address < range.first || range.last < address) continue;
      add_until(address.value());
      from = std::uint64_t{address.value()} + 1;
    }
    add_until(std::uint64_t{range.last.value()} + 1);
  }
  return left;
}

}  // namespace

void Link::add(std::size_t subnet) {
  const auto known = subnets();
  if (count_ < kSubnetsMax && std::find(known.begin(), known.end(), subnet) == known.end()) subnets_[count_++] = subnet;
}

Network::Network(std::shared_ptr<const Config> config, std::vector<DhcpInterface> interfaces)
    : config_(std::move(config)), interfaces_(std::move(interfaces)) {
  if (!is_on()) return;
  for (const HostConfig& host : dhcp().hosts) hosts_.push_back(&host);
  std::stable_sort(hosts_.begin(), hosts_.end(),
                   [](const HostConfig* a, const HostConfig* b) { return a->mac < b->mac; });
  std::uint32_t pools = 0;
  for (const SubnetConfig& subnet : dhcp().subnets) {
    first_pool_.push_back(pools);
    pools += static_cast<std::uint32_t>(1 + subnet.pools.size());
  }
}

const DhcpInterface* Network::interface_of(SocketId socket, InterfaceIndex index) const {
  const auto usable = [](const DhcpInterface& facts) { return !facts.addresses.empty(); };
  for (const DhcpInterface& facts : interfaces_)
    if (facts.socket == socket && usable(facts) && (index == InterfaceIndex{} || facts.index == index)) return &facts;
  // A relayed request may be routed in through another interface than the one its socket is bound to.
  for (const DhcpInterface& facts : interfaces_)
    if (facts.socket == socket && usable(facts)) return &facts;
  return nullptr;
}

bool Network::is_ours(net::Ipv4Address address) const {
  for (const DhcpInterface& facts : interfaces_)
    for (const OwnAddress& own : facts.addresses)
      if (own.address == address) return true;
  return false;
}

Link Network::link_of(const Request& request, const DhcpInterface& interface) const {
  Link link;
  const bool relayed = request.header.is_relayed();
  if (relayed && request.link_selection) {
    add_subnet_of(*request.link_selection, link);
  } else if (request.subnet_selection) {
    add_subnet_of(*request.subnet_selection, link);
  } else if (relayed) {
    add_subnet_of(request.header.giaddr, link);
  } else {
    // A renewing client's unicast is routed past its relay: its own address tells the network (RFC 2131 §4.3.2).
    if (request.unicast && !request.client_address().is_any()) add_subnet_of(request.client_address(), link);
    if (link.empty())
      for (const OwnAddress& own : interface.addresses) add_subnet_of(own.address, link);
  }
  return link;
}

std::optional<std::size_t> Network::subnet_of(net::Ipv4Address address, const Link& link) const {
  for (const std::size_t number : link.subnets())
    if (subnet(number).subnet.contains(address)) return number;
  return std::nullopt;
}

net::Ipv4Address Network::source_address(const Request& request, const DhcpInterface& interface,
                                         const net::Ipv4Prefix& subnet) const {
  if (request.unicast) return request.destination;
  for (const OwnAddress& own : interface.addresses)
    if (subnet.contains(own.address)) return own.address;
  return interface.addresses.front().address;
}

net::Ipv4Address Network::server_identifier(const Request& request, net::Ipv4Address source) const {
  if (request.header.is_relayed() && request.server_id_override) return *request.server_id_override;
  // iPXE and others drop an ACK whose 54 is not the offer's: an address of ours they know us by stays.
  if (request.server_identifier && is_ours(*request.server_identifier)) return *request.server_identifier;
  return source;
}

bool Network::names_us(const Request& request) const {
  if (!request.server_identifier) return false;
  if (request.header.is_relayed() && request.server_id_override == request.server_identifier) return true;
  return is_ours(*request.server_identifier);
}

const HostConfig* Network::host_of(const net::MacAddress& mac, const net::Ipv4Prefix& subnet) const {
  const auto first = std::lower_bound(hosts_.begin(), hosts_.end(), mac,
                                      [](const HostConfig* host, const net::MacAddress& m) { return host->mac < m; });
  const HostConfig* without_address = nullptr;
  for (auto at = first; at != hosts_.end() && (*at)->mac == mac; ++at) {
    if ((*at)->address && subnet.contains(*(*at)->address)) return *at;
    if (!(*at)->address && without_address == nullptr) without_address = *at;
  }
  return without_address;
}

LeaseClient Network::client_of(const Request& request) const {
  LeaseClient client;
  client.mac = request.mac;
  client.relay = request.header.giaddr;
  client.relay_info = request.relay_info;
  switch (dhcp().machine_key) {
    case MachineKeyKind::kMac:
      break;
    case MachineKeyKind::kUuid:
      if (const Machine machine = machine_of(request); machine.uuid != Machine{}.uuid)
        client.key = MachineKey::of_uuid(machine.uuid);
      break;
    case MachineKeyKind::kClientIdentifier:
      client.key = MachineKey::of_client_identifier(request.client_identifier);
      break;
  }
  if (client.key.is_none()) client.key = MachineKey::of_mac(request.mac);
  return client;
}

std::uint32_t Network::link_number(std::size_t subnet) const {
  const auto& subnets = dhcp().subnets;
  std::size_t first = subnet;
  if (subnets[subnet].network)
    for (first = 0; subnets[first].network != subnets[subnet].network;) ++first;
  return static_cast<std::uint32_t>(first);
}

LeaseLayout Network::layout() const {
  LeaseLayout layout;
  if (!is_on()) return layout;
  for (std::size_t i = 0; i < dhcp().subnets.size(); ++i) {
    const SubnetConfig& subnet = this->subnet(i);
    const auto taken = taken_addresses(subnet);
    layout.subnets.push_back({subnet.subnet, link_number(i)});
    layout.pools.push_back({ranges_without(subnet.ranges, taken)});
    for (const PoolConfig& pool : subnet.pools) layout.pools.push_back({ranges_without(pool.ranges, taken)});
  }
  for (const HostConfig& host : dhcp().hosts)
    if (host.address) layout.reservations.push_back({*host.address, MachineKey::of_mac(host.mac)});
  layout.caps = {dhcp().leases_per_port, dhcp().leases_per_relay};
  return layout;
}

// In order.
std::vector<net::Ipv4Address> Network::taken_addresses(const SubnetConfig& subnet) const {
  std::vector<net::Ipv4Address> taken = subnet.routers;
  taken.insert(taken.end(), subnet.dns.begin(), subnet.dns.end());
  if (subnet.next_server) taken.push_back(*subnet.next_server);
  for (const DhcpInterface& facts : interfaces_)
    for (const OwnAddress& own : facts.addresses) taken.push_back(own.address);
  std::sort(taken.begin(), taken.end());
  return taken;
}

void Network::add_subnet_of(net::Ipv4Address address, Link& link) const {
  for (std::size_t i = 0; i < dhcp().subnets.size(); ++i) {
    if (!dhcp().subnets[i].subnet.contains(address)) continue;
    link.add(i);
    return;
  }
}

}  // namespace rackcast::engine
