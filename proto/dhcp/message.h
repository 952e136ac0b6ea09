// The DHCPv4/BOOTP message (RFC 951 §3, RFC 2131 §2): its fixed header as a value type, and views of the rest.
//
//   0    op htype hlen hops | 4 xid | 8 secs flags | 12 ciaddr 16 yiaddr 20 siaddr 24 giaddr
//   28   chaddr (16)        | 44 sname (64)        | 108 file (128)
//   236  vendor area: cookie 63 82 53 63, then options (RFC 2132 §2); BOOTP clients older than RFC 1048 have no cookie
//
// Reading is two steps: parse_message takes any bytes of sufficient size; validate decides whether to act on them.
// Options are read by options.h, messages are written by message_writer.h. Nothing here allocates; a Message borrows
// the datagram it was parsed from and dies with it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "proto/bytes/strong_id.h"
#include "proto/net/address.h"

namespace rackcast::dhcp4 {

inline constexpr net::UdpPort kServerPort{67};
inline constexpr net::UdpPort kClientPort{68};

inline constexpr std::size_t kChaddrSize = 16;
inline constexpr std::size_t kSnameSize = 64;
inline constexpr std::size_t kFileSize = 128;
inline constexpr std::size_t kSnameOffset = 44;
inline constexpr std::size_t kFileOffset = 108;
inline constexpr std::size_t kVendorOffset = 236;
inline constexpr std::size_t kCookieSize = 4;
inline constexpr std::size_t kOptionsOffset = kVendorOffset + kCookieSize;
inline constexpr std::array<std::byte, kCookieSize> kCookie{std::byte{0x63}, std::byte{0x82}, std::byte{0x53},
                                                            std::byte{0x63}};

// RFC 951's 64-byte vendor area. Relays and ROMs exist that discard anything shorter (RFC 1542 §2.1).
inline constexpr std::size_t kMessageSizeMin = 300;
// What every client must take (RFC 2131 §2): a 576-byte IP packet, less 20 bytes of IP and 8 of UDP header.
inline constexpr std::size_t kMessageSizeDefault = 548;

static_assert(kSnameOffset + kSnameSize == kFileOffset && kFileOffset + kFileSize == kVendorOffset);
static_assert(kOptionsOffset < kMessageSizeMin && kMessageSizeMin < kMessageSizeDefault);

using Xid = StrongId<struct XidTag, std::uint32_t>;  // host order; not unique across clients

// Values not listed are legal in both types: they hold whatever byte was received.
enum class Op : std::uint8_t { kRequest = 1, kReply = 2 };
enum class HardwareType : std::uint8_t { kEthernet = 1, kIeee802 = 6, kInfiniband = 32 };

// Option 53.
enum class MessageType : std::uint8_t {
  kDiscover = 1,
  kOffer = 2,
  kRequest = 3,
  kDecline = 4,
  kAck = 5,
  kNak = 6,
  kRelease = 7,
  kInform = 8,
};
std::string_view message_type_name(MessageType type);  // "DISCOVER"; "?" outside the enum

// The fixed header without `sname` and `file`.
struct Header {
  Op op = Op::kRequest;
  HardwareType htype = HardwareType::kEthernet;
  std::uint8_t hlen = 6;  // octets of chaddr that count; any value when received
  std::uint8_t hops = 0;
  Xid xid;
  std::uint16_t secs = 0;   // seconds by the book; iPXE and GRUB put other things here
  bool broadcast = false;   // flags bit 15; the other bits are ignored on receipt and sent as zero
  net::Ipv4Address ciaddr;  // the client's own, configured address
  net::Ipv4Address yiaddr;  // the address being given
  net::Ipv4Address siaddr;  // the next boot server
  net::Ipv4Address giaddr;  // the first relay
  std::array<std::uint8_t, kChaddrSize> chaddr{};

  // The octets that count: hlen of them, 16 at most.
  [[nodiscard]] std::span<const std::uint8_t> hardware_address() const;
  // chaddr as a MAC address: Ethernet or IEEE 802 with hlen 6 only.
  [[nodiscard]] std::optional<net::MacAddress> mac() const;
  void set_mac(const net::MacAddress& mac);  // htype Ethernet, hlen 6
  [[nodiscard]] bool is_relayed() const { return !giaddr.is_any(); }

  friend bool operator==(const Header&, const Header&) = default;
};

// What RFC 2131 table 3 has every reply repeat: htype, hlen, xid, flags, giaddr, chaddr. Everything else is zero.
[[nodiscard]] Header reply_header(const Header& request);

// A received message. The spans borrow the datagram.
struct Message {
  Header header;
  std::span<const std::byte> sname;        // 64 bytes, raw: text or overloaded options
  std::span<const std::byte> file;         // 128 bytes, raw
  std::span<const std::byte> vendor_area;  // all that follows `file`, cookie included; may be empty
  bool has_cookie = false;
  std::span<const std::byte> options;  // what follows the cookie; empty without one

  // As C strings, up to the first NUL or the end of the field. Meaningless where the field is overloaded
  // (Options::overload).
  [[nodiscard]] std::string_view sname_text() const;
  [[nodiscard]] std::string_view file_text() const;
};

// Nullopt only where `datagram` (a UDP payload) is shorter than the fixed header. O(1).
[[nodiscard]] std::optional<Message> parse_message(std::span<const std::byte> datagram);

// Why a message is not acted on. One reason per message, the first that applies in this order.
enum class MessageFault : std::uint8_t {
  kNone,
  kWrongOp,               // not `expected`: a reply looped back, or neither value
  kHlenTooLong,           // more than chaddr holds
  kHlenMismatch,          // Ethernet or IEEE 802 with another length than 6
  kNoHardwareAddress,     // hlen 0 on anything but InfiniBand (RFC 4390)
  kUnicastWithoutChaddr,  // InfiniBand without the broadcast flag: RFC 4390 §2.2 demands it, no unicast could arrive
  kGroupChaddr,           // a multicast or broadcast MAC: a reply to it would be amplified
  kBadGiaddr,             // a relay with a multicast, broadcast or loopback address
  kBadCiaddr,             // the same for a client
};
inline constexpr std::size_t kMessageFaultCount = 9;
std::string_view message_fault_text(MessageFault fault);

// Pure function of the fixed header; options are judged by the engine.
[[nodiscard]] MessageFault validate(const Header& header, Op expected);

}  // namespace rackcast::dhcp4
