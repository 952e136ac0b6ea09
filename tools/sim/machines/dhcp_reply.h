// Judging what came to port 68: is it for this exchange, and does it keep the protocol? Pure; stricter than most
// clients, since a rehearsal is to find what some client will trip over.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "proto/dhcp/message.h"
#include "proto/net/address.h"
#include "tools/sim/machines/profile.h"

namespace rackcast::sim {

enum class ReplyFault : std::uint8_t {
  kNone,
  kNotForUs,    // another machine's or another exchange's: no fault of anybody
  kMalformed,   // shorter than the fixed header, or no reply at all
  kWrongPort,   // not from port 67
  kWrongMac,    // our xid, another chaddr
  kBadOptions,  // an option that runs past its field, or no end
  kNoMessageType,
  kUnexpectedType,
  kNoServerIdentifier,
  kNoAddress,
  kBadAddress,  // one no machine can have
  kNoLeaseTime,
  kNoVendorText,  // the client looks for a text in option 43
  kNoFile,        // of a boot server
  kNoClass,       // the client wants its own class in option 60
};
[[nodiscard]] std::string_view reply_fault_text(ReplyFault fault);  // "no server identifier"

// An OFFER, ACK or NAK. Text borrows the message.
struct DhcpReply {
  dhcp4::MessageType type = dhcp4::MessageType::kOffer;  // kAck for a BOOTP reply
  bool is_proxy = false;  // an offer without an address, of class PXEClient: from a proxyDHCP server
  net::Ipv4Address address;
  net::Ipv4Address server;  // option 54
  net::Ipv4Address next_server;
  std::uint32_t lease_seconds = 0;
  std::uint8_t prefix_bits = 24;  // from option 1; 24 without one
  bool names_pxe_class = false;   // 60 says PXEClient
  bool has_discovery = false;     // 43 carries a PXE discovery control (sub-option 6 to 10)
  bool no_proxy = false;          // 175.176: there is no proxyDHCP server to wait for
  bool echoes_machine_id = false;
  std::string_view boot_file;
  bool boot_file_has_end = true;  // no option 67, or a NUL in it
  std::string_view config_file;   // 209
  std::string_view path_prefix;   // 210
};

struct JudgedReply {
  ReplyFault fault = ReplyFault::kNone;
  DhcpReply reply;  // meaningful without a fault
};

struct ReplyExpectation {
  dhcp4::Xid xid;
  net::MacAddress mac;
  const DhcpHabits& habits;
  net::UdpPort port = dhcp4::kServerPort;
  bool from_boot_server = false;  // it names a file, and gives no address
};
inline constexpr net::UdpPort kBootServerPort{4011};

// `scratch` holds split options; the result may borrow it.
[[nodiscard]] JudgedReply judge_reply(std::span<const std::byte> message, net::UdpPort from,
                                      const ReplyExpectation& expected, std::span<std::byte> scratch);

}  // namespace rackcast::sim
