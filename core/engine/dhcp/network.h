// Which network a client is on, and which of our addresses speaks to it: subnet choice (RFC 3527, RFC 3011, RFC 2131
// §4.3.1), server identifier, host entries, pools. Read-only after construction; owned by the engine and replaced whole
// when the configuration is swapped.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "core/config/config.h"
#include "core/engine/dhcp/client_policy.h"
#include "core/engine/dhcp/host_index.h"
#include "core/engine/dhcp/request.h"
#include "core/leases/lease_layout.h"
#include "core/work.h"

namespace rackcast::engine {

// What the daemon knows of the interface behind the DHCP sockets.
struct DhcpInterface {
  SocketId socket;
  InterfaceIndex index;
  FixedText<16> name;
  std::vector<OwnAddress> addresses;
  std::optional<SocketId> boot_socket = std::nullopt;  // port 4011, where it is open
};

// The configured subnets of the link a client is on: those of a shared network, and several where an interface has
// addresses in several.
class Link {
 public:
  static constexpr std::size_t kSubnetsMax = 32;  // more on one link are not looked at

  void add(std::size_t subnet);
  [[nodiscard]] std::span<const std::size_t> subnets() const { return std::span(subnets_).first(count_); }
  [[nodiscard]] bool empty() const { return count_ == 0; }

 private:
  std::array<std::size_t, kSubnetsMax> subnets_{};
  std::size_t count_ = 0;
};

// The layout's pools: a subnet's own ranges, then its pools with permits.
struct PoolFacts {
  std::uint32_t subnet = 0;
  const PoolConfig* config = nullptr;  // null: the subnet's own ranges
  bool bootp = false;
};

// Port 4011 has to be open, on every interface with DHCP: a proxy's clients, and those that are shown a menu, ask
// there.
[[nodiscard]] inline bool needs_boot_port(const DhcpConfig& config) {
  return config.mode == DhcpMode::kProxy || config.pxe.has_value();
}

class Network {
 public:
  // `config` without [dhcp]: is_on() is false and nothing else may be asked.
  Network(std::shared_ptr<const Config> config, std::vector<DhcpInterface> interfaces);

  [[nodiscard]] bool is_on() const { return config_->dhcp.has_value(); }
  [[nodiscard]] const DhcpConfig& dhcp() const { return *config_->dhcp; }
  [[nodiscard]] const SubnetConfig& subnet(std::size_t number) const { return dhcp().subnets[number]; }
  [[nodiscard]] const std::vector<DhcpInterface>& interfaces() const { return interfaces_; }
  [[nodiscard]] const ClientPolicy& policy() const { return policy_; }

  // Null: not one of our sockets, or an interface without an address.
  [[nodiscard]] const DhcpInterface* interface_of(SocketId socket, InterfaceIndex index) const;
  [[nodiscard]] bool is_ours(net::Ipv4Address address) const;
  [[nodiscard]] Link link_of(const Request& request, const DhcpInterface& interface) const;
  // The link's subnet that holds `address`.
  [[nodiscard]] std::optional<std::size_t> subnet_of(net::Ipv4Address address, const Link& link) const;
  [[nodiscard]] bool serves(net::Ipv4Address address) const;  // some subnet holds it
  // Ours, to send from: the address that was asked, else the interface's in the client's subnet, else its first.
  [[nodiscard]] net::Ipv4Address source_address(const Request& request, const DhcpInterface& interface,
                                                const net::Ipv4Prefix& subnet) const;
  // Option 54: what the relay says it must be (RFC 5107), else what the client knows us by, else source_address.
  [[nodiscard]] net::Ipv4Address server_identifier(const Request& request, net::Ipv4Address source) const;
  [[nodiscard]] bool names_us(const Request& request) const;  // option 54 is one of ours

  // The sender's host entries, of any network; empty: an unknown client.
  [[nodiscard]] std::span<const HostIndex::Entry> hosts_of(const Request& request) const {
    return hosts_.find(request);
  }
  // The one that applies in a subnet: one whose address is in it, else one without an address. A reservation for
  // another network does not apply, and so is never offered on the wrong one.
  [[nodiscard]] static const HostConfig* host_in(std::span<const HostIndex::Entry> hosts,
                                                 const net::Ipv4Prefix& subnet);
  // Its addresses in that subnet, in order, by `visit(address)` until that says true; the address, or nullopt.
  template <typename Visit>
  static std::optional<net::Ipv4Address> find_address(const HostConfig* host, const net::Ipv4Prefix& subnet,
                                                      Visit&& visit) {
    if (host == nullptr) return std::nullopt;
    if (host->address && subnet.contains(*host->address) && visit(*host->address)) return *host->address;
    for (const net::Ipv4Address address : host->more_addresses)
      if (subnet.contains(address) && visit(address)) return address;
    return std::nullopt;
  }
  // What the host entry is to the lease table, the same after a reload while it is known by the same.
  [[nodiscard]] const MachineKey& key_of(const HostConfig& host) const {
    return host_keys_[static_cast<std::size_t>(&host - dhcp().hosts.data())];
  }
  // Of the host whose reservation the lease is, as far as a lease tells; none: of nobody's.
  [[nodiscard]] MachineKey host_key_of(const Lease& lease) const;

  // What may be leased: the ranges without addresses that somebody has already, which are ours on any interface and the
  // subnet's routers, name servers and boot server. (A reservation is the operator's word and is not looked at.)
  [[nodiscard]] LeaseLayout layout() const;
  [[nodiscard]] std::span<const PoolFacts> pools() const { return pools_; }  // by number
  [[nodiscard]] std::span<const std::uint32_t> pools_of(std::size_t subnet) const;
  // Option 43 of a client that is shown [dhcp.pxe]; empty: nothing is configured.
  [[nodiscard]] std::span<const std::byte> pxe_options() const { return pxe_options_; }
  [[nodiscard]] std::uint32_t link_number(std::size_t subnet) const { return link_numbers_[subnet]; }

 private:
  [[nodiscard]] std::vector<net::Ipv4Address> taken_addresses(const SubnetConfig& subnet) const;
  void add_subnet_of(net::Ipv4Address address, Link& link) const;
  void number_links();
  void list_pools();

  std::shared_ptr<const Config> config_;
  std::vector<DhcpInterface> interfaces_;
  HostIndex hosts_;
  ClientPolicy policy_;
  std::vector<MachineKey> host_keys_;  // by number
  std::vector<std::byte> pxe_options_;
  std::vector<std::uint32_t> link_numbers_;  // by subnet
  std::vector<PoolFacts> pools_;
  std::vector<std::uint32_t> pool_numbers_;  // 0, 1, 2, …; a subnet's are next to one another
  std::vector<std::uint32_t> first_pool_;    // by subnet, and one past the last
};

}  // namespace rackcast::engine
