// DHCP through a relay: every message goes by unicast to the server's port 67 with our address as giaddr, and replies
// come back there (RFC 1542 section 4, RFC 2131 section 4.1). For servers that are not on this wire, and for loopback,
// which carries no frames.
#pragma once

#include <memory>

#include "core/file_descriptor.h"
#include "core/result.h"
#include "tools/sim/live/client_port.h"
#include "tools/sim/live/dhcp_link.h"
#include "tools/sim/live/event_loop.h"

namespace rackcast::sim {

class RelayLink final : public DhcpLink, public Watcher {
 public:
  // `ports`: whence the machines send DHCP that is not relayed.
  static Result<std::unique_ptr<RelayLink>> open(EventLoop& loop, net::Ipv4Address relay, net::Ipv4Address server,
                                                 const std::set<net::UdpPort>& ports, DhcpReceiver& receiver);
  ~RelayLink() override;

  void send(const net::MacAddress& source, const DhcpSend& how, std::span<const std::byte> message) override;
  void flush() override {}  // sends at once: DHCP is a dozen messages a machine
  [[nodiscard]] std::uint64_t overflows() override { return overflows_; }
  [[nodiscard]] std::uint64_t unsent() const override { return unsent_; }
  void on_ready(Instant now, std::uint32_t events) override;

 private:
  RelayLink(EventLoop& loop, FileDescriptor socket, net::Ipv4Address relay, net::Ipv4Address server,
            DhcpReceiver& receiver);

  EventLoop& loop_;
  FileDescriptor socket_;
  net::Ipv4Address relay_;
  net::Ipv4Address server_;
  DhcpReceiver& receiver_;
  ClientPorts client_ports_;
  std::uint32_t overflows_ = 0;
  std::uint64_t unsent_ = 0;
};

}  // namespace rackcast::sim
