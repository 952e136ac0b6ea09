// Which network a client is on, and which of our addresses speaks to it: subnet choice (RFC 3527, RFC 3011, RFC 2131
// §4.3.1), server identifier, host entries. Read-only after construction; owned by the engine and replaced whole when
// the configuration is swapped.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "core/config/config.h"
#include "core/engine/dhcp/request.h"
#include "core/leases/lease_table.h"
#include "core/work.h"

namespace rackcast::engine {

// What the daemon knows of the interface behind one of the DHCP sockets.
struct DhcpInterface {
  SocketId socket;
  InterfaceIndex index;
  FixedText<16> name;
  std::vector<OwnAddress> addresses;
};

// The configured subnets of the link a client is on: several where an interface has addresses in several.
class Link {
 public:
  static constexpr std::size_t kSubnetsMax = 8;  // more on one interface are not looked at

  void add(std::size_t subnet);
  [[nodiscard]] std::span<const std::size_t> subnets() const { return std::span(subnets_).first(count_); }
  [[nodiscard]] bool empty() const { return count_ == 0; }

 private:
  std::array<std::size_t, kSubnetsMax> subnets_{};
  std::size_t count_ = 0;
};

class Network {
 public:
  // `config` without [dhcp]: is_on() is false and nothing else may be asked.
  Network(std::shared_ptr<const Config> config, std::vector<DhcpInterface> interfaces);

  [[nodiscard]] bool is_on() const { return config_->dhcp.has_value(); }
  [[nodiscard]] const DhcpConfig& dhcp() const { return *config_->dhcp; }
  [[nodiscard]] const SubnetConfig& subnet(std::size_t number) const { return dhcp().subnets[number]; }
  [[nodiscard]] const std::vector<DhcpInterface>& interfaces() const { return interfaces_; }

  // Null: not one of our sockets, or an interface without an address.
  [[nodiscard]] const DhcpInterface* interface_of(SocketId socket, InterfaceIndex index) const;
  [[nodiscard]] bool is_ours(net::Ipv4Address address) const;
  [[nodiscard]] Link link_of(const Request& request, const DhcpInterface& interface) const;
  // The link's subnet that holds `address`.
  [[nodiscard]] std::optional<std::size_t> subnet_of(net::Ipv4Address address, const Link& link) const;
  // Ours, to send from: the address that was asked, else the interface's in the client's subnet, else its first.
  [[nodiscard]] net::Ipv4Address source_address(const Request& request, const DhcpInterface& interface,
                                                const net::Ipv4Prefix& subnet) const;
  // Option 54: what the relay says it must be (RFC 5107), else what the client knows us by, else source_address.
  [[nodiscard]] net::Ipv4Address server_identifier(const Request& request, net::Ipv4Address source) const;
  [[nodiscard]] bool names_us(const Request& request) const;  // option 54 is one of ours

  // The host entry that applies in a subnet: one whose address is in it, else one without an address. A reservation for
  // another network does not apply, and so is never offered on the wrong one.
  [[nodiscard]] const HostConfig* host_of(const net::MacAddress& mac, const net::Ipv4Prefix& subnet) const;

  // Who asks, to the lease table. Borrows from the request. The key is [dhcp] machine_key's, or the MAC address where
  // the client does not say it.
  [[nodiscard]] LeaseClient client_of(const Request& request) const;
  // The number of the subnet's link in the lease table: its shared network's, or its own.
  [[nodiscard]] std::uint32_t link_number(std::size_t subnet) const;
  // The number in the lease table of a subnet's own ranges (pool 0) and of its pools (from 1).
  [[nodiscard]] std::uint32_t pool_number(std::size_t subnet, std::size_t pool) const {
    return first_pool_[subnet] + static_cast<std::uint32_t>(pool);
  }
  // What may be leased: the ranges without addresses that somebody has already, which are ours on any interface and the
  // subnet's routers, name servers and boot server. (A reservation is the operator's word and is not looked at.)
  [[nodiscard]] LeaseLayout layout() const;

 private:
  [[nodiscard]] std::vector<net::Ipv4Address> taken_addresses(const SubnetConfig& subnet) const;
  void add_subnet_of(net::Ipv4Address address, Link& link) const;

  std::shared_ptr<const Config> config_;
  std::vector<DhcpInterface> interfaces_;
  std::vector<const HostConfig*> hosts_;   // by MAC
  std::vector<std::uint32_t> first_pool_;  // by subnet
};

}  // namespace rackcast::engine
