// How DHCP messages of all machines leave and come in. Two ways: as frames on the machines' wire (frame_link.h), or
// through a relay's address to a server that is elsewhere (relay_link.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "proto/net/address.h"
#include "tools/sim/machines/carrier.h"

namespace rackcast::sim {

class DhcpReceiver {
 public:
  virtual ~DhcpReceiver() = default;
  // A DHCP message for one machine, to its port `to`: to its MAC, or its address, or a broadcast whose chaddr names it.
  // Lent.
  virtual void on_dhcp_to_mac(Instant now, const net::MacAddress& mac, const net::Endpoint& from, net::UdpPort to,
                              std::span<const std::byte> message) = 0;
  virtual void on_dhcp_to_address(Instant now, const net::Endpoint& to, const net::Endpoint& from,
                                  std::span<const std::byte> message) = 0;
};

class DhcpLink {
 public:
  virtual ~DhcpLink() = default;

  // Queued until flush().
  virtual void send(const net::MacAddress& source, const DhcpSend& how, std::span<const std::byte> message) = 0;
  virtual void flush() = 0;

  [[nodiscard]] virtual std::uint64_t overflows() = 0;  // dropped by our own sockets
  [[nodiscard]] virtual std::uint64_t unsent() const = 0;
};

// A whole frame fits.
inline constexpr std::size_t kDhcpMessageMax = 1'472;

// The hardware address a message is about; zero when it is too short to have one (RFC 2131 section 2).
[[nodiscard]] net::MacAddress message_chaddr(std::span<const std::byte> message);

}  // namespace rackcast::sim
