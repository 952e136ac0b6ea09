// The sockets that ask whether an address is in use, and what is sent and heard on them.
//
//   ARP   a probe (RFC 5227 §2.1.1: sender address 0.0.0.0, so that no cache is changed), to everybody on the link;
//         whoever answers for the address, or probes for it as well, has it or wants it
//   ICMP  an echo request; a reply from the address itself says that it is in use
//
// Thread: the prober's. No allocation after open().
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/file_descriptor.h"
#include "core/result.h"
#include "core/work.h"
#include "io_backends/socket/interfaces.h"

namespace rackcast::io {

// Somebody's sign of life: an address in use.
struct ProbeSighting {
  net::Ipv4Address address;
  InterfaceIndex interface;            // of ARP; 0: by route
  std::optional<net::MacAddress> mac;  // of ARP
};

// --- Pure, for the sockets and their tests.
inline constexpr std::size_t kEchoBytes = 16;
// An echo request without an IP header; `sequence` tells our probes apart in a trace.
[[nodiscard]] std::array<std::byte, kEchoBytes> encode_echo_request(std::uint16_t identifier, std::uint16_t sequence);
// An IPv4 packet as a raw socket hands it over. Nullopt: no echo reply to `identifier`.
[[nodiscard]] std::optional<net::Ipv4Address> echo_reply_from(std::span<const std::byte> packet,
                                                              std::uint16_t identifier);

class ProbeSockets {
 public:
  // While CAP_NET_RAW is there. `interfaces`: those of [server].interfaces; ARP is asked by them alone.
  [[nodiscard]] static Result<ProbeSockets> open(std::span<const InterfaceFacts> interfaces);

  // 0, or the errno of a question that could not be asked.
  [[nodiscard]] int ask(const ProbeAddress& probe);

  [[nodiscard]] int arp_descriptor() const { return arp_.get(); }
  [[nodiscard]] int icmp_descriptor() const { return icmp_.get(); }
  // The next sighting waiting on either socket; nullopt: none is left.
  [[nodiscard]] std::optional<ProbeSighting> next_arp();
  [[nodiscard]] std::optional<ProbeSighting> next_icmp();

 private:
  [[nodiscard]] int ask_arp(const ProbeAddress& probe);
  [[nodiscard]] int ask_icmp(const ProbeAddress& probe);

  FileDescriptor arp_;   // AF_PACKET, SOCK_DGRAM
  FileDescriptor icmp_;  // raw
  std::vector<InterfaceFacts> interfaces_;
  std::uint16_t identifier_ = 0;
  std::uint16_t sequence_ = 0;
};

}  // namespace rackcast::io
