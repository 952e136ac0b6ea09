// UDP for all machines' TFTP through a few sockets: every machine has its own source address (IP_PKTINFO), and a small
// set of local ports serves all of them, so that descriptors and system calls do not grow with the rack.
//
//   machine 10.99.0.100 : 2070  --.
//   machine 10.99.0.101 : 2070  --+--  socket 0 (port 40000)  <-->  server
//   machine 10.99.0.101 : 2071  -----  socket 1 (port 40001)
//
// A machine's next port means the next socket, so that late datagrams of one transfer do not reach the one after it. To
// the server, the machine's port is the socket's; which is which stays here. sendmmsg and recvmmsg, 64 at a time;
// bursts that the kernel kept together (UDP_GRO) are cut up here.
//
// One thread. Datagrams queued by send() leave with flush(). What the kernel takes not is dropped and counted.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/result.h"
#include "proto/net/address.h"
#include "tools/sim/live/event_loop.h"

namespace rackcast::sim {

// What one datagram of the kernel's is: a whole burst, as it came (UDP_GRO), or what was sent.
enum class Arrivals : std::uint8_t { kTogether, kOneByOne };

class TftpReceiver {
 public:
  virtual ~TftpReceiver() = default;
  // To `local` through socket number `socket`; the payload is lent.
  virtual void on_tftp_datagram(Instant now, net::Ipv4Address local, std::uint8_t socket, const net::Endpoint& from,
                                std::span<const std::byte> payload) = 0;
};

// Which socket stands for which port of one machine.
class PortMap {
 public:
  static constexpr std::size_t kSockets = 16;

  [[nodiscard]] std::uint8_t socket_for(net::UdpPort port);
  [[nodiscard]] net::UdpPort port_at(std::uint8_t socket) const { return ports_[socket]; }  // 0: none
  void clear() { *this = {}; }

 private:
  std::array<net::UdpPort, kSockets> ports_{};
  std::uint8_t latest_ = 0;
};

class TftpPorts {
 public:
  // A machine sends requests, ACKs and ERRORs: nothing longer.
  static constexpr std::size_t kPayloadMax = 1'472;

  static Result<std::unique_ptr<TftpPorts>> open(EventLoop& loop, const RunTimer& timer, TftpReceiver& receiver,
                                                 Arrivals arrivals = Arrivals::kTogether);
  ~TftpPorts();

  void send(std::uint8_t socket, net::Ipv4Address source, const net::Endpoint& to, std::span<const std::byte> payload);
  void flush();
  [[nodiscard]] net::UdpPort local_port(std::uint8_t socket) const { return local_ports_[socket]; }
  [[nodiscard]] bool full(std::uint8_t socket) const;  // the next send() flushes it first

  [[nodiscard]] std::uint64_t overflows() const;  // dropped by our own sockets, for want of room
  [[nodiscard]] std::uint64_t unsent() const { return unsent_; }
  [[nodiscard]] const std::string& last_error() const { return last_error_; }

 private:
  class Socket;
  struct ReceiveBatch;

  TftpPorts(EventLoop& loop, const RunTimer& timer, TftpReceiver& receiver);
  void receive(Socket& socket);
  void deliver(Instant now, Socket& socket, std::size_t index, std::size_t size);
  void flush(Socket& socket);

  EventLoop& loop_;
  const RunTimer& timer_;
  TftpReceiver& receiver_;
  std::unique_ptr<ReceiveBatch> batch_;
  std::vector<std::unique_ptr<Socket>> sockets_;
  std::array<net::UdpPort, PortMap::kSockets> local_ports_{};
  std::uint64_t unsent_ = 0;
  std::string last_error_;
};

}  // namespace rackcast::sim
