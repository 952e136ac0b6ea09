// The DHCPv4 options we know, as one constexpr table: code, name, value kind, length bounds (RFC 2132 and the RFCs
// named in the table). The reader, the writer's callers, the configuration importer and the tests walk this table.
// Names are those dhcpd.conf uses where it has one, because that is what operators type.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "proto/dhcp/option_code.h"

namespace rackcast::dhcp4 {

enum class ValueKind : std::uint8_t {
  kBytes,  // opaque, or a structure of its own
  kText,   // octets, no terminator
  kFlag,   // presence is the value; length 0
  kBool,   // one octet, 0 or 1
  kU8,
  kU16,
  kU32,
  kS32,
  kU16List,
  kCodeList,  // option codes
  kAddress,
  kAddressList,
  kAddressPairs,  // two addresses per item
  kSubOptions,    // {code, length, value}...
  kDomainList,    // DNS-encoded names (RFC 3397)
  kRoutes,        // {prefix length, significant octets, gateway}... (RFC 3442)
};

struct OptionSpec {
  std::uint8_t code;
  std::string_view name;
  ValueKind kind;
  std::uint16_t length_min;  // octets, of the concatenated value (RFC 3396)
  std::uint16_t length_max;
  std::uint8_t unit = 1;  // the length is a multiple of this

  [[nodiscard]] constexpr bool takes(std::size_t length) const {
    return length >= length_min && length <= length_max && length % unit == 0;
  }
  // A value of one possible length cannot be split; a repeat of it is a contradiction, not a continuation.
  [[nodiscard]] constexpr bool is_fixed() const { return length_min == length_max; }
};

inline constexpr std::uint16_t kLengthAny = 0xFFFF;

inline constexpr std::array kOptionTable = {
    // clang-format off
    OptionSpec{1, "subnet-mask", ValueKind::kAddress, 4, 4},
    OptionSpec{2, "time-offset", ValueKind::kS32, 4, 4},
    OptionSpec{3, "routers", ValueKind::kAddressList, 4, kLengthAny, 4},
    OptionSpec{4, "time-servers", ValueKind::kAddressList, 4, kLengthAny, 4},
    OptionSpec{5, "ien116-name-servers", ValueKind::kAddressList, 4, kLengthAny, 4},
    OptionSpec{6, "domain-name-servers", ValueKind::kAddressList, 4, kLengthAny, 4},
    OptionSpec{7, "log-servers", ValueKind::kAddressList, 4, kLengthAny, 4},
    OptionSpec{8, "cookie-servers", ValueKind::kAddressList, 4, kLengthAny, 4},
    OptionSpec{9, "lpr-servers", ValueKind::kAddressList, 4, kLengthAny, 4},
    OptionSpec{10, "impress-servers", ValueKind::kAddressList, 4, kLengthAny, 4},
    OptionSpec{11, "resource-location-servers", ValueKind::kAddressList, 4, kLengthAny, 4},
    OptionSpec{12, "host-name", ValueKind::kText, 1, kLengthAny},
    OptionSpec{13, "boot-size", ValueKind::kU16, 2, 2},
    OptionSpec{14, "merit-dump", ValueKind::kText, 1, kLengthAny},
    OptionSpec{15, "domain-name", ValueKind::kText, 1, kLengthAny},
    OptionSpec{16, "swap-server", ValueKind::kAddress, 4, 4},
    OptionSpec{17, "root-path", ValueKind::kText, 1, kLengthAny},
    OptionSpec{18, "extensions-path", ValueKind::kText, 1, kLengthAny},
    OptionSpec{19, "ip-forwarding", ValueKind::kBool, 1, 1},
    OptionSpec{20, "non-local-source-routing", ValueKind::kBool, 1, 1},
    OptionSpec{21, "policy-filter", ValueKind::kAddressPairs, 8, kLengthAny, 8},
    OptionSpec{22, "max-dgram-reassembly", ValueKind::kU16, 2, 2},
    OptionSpec{23, "default-ip-ttl", ValueKind::kU8, 1, 1},
    OptionSpec{24, "path-mtu-aging-timeout", ValueKind::kU32, 4, 4},
    OptionSpec{25, "path-mtu-plateau-table", ValueKind::kU16List, 2, kLengthAny, 2},
    OptionSpec{26, "interface-mtu", ValueKind::kU16, 2, 2},
    OptionSpec{27, "all-subnets-local", ValueKind::kBool, 1, 1},
    OptionSpec{28, "broadcast-address", ValueKind::kAddress, 4, 4},
    OptionSpec{29, "perform-mask-discovery", ValueKind::kBool, 1, 1},
    OptionSpec{30, "mask-supplier", ValueKind::kBool, 1, 1},
    OptionSpec{31, "router-discovery", ValueKind::kBool, 1, 1},
    OptionSpec{32, "router-solicitation-address", ValueKind::kAddress, 4, 4},
    OptionSpec{33, "static-routes", ValueKind::kAddressPairs, 8, kLengthAny, 8},
    OptionSpec{34, "trailer-encapsulation", ValueKind::kBool, 1, 1},
    OptionSpec{35, "arp-cache-timeout", ValueKind::kU32, 4, 4},
    OptionSpec{36, "ieee802-3-encapsulation", ValueKind::kBool, 1, 1},
    OptionSpec{37, "default-tcp-ttl", ValueKind::kU8, 1, 1},
    OptionSpec{38, "tcp-keepalive-interval", ValueKind::kU32, 4, 4},
    OptionSpec{39, "tcp-keepalive-garbage", ValueKind::kBool, 1, 1},
    OptionSpec{40, "nis-domain", ValueKind::kText, 1, kLengthAny},
    OptionSpec{41, "nis-servers", ValueKind::kAddressList, 4, kLengthAny, 4},
    OptionSpec{42, "ntp-servers", ValueKind::kAddressList, 4, kLengthAny, 4},
    OptionSpec{43, "vendor-encapsulated-options", ValueKind::kSubOptions, 1, kLengthAny},
    OptionSpec{44, "netbios-name-servers", ValueKind::kAddressList, 4, kLengthAny, 4},
    OptionSpec{45, "netbios-dd-server", ValueKind::kAddressList, 4, kLengthAny, 4},
    OptionSpec{46, "netbios-node-type", ValueKind::kU8, 1, 1},
    OptionSpec{47, "netbios-scope", ValueKind::kText, 1, kLengthAny},
    OptionSpec{48, "font-servers", ValueKind::kAddressList, 4, kLengthAny, 4},
    OptionSpec{49, "x-display-manager", ValueKind::kAddressList, 4, kLengthAny, 4},
    OptionSpec{50, "dhcp-requested-address", ValueKind::kAddress, 4, 4},
    OptionSpec{51, "dhcp-lease-time", ValueKind::kU32, 4, 4},
    OptionSpec{52, "dhcp-option-overload", ValueKind::kU8, 1, 1},
    OptionSpec{53, "dhcp-message-type", ValueKind::kU8, 1, 1},
    OptionSpec{54, "dhcp-server-identifier", ValueKind::kAddress, 4, 4},
    OptionSpec{55, "dhcp-parameter-request-list", ValueKind::kCodeList, 1, kLengthAny},
    OptionSpec{56, "dhcp-message", ValueKind::kText, 1, kLengthAny},
    OptionSpec{57, "dhcp-max-message-size", ValueKind::kU16, 2, 2},
    OptionSpec{58, "dhcp-renewal-time", ValueKind::kU32, 4, 4},
    OptionSpec{59, "dhcp-rebinding-time", ValueKind::kU32, 4, 4},
    OptionSpec{60, "vendor-class-identifier", ValueKind::kText, 1, kLengthAny},
    OptionSpec{61, "dhcp-client-identifier", ValueKind::kBytes, 2, kLengthAny},
    OptionSpec{62, "nwip-domain", ValueKind::kText, 1, kLengthAny},
    OptionSpec{63, "nwip-suboptions", ValueKind::kSubOptions, 1, kLengthAny},
    OptionSpec{64, "nisplus-domain", ValueKind::kText, 1, kLengthAny},
    OptionSpec{65, "nisplus-servers", ValueKind::kAddressList, 4, kLengthAny, 4},
    OptionSpec{66, "tftp-server-name", ValueKind::kText, 1, kLengthAny},
    OptionSpec{67, "bootfile-name", ValueKind::kText, 1, kLengthAny},
    OptionSpec{68, "mobile-ip-home-agent", ValueKind::kAddressList, 0, kLengthAny, 4},
    OptionSpec{69, "smtp-server", ValueKind::kAddressList, 4, kLengthAny, 4},
    OptionSpec{70, "pop-server", ValueKind::kAddressList, 4, kLengthAny, 4},
    OptionSpec{71, "nntp-server", ValueKind::kAddressList, 4, kLengthAny, 4},
    OptionSpec{72, "www-server", ValueKind::kAddressList, 4, kLengthAny, 4},
    OptionSpec{73, "finger-server", ValueKind::kAddressList, 4, kLengthAny, 4},
    OptionSpec{74, "irc-server", ValueKind::kAddressList, 4, kLengthAny, 4},
    OptionSpec{75, "streettalk-server", ValueKind::kAddressList, 4, kLengthAny, 4},
    OptionSpec{76, "streettalk-directory-assistance-server", ValueKind::kAddressList, 4, kLengthAny, 4},
    OptionSpec{77, "user-class", ValueKind::kBytes, 1, kLengthAny},  // RFC 3004, and plain text
    OptionSpec{78, "slp-directory-agent", ValueKind::kBytes, 1, kLengthAny},  // RFC 2610
    OptionSpec{79, "slp-service-scope", ValueKind::kBytes, 1, kLengthAny},  // RFC 2610
    OptionSpec{80, "rapid-commit", ValueKind::kFlag, 0, 0},  // RFC 4039
    OptionSpec{81, "fqdn", ValueKind::kBytes, 3, kLengthAny},  // RFC 4702
    OptionSpec{82, "relay-agent-information", ValueKind::kSubOptions, 2, kLengthAny},  // RFC 3046
    OptionSpec{85, "nds-servers", ValueKind::kAddressList, 4, kLengthAny, 4},  // RFC 2241
    OptionSpec{86, "nds-tree-name", ValueKind::kText, 1, kLengthAny},
    OptionSpec{87, "nds-context", ValueKind::kText, 1, kLengthAny},
    OptionSpec{90, "authentication", ValueKind::kBytes, 11, kLengthAny},  // RFC 3118
    OptionSpec{91, "client-last-transaction-time", ValueKind::kU32, 4, 4},  // RFC 4388
    OptionSpec{92, "associated-ip", ValueKind::kAddressList, 4, kLengthAny, 4},
    OptionSpec{93, "pxe-system-type", ValueKind::kU16List, 2, kLengthAny, 2},  // RFC 4578
    OptionSpec{94, "pxe-interface-id", ValueKind::kBytes, 3, 3},
    OptionSpec{97, "pxe-client-id", ValueKind::kBytes, 2, kLengthAny},
    OptionSpec{98, "uap-servers", ValueKind::kText, 1, kLengthAny},  // RFC 2485
    OptionSpec{99, "geoconf-civic", ValueKind::kBytes, 3, kLengthAny},  // RFC 4776
    OptionSpec{100, "pcode", ValueKind::kText, 1, kLengthAny},  // RFC 4833
    OptionSpec{101, "tcode", ValueKind::kText, 1, kLengthAny},
    OptionSpec{108, "v6-only-preferred", ValueKind::kU32, 4, 4},  // RFC 8925
    OptionSpec{114, "captive-portal", ValueKind::kText, 1, kLengthAny},  // RFC 8910
    OptionSpec{116, "auto-config", ValueKind::kU8, 1, 1},  // RFC 2563
    OptionSpec{117, "name-service-search", ValueKind::kU16List, 2, kLengthAny, 2},  // RFC 2937
    OptionSpec{118, "subnet-selection", ValueKind::kAddress, 4, 4},  // RFC 3011
    OptionSpec{119, "domain-search", ValueKind::kDomainList, 1, kLengthAny},  // RFC 3397
    OptionSpec{120, "sip-servers", ValueKind::kBytes, 1, kLengthAny},  // RFC 3361
    OptionSpec{121, "classless-static-routes", ValueKind::kRoutes, 5, kLengthAny},  // RFC 3442
    OptionSpec{124, "vivco", ValueKind::kBytes, 5, kLengthAny},  // RFC 3925
    OptionSpec{125, "vivso", ValueKind::kBytes, 5, kLengthAny},
    OptionSpec{128, "pxe-undefined-1", ValueKind::kBytes, 1, kLengthAny},                            // asked for by PXE clients (RFC 4578 §2.4)
    OptionSpec{129, "pxe-undefined-2", ValueKind::kBytes, 1, kLengthAny},
    OptionSpec{130, "pxe-undefined-3", ValueKind::kBytes, 1, kLengthAny},
    OptionSpec{131, "pxe-undefined-4", ValueKind::kBytes, 1, kLengthAny},
    OptionSpec{132, "pxe-undefined-5", ValueKind::kBytes, 1, kLengthAny},
    OptionSpec{133, "pxe-undefined-6", ValueKind::kBytes, 1, kLengthAny},
    OptionSpec{134, "pxe-undefined-7", ValueKind::kBytes, 1, kLengthAny},
    OptionSpec{135, "pxe-undefined-8", ValueKind::kBytes, 1, kLengthAny},
    OptionSpec{138, "capwap-ac", ValueKind::kAddressList, 4, kLengthAny, 4},  // RFC 5417
    OptionSpec{150, "tftp-server-address", ValueKind::kAddressList, 4, kLengthAny, 4},  // RFC 5859
    OptionSpec{175, "ipxe-encapsulated", ValueKind::kSubOptions, 1, kLengthAny},                     // iPXE
    OptionSpec{203, "iscsi-initiator-iqn", ValueKind::kText, 1, kLengthAny},                         // iPXE
    OptionSpec{208, "loader-magic", ValueKind::kBytes, 4, 4},  // RFC 5071
    OptionSpec{209, "loader-configfile", ValueKind::kText, 1, kLengthAny},
    OptionSpec{210, "loader-pathprefix", ValueKind::kText, 1, kLengthAny},
    OptionSpec{211, "loader-reboottime", ValueKind::kU32, 4, 4},
    OptionSpec{249, "ms-classless-static-routes", ValueKind::kRoutes, 5, kLengthAny},                // Microsoft's twin of 121
    OptionSpec{252, "wpad-url", ValueKind::kText, 1, kLengthAny},                                    // WPAD
    // clang-format on
};

// The entry for `code` or `name`; null when the table has none. O(1) by code, linear by name (configuration only).
[[nodiscard]] const OptionSpec* find_option(OptionCode code);
[[nodiscard]] const OptionSpec* find_option(std::string_view name);

}  // namespace rackcast::dhcp4
