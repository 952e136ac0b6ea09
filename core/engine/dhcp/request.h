// A client's message, classified: what it is (RFC 2131 §4.3.2's four REQUEST states told apart) and every field the
// engine acts on. `ParsedMessage` holds what the rules may ask about besides; both live for one message.
#pragma once

#include <optional>

#include "core/engine/dhcp/drop_reason.h"
#include "core/engine/dhcp/pxe_options.h"
#include "core/leases/lease.h"
#include "core/machines/machine.h"
#include "core/packet_io.h"
#include "core/policy/option_catalog.h"
#include "proto/dhcp/arch.h"
#include "proto/dhcp/message.h"
#include "proto/dhcp/options.h"

namespace rackcast::engine {

// Option 82 has to come back unchanged, so what is longer than this is not answered. Four times what relays send.
inline constexpr std::size_t kRelayInfoBytesMax = 512;
// RFC 951's vendor area is 64; dhcpd's own clients send up to 312.
inline constexpr std::size_t kRawVendorBytesMax = 312;
// Option 57 is clamped to this (protocols reference §1.1): IP datagrams, headers included.
inline constexpr std::size_t kDatagramBytesMin = 576;
inline constexpr std::size_t kDatagramBytesMax = 1'500;
inline constexpr std::size_t kIpUdpHeaderBytes = 28;

enum class RequestKind : std::uint8_t {
  kDiscover,
  kSelecting,   // REQUEST with a server identifier: the answer to an offer
  kInitReboot,  // REQUEST for the address it had before
  kRenewing,    // REQUEST by unicast from its address, to us or to a relay that says so
  kRebinding,   // REQUEST by broadcast from its address
  kDecline,
  kRelease,
  kInform,
  kBootp,       // no option 53 (RFC 1534)
  kBootServer,  // REQUEST or INFORM to port 4011, or with a boot item in it (PXE 2.1 §2.2): what to boot, no address
};

// Borrows the datagram; the scratch buffer holds options that came in several pieces (RFC 3396).
struct ParsedMessage {
  std::span<const std::byte> packet;
  dhcp4::Message message;
  std::array<std::byte, kReceiveBytesMax> scratch;
  std::optional<dhcp4::Options> options;
};

struct Request {
  RequestKind kind = RequestKind::kDiscover;
  dhcp4::Header header;
  net::MacAddress mac;

  std::optional<net::Ipv4Address> requested;          // 50
  std::optional<net::Ipv4Address> server_identifier;  // 54
  std::optional<std::uint32_t> lease_seconds;         // 51
  FixedText<255> parameter_list;                      // 55: option codes, raw
  ClientIdentifier client_identifier;                 // 61
  HostName hostname;                                  // 12
  std::size_t reply_bytes_max = 0;                    // of the UDP payload, from 57 or the BOOTP vendor area

  // Who it is.
  dhcp4::BootClass boot_class = dhcp4::BootClass::kNone;  // 60
  FixedText<32> vendor_class;
  std::uint16_t architecture = 0xFFFF;  // 93, else the number in 60
  FixedText<17> machine_id;             // 97, raw, to be echoed
  bool ipxe = false;                    // 77 or 175
  bool takes_ipxe_options = false;      // 175 was sent

  // Where it is.
  FixedText<kRelayInfoBytesMax> relay_info;            // 82
  StashedRelayInfo stashed_relay_info;                 // its lease's, for a renewal that passed no relay
  std::optional<net::Ipv4Address> link_selection;      // 82.5
  std::optional<net::Ipv4Address> server_id_override;  // 82.11
  bool relay_port = false;                             // 82.19
  bool relayed_unicast = false;                      // 82.10: the relay was sent it by unicast (with 82.11, a renewal)
  std::optional<net::Ipv4Address> subnet_selection;  // 118
  std::optional<PxeBootItem> boot_item;              // 43.71

  // Plain BOOTP only.
  bool has_cookie = true;
  FixedText<kRawVendorBytesMax> raw_vendor;  // of a client without the cookie
  FixedText<dhcp4::kFileSize> file;

  // The datagram's.
  SocketId socket;
  InterfaceIndex interface;
  net::Endpoint peer;
  net::Ipv4Address destination;
  bool unicast = false;       // sent to one of our own addresses
  bool to_boot_port = false;  // 4011
  const ParsedMessage* parsed = nullptr;

  // A network boot client: PXE firmware, iPXE, or plain BOOTP.
  [[nodiscard]] bool boots() const {
    return ipxe || boot_class == dhcp4::BootClass::kPxe || kind == RequestKind::kBootp;
  }
  // Option 97's UUID; nullopt where it is absent, of another type, or one that firmware without a UUID shows.
  [[nodiscard]] std::optional<std::array<std::uint8_t, 16>> uuid() const;
  // A sub-option of 82, or of what its lease was granted through; empty when absent.
  [[nodiscard]] std::span<const std::byte> relay_option(dhcp4::RelaySubOption code) const;
  // Any option of the message by its key; of DHCP's own space and the relay's.
  [[nodiscard]] std::optional<std::span<const std::byte>> option(const OptionKey& key) const;
  [[nodiscard]] std::span<const std::byte> relay_octets() const {
    return std::as_bytes(std::span(relay_info.empty() ? stashed_relay_info.view() : relay_info.view()));
  }
  // The address the client uses already: ciaddr, or an INFORM's source.
  [[nodiscard]] net::Ipv4Address client_address() const;
  // The address the message is about: what it asks for, has, gives back or declines.
  [[nodiscard]] net::Ipv4Address subject() const { return requested ? *requested : client_address(); }
};

// Parse, validate, classify. Nullopt: both are filled, and `request` refers to `parsed`. `unicast`: the datagram was
// sent to an address of ours.
[[nodiscard]] std::optional<DhcpDrop> read_request(const ReceivedDatagram& datagram, bool unicast,
                                                   ParsedMessage& parsed, Request& request);

// What the message says of the machine; `address` and `seen` are left to the caller.
[[nodiscard]] Machine machine_of(const Request& request);

}  // namespace rackcast::engine
