// What the conformance suite needs of the outside: a server host with two addresses on one link, and plain clients on
// the far side. One small provider per backend (kernel_world.h for socket and io_uring, sim_world.h); the suite itself
// knows no backend.
//
//     server host                       link                  clients
//     PacketIo under test  srv0 ---------------------- cli0   Peer, FrameListener
//     10.77.0.1, 10.77.0.2, fd77::1                           10.77.0.100.., 10.77.4.0/24, fd77::100
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/packet_io.h"
#include "core/result.h"
#include "io_backends/socket/socket_set.h"

namespace rackcast::testing {

struct PeerDatagram {
  std::vector<std::byte> payload;
  net::Endpoint from;
  int ttl = 0;
};

// An ordinary UDP client. Works against any server; nothing of the code under test in it.
class Peer {
 public:
  virtual ~Peer() = default;
  [[nodiscard]] virtual net::Endpoint endpoint() const = 0;
  virtual void send(const net::Endpoint& to, std::span<const std::byte> payload) = 0;
  [[nodiscard]] virtual bool join(const net::IpAddress& group) = 0;
  // The next datagram, waiting up to the world's limit (virtual time in simulation).
  [[nodiscard]] virtual std::optional<PeerDatagram> receive() = 0;
  // The next datagram if one comes soon: for "nothing more came".
  [[nodiscard]] virtual std::optional<PeerDatagram> receive_soon() = 0;
};

struct SeenFrame {
  net::MacAddress to;
  net::Endpoint from;
  net::Endpoint destination;
  std::vector<std::byte> payload;
};

// A machine that has a MAC and no address.
class FrameListener {
 public:
  virtual ~FrameListener() = default;
  [[nodiscard]] virtual net::MacAddress mac() const = 0;
  [[nodiscard]] virtual std::optional<SeenFrame> receive() = 0;
};

// Enough for every test here, and quicker to make than what a server uses.
inline constexpr std::size_t kSlotsUnderTest = 400;

using Lanes = std::vector<std::unique_ptr<PacketIo>>;

class World {
 public:
  virtual ~World() = default;

  // Opens the backend under test on the server host.
  [[nodiscard]] virtual Result<Lanes> open_lanes(std::span<const std::vector<io::SocketSpec>> lanes) = 0;

  [[nodiscard]] virtual InterfaceIndex server_interface() const = 0;
  [[nodiscard]] virtual std::string server_interface_name() const = 0;
  [[nodiscard]] virtual std::unique_ptr<Peer> open_peer(const net::IpAddress& address, net::UdpPort port) = 0;
  [[nodiscard]] virtual std::unique_ptr<FrameListener> open_frame_listener(net::UdpPort port) = 0;

  // Sends to this address stay on the way until unstick(): they fill a small send buffer.
  [[nodiscard]] virtual net::IpAddress stuck_address() = 0;
  virtual void unstick() = 0;

  // Lets the outside go on a little: virtual time passes; the kernel needs no help.
  virtual void pass() = 0;

  [[nodiscard]] static net::IpAddress server_address(std::uint8_t index) { return net::Ipv4Address(10, 77, 0, index); }
  [[nodiscard]] static net::IpAddress peer_address() { return net::Ipv4Address(10, 77, 0, 100); }
  // One of 200 machines behind the link.
  [[nodiscard]] static net::IpAddress machine_address(std::uint8_t index) { return net::Ipv4Address(10, 77, 4, index); }
  [[nodiscard]] static net::IpAddress machine_address_v6(std::uint8_t index) {
    net::Ipv6Address address = *net::Ipv6Address::parse("fd77::4:0");
    address.octets[15] = index;
    return address;
  }
  // On the link's prefix, held by nobody.
  [[nodiscard]] static net::IpAddress dead_address(std::uint8_t index) { return net::Ipv4Address(10, 77, 9, index); }
  [[nodiscard]] static net::IpAddress server_address_v6() { return *net::Ipv6Address::parse("fd77::1"); }
  [[nodiscard]] static net::IpAddress peer_address_v6() { return *net::Ipv6Address::parse("fd77::100"); }
};

struct BackendKind {
  std::string backend;  // "socket", "io_uring", "sim"
  bool offload = true;
};

// Or the reason why this host cannot offer it.
[[nodiscard]] Result<std::unique_ptr<World>> make_world(const BackendKind& kind);

}  // namespace rackcast::testing
