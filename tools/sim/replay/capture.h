// A capture, ours or anybody's, as the DHCP and TFTP dialogues between clients and a server: which datagram went which
// way, told by the protocols themselves, since captures rarely say.
//
//   DHCP: the op field. TFTP: a request to a port the server listens on names client and server; what follows between
//   those two addresses, at the client's port, belongs to it.
//
// Frames that are not UDP, protocols that are not these two, and transfers whose request is not in the capture are
// counted and left out. Payloads borrow from the file's bytes. Allocates; single-threaded.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/packet_io.h"
#include "core/result.h"
#include "core/time.h"
#include "proto/pcapng/block.h"

namespace rackcast::sim {

enum class Dialogue : std::uint8_t { kDhcp, kTftp };

struct CapturedDatagram {
  WallTime time;
  Dialogue dialogue = Dialogue::kDhcp;
  bool to_server = false;
  net::Endpoint source;
  net::Endpoint destination;
  std::uint32_t interface = 0;  // index into Capture::interfaces
  std::span<const std::byte> payload;
};

struct CapturedInterface {
  std::string name;
  std::vector<pcapng::Ipv4Network> addresses;  // the server's
};

struct Capture {
  std::vector<CapturedDatagram> datagrams;    // by time
  std::vector<CapturedInterface> interfaces;  // at least one
  std::uint64_t frames = 0;
  std::uint64_t not_udp = 0;    // other protocols, fragments, other link types
  std::uint64_t cut = 0;        // captured with a snap length: not whole
  std::uint64_t unrelated = 0;  // UDP, but of no dialogue we know the beginning of
  std::string damage;           // why the file ends early; empty: it does not
};

struct CaptureRules {
  std::vector<net::UdpPort> tftp_ports{net::UdpPort(69)};  // where requests go
};

// Error: not one whole block of a pcapng file.
[[nodiscard]] Result<Capture> read_capture(std::span<const std::byte> file, const CaptureRules& rules);

}  // namespace rackcast::sim
