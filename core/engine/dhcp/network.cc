#include "core/engine/dhcp/network.h"

#include <algorithm>
#include <numeric>

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

// A host that the lease table knows by its MAC address goes by that; else by all that tells it from other hosts.
MachineKey key_of_host(const HostConfig& host, MachineKeyKind kind) {
  if (kind == MachineKeyKind::kMac && !host.mac.is_zero()) return MachineKey::of_mac(host.mac);
  const HostIdentity& identity = host.identity;
  std::string all;
  const auto add = [&](const auto& octets) {
    const auto bytes = std::as_bytes(std::span(octets));
    all += std::to_string(bytes.size()) + ':';
    all.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  };
  add(host.name);
  add(host.mac.octets);
  add(identity.client_identifier);
  add(identity.uuid.value_or(std::array<std::uint8_t, 16>{}));
  add(identity.circuit_id);
  add(identity.remote_id);
  if (identity.option) all += std::to_string(identity.option->space) + '.' + std::to_string(identity.option->code);
  add(identity.option_value);
  return MachineKey::of_host(all);
}

}  // namespace

void Link::add(std::size_t subnet) {
  const auto known = subnets();
  if (count_ < kSubnetsMax && std::find(known.begin(), known.end(), subnet) == known.end()) subnets_[count_++] = subnet;
}

Network::Network(std::shared_ptr<const Config> config, std::vector<DhcpInterface> interfaces)
    : config_(std::move(config)), interfaces_(std::move(interfaces)) {
  if (!is_on()) return;
  hosts_ = HostIndex(dhcp().hosts);
  for (const HostConfig& host : dhcp().hosts) host_keys_.push_back(key_of_host(host, dhcp().machine_key));
  policy_ = ClientPolicy(dhcp());
  if (dhcp().pxe) pxe_options_ = encode_pxe_options(*dhcp().pxe);
  number_links();
  list_pools();
}

// Subnets of one shared network, and those that one interface has addresses in, are one link.
void Network::number_links() {
  const auto& subnets = dhcp().subnets;
  link_numbers_.resize(subnets.size());
  std::iota(link_numbers_.begin(), link_numbers_.end(), 0U);
  const auto unite = [this](std::size_t a, std::size_t b) {
    const std::uint32_t from = std::max(link_numbers_[a], link_numbers_[b]);
    const std::uint32_t to = std::min(link_numbers_[a], link_numbers_[b]);
    std::replace(link_numbers_.begin(), link_numbers_.end(), from, to);
  };
  std::vector<std::optional<std::size_t>> first_of(dhcp().networks.size());
  for (std::size_t i = 0; i < subnets.size(); ++i) {
    if (!subnets[i].network) continue;
    auto& first = first_of[*subnets[i].network];
    if (first)
      unite(*first, i);
    else
      first = i;
  }
  for (const DhcpInterface& facts : interfaces_) {
    std::optional<std::size_t> first;
    for (const OwnAddress& own : facts.addresses)
      for (std::size_t i = 0; i < subnets.size(); ++i) {
        if (!subnets[i].subnet.contains(own.address)) continue;
        if (first) unite(*first, i);
        first = i;
        break;
      }
  }
}

void Network::list_pools() {
  for (std::size_t i = 0; i < dhcp().subnets.size(); ++i) {
    const SubnetConfig& subnet = dhcp().subnets[i];
    first_pool_.push_back(static_cast<std::uint32_t>(pools_.size()));
    pools_.push_back({static_cast<std::uint32_t>(i), nullptr, subnet.bootp});
    for (const PoolConfig& pool : subnet.pools) pools_.push_back({static_cast<std::uint32_t>(i), &pool, pool.bootp});
  }
  first_pool_.push_back(static_cast<std::uint32_t>(pools_.size()));
  pool_numbers_.resize(pools_.size());
  std::iota(pool_numbers_.begin(), pool_numbers_.end(), 0U);
}

std::span<const std::uint32_t> Network::pools_of(std::size_t subnet) const {
  return std::span(pool_numbers_).subspan(first_pool_[subnet], first_pool_[subnet + 1] - first_pool_[subnet]);
}

const DhcpInterface* Network::interface_of(SocketId socket, InterfaceIndex index) const {
  const auto usable = [](const DhcpInterface& facts) { return !facts.addresses.empty(); };
  const auto has = [&](const DhcpInterface& facts) { return facts.socket == socket || facts.boot_socket == socket; };
  for (const DhcpInterface& facts : interfaces_)
    if (has(facts) && usable(facts) && (index == InterfaceIndex{} || facts.index == index)) return &facts;
  // A relayed request may be routed in through another interface than the one its socket is bound to.
  for (const DhcpInterface& facts : interfaces_)
    if (has(facts) && usable(facts)) return &facts;
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

bool Network::serves(net::Ipv4Address address) const {
  const auto& subnets = dhcp().subnets;
  return std::any_of(subnets.begin(), subnets.end(),
                     [&](const SubnetConfig& subnet) { return subnet.subnet.contains(address); });
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

const HostConfig* Network::host_in(std::span<const HostIndex::Entry> hosts, const net::Ipv4Prefix& subnet) {
  const HostConfig* without_address = nullptr;
  for (const HostIndex::Entry& entry : hosts) {
    if (find_address(entry.host, subnet, [](net::Ipv4Address) { return true; })) return entry.host;
    if (!entry.host->address && without_address == nullptr) without_address = entry.host;
  }
  return without_address;
}

MachineKey Network::host_key_of(const Lease& lease) const {
  for (const HostIndex::Entry& entry : hosts_.find(lease)) {
    const auto& more = entry.host->more_addresses;
    if (entry.host->address == lease.address || std::find(more.begin(), more.end(), lease.address) != more.end())
      return key_of(*entry.host);
  }
  return {};
}

LeaseLayout Network::layout() const {
  LeaseLayout layout;
  if (!is_on()) return layout;
  for (std::size_t i = 0; i < dhcp().subnets.size(); ++i) {
    const SubnetConfig& subnet = dhcp().subnets[i];
    layout.subnets.push_back({subnet.subnet, link_numbers_[i]});
    const std::vector<net::Ipv4Address> taken = taken_addresses(subnet);
    layout.pools.push_back({ranges_without(subnet.ranges, taken)});
    for (const PoolConfig& pool : subnet.pools) layout.pools.push_back({ranges_without(pool.ranges, taken)});
  }
  for (const HostConfig& host : dhcp().hosts) {
    if (!host.address) continue;
    layout.reservations.push_back({*host.address, key_of(host)});
    for (const net::Ipv4Address address : host.more_addresses) layout.reservations.push_back({address, key_of(host)});
  }
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

// The address's subnet and, of a shared network, the others as they are declared.
void Network::add_subnet_of(net::Ipv4Address address, Link& link) const {
  const auto& subnets = dhcp().subnets;
  const auto found = std::find_if(subnets.begin(), subnets.end(),
                                  [&](const SubnetConfig& subnet) { return subnet.subnet.contains(address); });
  if (found == subnets.end()) return;
  if (!found->network) return link.add(static_cast<std::size_t>(found - subnets.begin()));
  for (std::size_t i = 0; i < subnets.size(); ++i)
    if (subnets[i].network == found->network) link.add(i);
}

}  // namespace rackcast::engine
