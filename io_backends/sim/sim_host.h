// A machine in the simulated network: its network interfaces with MACs and addresses, its UDP sockets, and the two
// decisions a host's stack makes: which way out for a datagram, and which sockets get one that came in. Rules as in
// the kernel: the most specific binding wins for unicast, a steered group answers by source address, broadcast goes to
// every socket bound to any address, multicast to those that joined.
//
// Owned by SimNetwork; single-threaded; sockets are closed by whoever opened them (SimIo, SimEndpoint).
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/packet_io.h"
#include "io_backends/sim/frame_pool.h"
#include "io_backends/sim/link.h"
#include "io_backends/sim/sim_port.h"
#include "io_backends/socket/interfaces.h"

namespace rackcast::io {

class SimNetwork;
class SimHost;

using NicId = StrongId<struct NicIdTag, std::uint32_t>;              // network-wide
using SimSocketId = StrongId<struct SimSocketIdTag, std::uint32_t>;  // within its host

// One network interface of a host, cabled to a segment.
struct SimNic {
  NicId id;
  SimHost* host = nullptr;
  SegmentId segment;
  std::string name;
  InterfaceIndex index;  // within the host, from 2 as 1 is its loopback
  net::MacAddress mac;
  std::vector<InterfaceAddress> addresses;
  Link to_network;    // faults on what this host sends
  Link from_network;  // and on what it gets
};

// A datagram handed to a socket. `frame` stays valid for as long as the receiver holds a reference.
struct SimArrival {
  FrameIndex frame;
  const SimNic* nic = nullptr;
  net::IpAddress local;  // what a reply should leave from
};

class SimReceiver {
 public:
  virtual void on_arrival(SimSocketId socket, const SimArrival& arrival) = 0;

 protected:
  ~SimReceiver() = default;
};

struct SimSocketSpec {
  net::Endpoint bind;     // port 0: the host chooses
  std::string interface;  // empty = all
  bool steered = false;   // member of a group that shares its place, chosen by source address
  bool shared = false;    // several sockets on one port (multicast receivers)
  bool broadcast = false;
};

struct SimSendRequest {
  net::Endpoint peer;
  net::IpAddress source;     // any() = the way out's own
  InterfaceIndex interface;  // 0 = by route
  std::uint8_t ttl = 0;      // 0 = 64, or 1 for multicast
  std::optional<net::MacAddress> hardware;
};

enum class SimSendResult : std::uint8_t {
  kSent,
  kUnresolved,   // on a prefix of ours, but nobody answers ARP
  kUnreachable,  // no way there
  kRefused,      // wrong family, too long, not our address, broadcast not allowed
};

class SimHost {
 public:
  SimHost(SimNetwork& network, std::string name) : network_(network), name_(std::move(name)) {}
  SimHost(const SimHost&) = delete;
  SimHost& operator=(const SimHost&) = delete;

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] SimNetwork& network() { return network_; }

  // Interfaces. References stay valid for the network's life.
  SimNic& add_nic(SegmentId segment, net::MacAddress mac, std::string nic_name = "eth0");
  void add_address(SimNic& nic, const net::IpAddress& address, std::uint8_t prefix_bits);
  void clear_addresses(SimNic& nic);  // a reboot, or a lease that ended
  [[nodiscard]] std::span<SimNic* const> nics() const { return nics_; }
  [[nodiscard]] SimNic* nic_by_index(InterfaceIndex index) const;

  // Sockets. Null id: the place is taken, or there is no such interface.
  [[nodiscard]] std::optional<SimSocketId> open(const SimSocketSpec& spec, SimReceiver& receiver);
  void close(SimSocketId socket);
  [[nodiscard]] net::Endpoint local_endpoint(SimSocketId socket) const { return sockets_[socket.value()].spec.bind; }
  // On the named interface, or the first one when none is named.
  [[nodiscard]] bool join_group(SimSocketId socket, const net::IpAddress& group, InterfaceIndex interface);

  // Sends one datagram, header and body joined. The bytes are copied before it returns.
  SimSendResult send(SimSocketId socket, const SimSendRequest& request, std::span<const std::byte> header,
                     std::span<const std::byte> body);

  // Network only: a datagram came out of `nic`'s cable.
  void receive(SimNic& nic, FrameIndex frame);

 private:
  struct Membership {
    net::IpAddress group;
    InterfaceIndex interface;
  };
  struct Socket {
    SimSocketSpec spec;               // bind.port resolved
    SimReceiver* receiver = nullptr;  // null: closed, to be reused
    SimNic* nic = nullptr;            // bound to it
    std::vector<Membership> groups;
  };
  struct Route {
    SimNic* nic = nullptr;
    net::IpAddress source;
  };

  [[nodiscard]] bool place_taken(const SimSocketSpec& spec) const;
  [[nodiscard]] net::UdpPort free_port();
  [[nodiscard]] bool accepts(const Socket& socket, const SimNic& nic, const SimFrame& frame) const;
  [[nodiscard]] std::optional<SimSocketId> pick_unicast(const SimNic& nic, const SimFrame& frame) const;
  [[nodiscard]] bool owns(const net::IpAddress& address) const;
  [[nodiscard]] std::optional<Route> route(const Socket& socket, const SimSendRequest& request) const;
  [[nodiscard]] SimNic* way_out(const Socket& socket, const SimSendRequest& request) const;

  SimNetwork& network_;
  std::string name_;
  std::vector<SimNic*> nics_;  // owned by the network
  std::vector<Socket> sockets_;
  std::unordered_map<std::uint16_t, std::vector<SimSocketId>> by_port_;  // in the order of binding
  std::uint16_t next_port_ = 32'768;
};

// Does `nic` have this address?
[[nodiscard]] bool nic_has(const SimNic& nic, const net::IpAddress& address);
// Limited broadcast, or the directed broadcast of one of `nic`'s prefixes.
[[nodiscard]] bool is_broadcast_on(const SimNic& nic, const net::IpAddress& address);

}  // namespace rackcast::io
