// UDP port 68 of this host, and any other that the machines do DHCP from (EDK2 asks boot servers from 4011), as the
// kernel sees them: they send the machines' unicast DHCP (renewals, boot servers), keep the kernel from answering
// replies with "port unreachable", and, where no raw socket does it, receive them.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "core/file_descriptor.h"
#include "core/result.h"
#include "tools/sim/live/dhcp_link.h"
#include "tools/sim/live/event_loop.h"

namespace rackcast::sim {

enum class Receives : std::uint8_t { kNothing, kReplies };

class ClientPort final : public Watcher {
 public:
  // `interface`: bound to it unless empty. `receiver` outlives the port.
  static Result<std::unique_ptr<ClientPort>> open(EventLoop& loop, net::UdpPort port, const std::string& interface,
                                                  Receives receives, DhcpReceiver& receiver);
  ~ClientPort() override;

  // False: the kernel takes it not.
  [[nodiscard]] bool send(net::Ipv4Address source, const net::Endpoint& to, std::span<const std::byte> message);
  [[nodiscard]] net::UdpPort port() const { return port_; }
  void on_ready(Instant now, std::uint32_t events) override;

 private:
  ClientPort(EventLoop& loop, net::UdpPort port, FileDescriptor socket, DhcpReceiver& receiver)
      : loop_(loop), port_(port), socket_(std::move(socket)), receiver_(receiver) {}

  EventLoop& loop_;
  net::UdpPort port_;
  FileDescriptor socket_;
  DhcpReceiver& receiver_;
};

class ClientPorts {
 public:
  static Result<ClientPorts> open(EventLoop& loop, const std::set<net::UdpPort>& ports, const std::string& interface,
                                  Receives receives, DhcpReceiver& receiver);
  // By unicast, from the port that `how` names. False: it is none of these, or the kernel takes it not.
  [[nodiscard]] bool send(const DhcpSend& how, std::span<const std::byte> message);

 private:
  std::vector<std::unique_ptr<ClientPort>> ports_;
};

}  // namespace rackcast::sim
