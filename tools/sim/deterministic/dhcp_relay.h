// A DHCP relay agent as routers have one (RFC 1542 §4, RFC 2131 §4.1): what a rack's machines broadcast goes on to the
// server by unicast with giaddr set; answers come back to the machine, by its MAC or by broadcast as it asked.
//
// Thread: the world's. Destroy before the network.
#pragma once

#include <memory>

#include "io_backends/sim/sim_endpoint.h"

namespace rackcast::sim {

class DhcpRelay {
 public:
  // On the first interface of `host`, whose first address becomes giaddr.
  DhcpRelay(io::SimHost& host, net::Ipv4Address server);

 private:
  void on_datagram(const io::SimDatagram& datagram);
  void to_server(std::span<std::byte> message);
  void to_machine(std::span<const std::byte> message);

  net::Ipv4Address own_;
  net::Ipv4Address server_;
  InterfaceIndex interface_;
  std::vector<std::byte> scratch_;
  std::unique_ptr<io::SimEndpoint> endpoint_;
};

}  // namespace rackcast::sim
