#include "tools/rackcastd/lane_plan.h"

#include <algorithm>
#include <optional>

#include "core/engine/dhcp/network.h"
#include "proto/dhcp/message.h"

namespace rackcast {

namespace {

void add(LanePlan& plan, io::SocketSpec spec, PlannedSocket socket) {
  plan.specs.push_back(std::move(spec));
  plan.sockets.push_back(socket);
}

void add_dhcp(LanePlan& plan, std::span<const io::InterfaceFacts> interfaces, net::UdpPort port) {
  const SocketRole role = port == dhcp4::kServerPort ? SocketRole::kDhcp : SocketRole::kBootServer;
  for (std::size_t i = 0; i < interfaces.size(); ++i) {
    io::SocketSpec spec;
    spec.bind = {net::Ipv4Address(), port};
    spec.interface = interfaces[i].name;
    spec.broadcast = true;
    // Loopback carries no Ethernet: clients there (relays, tests) are answered by address.
    spec.frames = !interfaces[i].loopback;
    spec.purpose = (role == SocketRole::kDhcp ? "DHCP on " : "PXE boot server on ") + interfaces[i].name;
    add(plan, std::move(spec), {.role = role, .interface = i});
  }
}

// Transfers' own ports: lane `lane` of `lanes` has its part of a configured range, or whatever the kernel gives.
struct TransferPorts {
  std::size_t count = kTransferSocketsPerLane;
  std::optional<std::uint16_t> first;
};

TransferPorts transfer_ports(const TftpConfig& tftp, std::size_t lane, std::size_t lanes) {
  if (!tftp.tid_ports) return {};
  const std::size_t all = std::size_t{tftp.tid_ports->last} - tftp.tid_ports->first + 1;
  const std::size_t count = std::min(all / lanes, kTransferSocketsPerLane);
  return {count, static_cast<std::uint16_t>(tftp.tid_ports->first + lane * count)};
}

// Where transfers answer from: the one address that requests come to, so that the kernel need not be told it with every
// datagram; any, when there are several.
net::IpAddress transfer_address(std::span<const net::Endpoint> listens, bool ipv6) {
  const net::IpAddress any = ipv6 ? net::IpAddress{net::Ipv6Address{}} : net::IpAddress{net::Ipv4Address{}};
  std::optional<net::IpAddress> only;
  for (const net::Endpoint& listen : listens) {
    if (listen.address.is_v6() != ipv6) continue;
    if (only && *only != listen.address) return any;
    only = listen.address;
  }
  return only.value_or(any);
}

void add_tftp(LanePlan& plan, const TftpConfig& tftp, bool ipv6_here, TransferPorts ports) {
  std::vector<net::Endpoint> listens = tftp.listen;
  if (!tftp.listen_given && !ipv6_here)
    std::erase_if(listens, [](const net::Endpoint& e) { return e.address.is_v6(); });
  for (const net::Endpoint& listen : listens) {
    io::SocketSpec spec;
    spec.bind = listen;
    spec.steer_by_source = true;
    spec.purpose = "TFTP";
    add(plan, std::move(spec), {.role = SocketRole::kTftpListener, .ipv6 = listen.address.is_v6()});
  }
  for (const bool ipv6 : {false, true}) {
    const auto same_family = [ipv6](const net::Endpoint& e) { return e.address.is_v6() == ipv6; };
    if (tftp.single_port || std::none_of(listens.begin(), listens.end(), same_family)) continue;
    for (std::size_t i = 0; i < ports.count; ++i) {
      io::SocketSpec spec;
      spec.bind.address = transfer_address(listens, ipv6);
      if (ports.first) spec.bind.port = net::UdpPort(static_cast<std::uint16_t>(*ports.first + i));
      // Bound to one address, it is known where a datagram came to; the interface was looked at with the request.
      spec.tells_local = spec.bind.address.is_any();
      spec.purpose = "TFTP transfers";
      add(plan, std::move(spec), {.role = SocketRole::kTftpTransfer, .ipv6 = ipv6});
    }
  }
}

}  // namespace

std::vector<LanePlan> plan_lanes(const Config& config, std::span<const io::InterfaceFacts> interfaces, bool ipv6) {
  std::vector<LanePlan> plans(std::max<std::size_t>(config.server.cores.size(), 1));
  if (config.dhcp) {
    add_dhcp(plans.front(), interfaces, dhcp4::kServerPort);
    if (engine::needs_boot_port(*config.dhcp)) add_dhcp(plans.front(), interfaces, engine::kBootServerPort);
  }
  if (config.tftp)
    for (std::size_t lane = 0; lane < plans.size(); ++lane)
      add_tftp(plans[lane], *config.tftp, ipv6, transfer_ports(*config.tftp, lane, plans.size()));
  return plans;
}

Result<void> can_serve(const LanePlan& opened, const Config& config) {
  if (!config.dhcp || !engine::needs_boot_port(*config.dhcp)) return {};
  const bool is_open = std::any_of(opened.sockets.begin(), opened.sockets.end(),
                                   [](const PlannedSocket& socket) { return socket.role == SocketRole::kBootServer; });
  if (is_open) return {};
  return fail(
      "[dhcp.pxe] needs port 4011, where clients ask for what they chose, and it is opened at start only: restart the "
      "daemon to put this in force");
}

}  // namespace rackcast
