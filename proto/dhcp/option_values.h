// Views and encoders of structured option values: address lists, client architectures, machine identifier, user class,
// relay agent information, iPXE's encapsulated options; classless routes and search lists to be sent.
//
// The views borrow the value's bytes. All are total: a value of the wrong shape reads as empty. Nothing allocates.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "proto/bytes/fixed_text.h"
#include "proto/dhcp/arch.h"
#include "proto/net/address.h"

namespace rackcast::dhcp4 {

using GuidText = FixedText<40>;

// Addresses one after the other (RFC 2132 §3.5 and its kin). A size that is no multiple of four reads as empty.
class AddressListView {
 public:
  AddressListView() = default;
  explicit AddressListView(std::span<const std::byte> value);

  [[nodiscard]] std::size_t size() const { return value_.size() / 4; }
  [[nodiscard]] net::Ipv4Address operator[](std::size_t index) const;  // 0.0.0.0 past the end

 private:
  std::span<const std::byte> value_;
};

// Option 93: 16-bit architecture numbers, best first (RFC 4578 §2.1).
class ArchList {
 public:
  ArchList() = default;
  explicit ArchList(std::span<const std::byte> value);

  [[nodiscard]] std::size_t size() const { return value_.size() / 2; }
  [[nodiscard]] std::optional<ClientArch> operator[](std::size_t index) const;
  [[nodiscard]] bool contains(ClientArch arch) const;

 private:
  std::span<const std::byte> value_;
};

// Option 94 (RFC 4578 §2.2).
struct NetworkInterfaceId {
  std::uint8_t type = 0;  // 1 UNDI
  std::uint8_t major = 0;
  std::uint8_t minor = 0;
};

// Option 97 of type 0 (RFC 4578 §2.3). The octets are those on the wire, which PC firmware takes from the SMBIOS
// structure as they lie in memory: the first three fields little-endian.
struct MachineId {
  std::array<std::uint8_t, 16> octets{};

  static std::optional<MachineId> parse(std::span<const std::byte> option_97);
  // As SMBIOS tools and operating systems print it (dmidecode, /sys/class/dmi/id/product_uuid): lower case, the first
  // three fields byte-swapped.
  [[nodiscard]] GuidText text() const;
  // All zero or all ones: SMBIOS for "not set"; many machines of one rack share it, so it identifies none.
  [[nodiscard]] bool is_unset() const;
  friend bool operator==(const MachineId&, const MachineId&) = default;
};

// Option 77. RFC 3004 has {length, text}..., but iPXE and dhcpd's users send plain text: a value whose lengths add up
// exactly is the former, anything else is one class of plain text.
class UserClasses {
 public:
  UserClasses() = default;
  explicit UserClasses(std::span<const std::byte> value);

  std::optional<std::string_view> next();  // walks; consumes
  [[nodiscard]] bool contains(std::string_view name) const;
  [[nodiscard]] bool is_plain_text() const { return plain_; }

 private:
  std::span<const std::byte> rest_;
  bool plain_ = false;
};

// Option 82 sub-options (RFC 3046 §2.0 and later).
enum class RelaySubOption : std::uint8_t {
  kCircuitId = 1,
  kRemoteId = 2,
  kLinkSelection = 5,      // RFC 3527: an address in the subnet to serve
  kSubscriberId = 6,       // RFC 3993
  kFlags = 10,             // RFC 5010: bit 0x80, the relay got the message by unicast
  kServerIdOverride = 11,  // RFC 5107: what option 54 must say
  kRelayId = 12,           // RFC 6925
  kRelayPort = 19,         // RFC 8357: reply to the source port
};

struct RelayAgentInfo {
  std::span<const std::byte> raw;  // to be echoed unchanged, last (RFC 3046 §2.2)

  [[nodiscard]] std::optional<std::span<const std::byte>> get(RelaySubOption code) const;
  [[nodiscard]] std::optional<net::Ipv4Address> address(RelaySubOption code) const;
};

// Option 175 sub-options, iPXE's numbering (src/include/ipxe/dhcp.h there).
enum class IpxeOption : std::uint8_t {
  kPriority = 0x01,
  kKeepSan = 0x08,
  kSkipSanBoot = 0x09,
  kScriptlet = 0x51,
  kSyslogServer = 0x55,
  kNoPxeDhcp = 0xB0,  // 1: do not wait for a proxyDHCP server
  kBusId = 0xB1,
  kUseCached = 0xB2,
  kVersion = 0xEB,
};

// Feature flags a request carries in option 175.
enum class IpxeFeature : std::uint8_t {
  kPxeExtensions = 0x10,
  kIscsi = 0x11,
  kAoe = 0x12,
  kHttp = 0x13,
  kHttps = 0x14,
  kTftp = 0x15,
  kFtp = 0x16,
  kDns = 0x17,
  kBzImage = 0x18,
  kMultiboot = 0x19,
  kSlam = 0x1A,
  kPxe = 0x21,
  kElf = 0x22,
  kEfi = 0x24,
  kMenu = 0x27,
  kNfs = 0x29,
};

struct IpxeVersion {
  std::uint8_t major = 0;
  std::uint8_t minor = 0;
  std::uint8_t patch = 0;
};

struct IpxeOptions {
  std::span<const std::byte> raw;  // empty where the client said it is iPXE by its user class alone

  [[nodiscard]] std::optional<std::span<const std::byte>> get(IpxeOption code) const;
  [[nodiscard]] bool has(IpxeFeature feature) const;  // present and not zero
  [[nodiscard]] std::optional<IpxeVersion> version() const;
};

// The value as one big-endian number or address; nullopt for any other size.
[[nodiscard]] std::optional<net::Ipv4Address> as_address(std::span<const std::byte> value);

// One route of option 121 (and Microsoft's 249).
struct ClasslessRoute {
  net::Ipv4Prefix destination;
  net::Ipv4Address gateway;
};

// Encoders: the used prefix of `out`; nullopt when it does not fit or an input is malformed. A client that takes 121
// ignores option 3, so the default route belongs in the list (RFC 3442).
[[nodiscard]] std::optional<std::span<const std::byte>> encode_classless_routes(std::span<const ClasslessRoute> routes,
                                                                                std::span<std::byte> out);
// RFC 3397, without compression, which is optional there and misread by some clients. Names may end in a dot.
[[nodiscard]] std::optional<std::span<const std::byte>> encode_domain_search(std::span<const std::string_view> names,
                                                                             std::span<std::byte> out);

}  // namespace rackcast::dhcp4
