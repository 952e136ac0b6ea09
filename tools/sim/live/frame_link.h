// DHCP as the machines' own Ethernet frames, through one AF_PACKET socket on their wire: each frame has its machine's
// MAC, as 0.0.0.0 to 255.255.255.255 where the machine has no address. A kernel filter passes on only UDP to ports 68
// and 4011; promiscuous mode lets replies to invented MACs in. Tagged frames are not the machines'. packet(7).
//
// It also sends the machines' TFTP to servers that answered DHCP here: past routing and the UDP stack, which for a
// datagram of four bytes cost the sender more than the wire does.
#pragma once

#include <sys/socket.h>

#include <memory>
#include <string>
#include <vector>

#include "core/result.h"
#include "io_backends/socket/interfaces.h"
#include "proto/net/udp_frame.h"
#include "tools/sim/live/client_port.h"
#include "tools/sim/live/dhcp_link.h"
#include "tools/sim/live/event_loop.h"

namespace rackcast::sim {

class FrameLink final : public DhcpLink, public Watcher {
 public:
  // `ports`: whence the machines send DHCP.
  static Result<std::unique_ptr<FrameLink>> open(EventLoop& loop, const RunTimer& timer, const std::string& interface,
                                                 const std::set<net::UdpPort>& ports, DhcpReceiver& receiver);
  ~FrameLink() override;

  void send(const net::MacAddress& source, const DhcpSend& how, std::span<const std::byte> message) override;
  void flush() override;

  // One UDP datagram from a machine's address, with this host's MAC, as its kernel would send it. False: `to` is no
  // neighbour that was heard, or it does not fit the MTU: it is the kernel's to send. Queued until flush().
  [[nodiscard]] bool send_datagram(const net::Endpoint& from, const net::Endpoint& to,
                                   std::span<const std::byte> payload);
  [[nodiscard]] bool full() const;  // the next one flushes first
  [[nodiscard]] std::uint64_t overflows() override;
  [[nodiscard]] std::uint64_t unsent() const override { return unsent_; }
  void on_ready(Instant now, std::uint32_t events) override;

  // Frames that were no whole UDP datagram.
  [[nodiscard]] std::uint64_t malformed() const { return malformed_; }

 private:
  struct Batch;
  struct Neighbour {
    net::Ipv4Address address;
    net::MacAddress mac;
  };
  static constexpr std::size_t kNeighboursMax = 8;  // DHCP servers and relays on one wire

  FrameLink(EventLoop& loop, const RunTimer& timer, FileDescriptor socket, const io::InterfaceFacts& facts,
            DhcpReceiver& receiver);
  void enqueue(const net::UdpFrame& frame);
  void remember(net::Ipv4Address address, const net::MacAddress& mac);
  bool receive();
  void take(Instant now, std::span<const std::byte> frame, msghdr& message);

  EventLoop& loop_;
  const RunTimer& timer_;
  FileDescriptor socket_;
  net::MacAddress own_mac_;
  std::size_t mtu_;
  std::vector<Neighbour> neighbours_;
  DhcpReceiver& receiver_;
  ClientPorts client_ports_;
  std::unique_ptr<Batch> batch_;
  std::uint64_t overflows_ = 0;
  std::uint64_t unsent_ = 0;
  std::uint64_t malformed_ = 0;
};

}  // namespace rackcast::sim
