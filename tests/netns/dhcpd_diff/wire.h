// One server's wire: a packet socket on this end of its veth pair. Sends whole DHCP frames from any address, takes
// every frame of the server's, and is whoever the server asks for by ARP. One thread.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "proto/net/address.h"
#include "tests/netns/dhcpd_diff/packet.h"

namespace rackcast::dhcpd_diff {

// Who answers the server's ARP requests: relays, and machines that have an address.
inline constexpr net::MacAddress kPeerMac{{0x02, 0xA0, 0, 0, 0, 1}};

struct Route {
  net::MacAddress from_mac;
  net::Ipv4Address from;
  net::Ipv4Address to;  // the server's address, or 255.255.255.255
  std::uint16_t from_port = 68;
};

class Wire {
 public:
  // Ends the program where the interface cannot be opened.
  Wire(const std::string& interface, net::Ipv4Address server);
  ~Wire();
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;

  [[nodiscard]] int descriptor() const { return socket_; }
  [[nodiscard]] bool knows_server() const { return server_mac_.has_value(); }
  void ask_for_server();  // ARP; the answer comes in receive()

  void send(const Route& route, std::span<const std::byte> message);
  // The next packet from the server's ports 67 or 68 that is waiting; nullopt: none is, now.
  std::optional<Packet> receive();
  // Addresses that the server has asked for and not yet sent anything to: what waits in its queue for our answer.
  [[nodiscard]] bool owes_datagrams() const { return !asked_for_.empty(); }
  void forget_debts() { asked_for_.clear(); }

 private:
  void take_arp(std::span<const std::byte> payload, bool broadcast);
  std::optional<Packet> take_ip(std::span<const std::byte> payload, const net::MacAddress& to);
  void transmit(std::span<const std::byte> frame);

  int socket_ = -1;
  net::Ipv4Address server_;
  std::optional<net::MacAddress> server_mac_;
  std::vector<net::Ipv4Address> asked_for_;
};

}  // namespace rackcast::dhcpd_diff
