// From a decision to bytes: one function that writes a reply (RFC 2131 §4.3.1 tables 3 to 5, RFC 1534 for BOOTP).
//
// Order: 53, 54, 51, 58, 59 (where they are configured; made to fit a lease that ends before), then what the parameter
// request list names in its order, then what must be there anyway (1; the boot options for clients that boot), 82 last
// and unchanged. Without a list: 1, 3, 6, 12, then all that the rules set. A configured list (option
// dhcp-parameter-request-list) replaces the client's. What does not fit is left out from the end of that order. No
// overload, since boot loaders misread overloaded fields. What is configured and not asked for stays away, as with
// dhcpd.
//
// How a PXE client is told its boot file. siaddr and `file`, options 66 and 67, and option 97 returned; no option 60
// and no option 43 unless they are configured (or the client is a Raspberry Pi: core/quirks). That is an ordinary DHCP
// offer with a boot file, what ISC dhcpd has always sent, so every ROM in the field is known to take it; EDK2 ranks it
// last but knows no better one here. Option 60 "PXEClient" would promise more: EDK2 and PXE 2.1 ROMs then want 43.6
// to 43.10 or ask on port 4011 (protocols reference §1.7), and firmware exists that stumbles over 43.6 = 8 too (field
// notes 23). The price of a plain offer is iPXE's two seconds of waiting for a proxyDHCP server; 175.176 = 1 takes that
// away, and is sent to whoever sent option 175. HTTPClient is different: UEFI HTTP boot ignores an offer without option
// 60 "HTTPClient".
#pragma once

#include <optional>
#include <span>

#include "core/engine/dhcp/client_policy.h"
#include "core/engine/dhcp/request.h"
#include "core/machines/boot_choice.h"
#include "core/quirks/quirk.h"

namespace rackcast::engine {

struct Reply {
  std::optional<dhcp4::MessageType> type;  // nullopt: BOOTP
  net::Ipv4Address yiaddr;                 // 0 in a NAK, to an INFORM, and from a proxy
  net::Ipv4Address ciaddr;                 // repeated in an ACK
  net::Ipv4Address server_identifier;      // option 54
  net::Ipv4Address source;                 // ours, to send from
  std::optional<std::uint32_t> lease_seconds;

  // What the rules gave, and which options hold spaces of others; null in a NAK.
  const Outcome* outcome = nullptr;
  const ClientPolicy* policy = nullptr;
  std::optional<net::Ipv4Prefix> subnet;  // 1 and 28, where no rule says otherwise
  net::Ipv4Address next_server;           // siaddr, and 66 where there is a file
  std::string_view file;                  // `file`, and 67; borrowed
  BootVia via = BootVia::kNothing;
  std::string_view server_name;            // `sname`
  std::span<const std::byte> pxe_options;  // 43, before what the rules say; empty: none
  std::string_view vendor_class;           // 60 likewise
  QuirkSet quirks;                         // those of the client
  std::string_view message;                // 56, in a NAK; static text
  bool broadcast = false;                  // always-broadcast
  bool boot_only = false;                  // what to boot, nothing of the network (proxy, port 4011)
  bool no_address = false;                 // an OFFER of nothing: 53, 54 and 116 = 0 (RFC 2563)
  bool echo_client_id = true;              // RFC 6842
  bool with_options = true;                // false: a client without the cookie gets its vendor area back

  [[nodiscard]] bool is_nak() const { return type == dhcp4::MessageType::kNak; }
};

inline constexpr std::size_t kReplyBytesMax = kDatagramBytesMax - kIpUdpHeaderBytes;

// Writes into `out`, which has kReplyBytesMax bytes at least. Empty: option 82 does not fit.
[[nodiscard]] std::span<const std::byte> encode_reply(const Request& request, const Reply& reply,
                                                      std::span<std::byte> out);

}  // namespace rackcast::engine
