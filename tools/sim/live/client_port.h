// UDP port 68 of this host, as the kernel sees it: sends the machines' unicast DHCP (renewals, boot servers), keeps the
// kernel from answering replies with "port unreachable", and, where no raw socket does it, receives them.
#pragma once

#include <memory>
#include <string>

#include "core/file_descriptor.h"
#include "core/result.h"
#include "tools/sim/live/dhcp_link.h"
#include "tools/sim/live/event_loop.h"

namespace rackcast::sim {

enum class Receives : std::uint8_t { kNothing, kReplies };

class ClientPort final : public Watcher {
 public:
  // `interface`: bound to it unless empty. `receiver` outlives the port.
  static Result<std::unique_ptr<ClientPort>> open(EventLoop& loop, const std::string& interface, Receives receives,
                                                  DhcpReceiver& receiver);
  ~ClientPort() override;

  // False: the kernel takes it not.
  [[nodiscard]] bool send(net::Ipv4Address source, const net::Endpoint& to, std::span<const std::byte> message);
  void on_ready(Instant now, std::uint32_t events) override;

 private:
  ClientPort(EventLoop& loop, FileDescriptor socket, DhcpReceiver& receiver)
      : loop_(loop), socket_(std::move(socket)), receiver_(receiver) {}

  EventLoop& loop_;
  FileDescriptor socket_;
  DhcpReceiver& receiver_;
};

}  // namespace rackcast::sim
