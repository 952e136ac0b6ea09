// What a simulated machine speaks through, and what it is told. The live engine carries over real sockets, the
// deterministic one through the simulated network; a machine cannot tell them apart.
//
//   machine                       carrier
//     send_dhcp, send_tftp  ---->   a datagram leaves with the machine's MAC and address
//     fetch                 ---->   an HTTP or FTP request in the machine's name
//     Machine::on_dhcp, on_tftp, on_fetch  <----  what came for it, in the order it came
//
// Thread: one; the carrier calls the machine and the machine calls the carrier from within. A carrier never calls back
// from inside a call of its own. Allocation is allowed; bytes are lent for the call. A datagram that cannot leave is
// the carrier's to count: to the machine it is lost on the way.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "proto/bytes/strong_id.h"
#include "proto/net/address.h"
#include "tools/sim/machines/stage.h"
#include "tools/sim/machines/time.h"

namespace rackcast::sim {

using MachineId = StrongId<struct MachineIdTag, std::uint32_t>;  // 0..machines-1
using FetchId = StrongId<struct FetchIdTag, std::uint32_t>;      // of one machine; never used twice in one boot

// Of clients that have no figure of their own; GRUB's, and what libcurl's callers set.
inline constexpr Span kFetchPatience = std::chrono::seconds(30);

enum class Scheme : std::uint8_t { kHttp, kFtp };

// One file by HTTP or FTP.
struct FetchRequest {
  FetchId id;
  Scheme scheme = Scheme::kHttp;
  net::Endpoint server;         // address and TCP port
  std::string path;             // absolute, percent-encoding undone: "/ks.cfg"
  std::string_view user_agent;  // static storage: a profile's
  bool head_first = false;  // HTTP: HEAD, then GET on the same connection; a server that closes between is a failure
  bool keep_alive = true;   // HTTP: later fetches of the machine may use the connection
  bool keep_text = false;   // hand over the body at the end (kFetchTextBytesMax at most; longer is kEndless)
  Span patience = kFetchPatience;  // silence after which it is given up: kTimeout
};
inline constexpr std::size_t kFetchTextBytesMax = 65'536;
// More than any image or package: a body that goes on past it is ended by the machine's side (kEndless).
inline constexpr std::uint64_t kFileBytesMax = std::uint64_t{64} << 30U;

// The end of a fetch, or (done = false) a report of progress.
struct FetchEvent {
  FetchId id;
  bool done = false;
  Failure failure =
      Failure::kNone;        // kNotFound, kRefused, kTimeout, kConnectionLost, kWrongSize, kProtocol, kEndless, kLocal
  std::uint16_t status = 0;  // HTTP status or FTP reply that decided; 0 without one
  std::uint64_t bytes = 0;   // of the body so far
  std::uint64_t digest = 0;  // digest.h over the whole body; when done without failure
  std::string_view text;     // keep_text: the body; lent for the call
};

// How a DHCP message leaves, as the machine's own frame.
struct DhcpSend {
  bool broadcast = true;    // from 0.0.0.0 to 255.255.255.255; else from `source` to `server`
  net::Ipv4Address source;  // the machine's address once it has one
  net::Ipv4Address server;
  net::UdpPort server_port{67};  // 4011: a boot server's
  net::UdpPort source_port{68};  // what is answered comes there
};

class Carrier {
 public:
  virtual ~Carrier() = default;

  virtual void send_dhcp(MachineId machine, const DhcpSend& how, std::span<const std::byte> message) = 0;
  // From the machine's address and `from` to `to`.
  virtual void send_tftp(MachineId machine, net::UdpPort from, const net::Endpoint& to,
                         std::span<const std::byte> payload) = 0;
  // Answered by Machine::on_fetch: any number of reports, then exactly one that is done, unless cancelled.
  virtual void fetch(MachineId machine, const FetchRequest& request) = 0;
  // Ends all fetches and connections of the machine; no event follows.
  virtual void cancel_fetches(MachineId machine) = 0;

  // The machine uses this address from now on: datagrams to it must reach the machine. Any previous one is given up.
  // any() gives it up altogether (power off).
  virtual void use_address(MachineId machine, net::Ipv4Address address, std::uint8_t prefix_bits) = 0;
};

}  // namespace rackcast::sim
