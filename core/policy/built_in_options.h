// The shapes in which dhcpd knows the options that proto/dhcp/option_table.h lists otherwise or not at all, and the
// options of its other built-in spaces. What is not here follows that table. Private to the catalog.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "core/policy/option_catalog.h"

namespace rackcast::policy_detail {

// In the order of their numbers; widths as in OptionSpace.
struct BuiltInSpace {
  std::string_view name;
  std::uint8_t code_bytes;
  std::uint8_t length_bytes;
};
inline constexpr std::uint16_t kNwipSpace = 2;
inline constexpr std::uint16_t kFqdnSpace = 3;  // its options are parts of option 81, which has a form of its own
inline constexpr std::uint16_t kVendorClassSpace = 4;
inline constexpr std::uint16_t kVendorSpace = 5;
inline constexpr std::uint16_t kIscSpace = 6;
inline constexpr std::array<BuiltInSpace, OptionCatalog::kBuiltInSpaces> kBuiltInSpaceTable{{
    {"dhcp", 1, 1},
    {"agent", 1, 1},
    {"nwip", 1, 1},
    {"fqdn", 1, 1},
    {"vendor-class", 4, 1},  // RFC 3925 §3: enterprise number, length, data
    {"vendor", 4, 1},
    {"isc", 2, 2},
}};

enum class Repeats : std::uint8_t { kNo, kAll, kLast };

struct BuiltInOption {
  std::uint16_t space;
  std::uint32_t code;
  std::string_view name;
  std::array<ItemType, 4> items;
  std::uint8_t item_count;
  Repeats repeats = Repeats::kNo;
  std::uint16_t encapsulated = 0;
};

constexpr BuiltInOption one(std::uint16_t space, std::uint32_t code, std::string_view name, ItemType type,
                            std::uint16_t encapsulated = 0) {
  return {space, code, name, {type}, 1, Repeats::kNo, encapsulated};
}
constexpr BuiltInOption many(std::uint32_t code, std::string_view name, ItemType type) {
  return {kDhcpSpace, code, name, {type}, 1, Repeats::kAll};
}

using T = ItemType;
inline constexpr std::array kBuiltInOptions = {
    one(kDhcpSpace, 43, "vendor-encapsulated-options", T::kBytes),
    one(kDhcpSpace, 60, "vendor-class-identifier", T::kBytes),
    one(kDhcpSpace, 61, "dhcp-client-identifier", T::kBytes),
    one(kDhcpSpace, 63, "nwip-suboptions", T::kOptions, kNwipSpace),
    one(kDhcpSpace, 77, "user-class", T::kText),  // what iPXE sends, rather than RFC 3004's form
    BuiltInOption{kDhcpSpace, 78, "slp-directory-agent", {T::kBool, T::kAddress}, 2, Repeats::kLast},
    BuiltInOption{kDhcpSpace, 79, "slp-service-scope", {T::kBool, T::kText}, 2},
    one(kDhcpSpace, 81, "fqdn", T::kBytes),
    one(kDhcpSpace, 82, "relay-agent-information", T::kOptions, kAgentSpace),
    many(88, "bcms-controller-names", T::kDomainName),  // RFC 4280
    many(89, "bcms-controller-address", T::kAddress),
    BuiltInOption{kDhcpSpace, 94, "pxe-interface-id", {T::kU8, T::kU8, T::kU8}, 3},
    BuiltInOption{kDhcpSpace, 97, "pxe-client-id", {T::kU8, T::kBytes}, 2},
    many(112, "netinfo-server-address", T::kAddress),
    one(kDhcpSpace, 113, "netinfo-server-tag", T::kText),
    one(kDhcpSpace, 114, "default-url", T::kText),
    one(kDhcpSpace, 119, "domain-search", T::kDomainList),
    one(kDhcpSpace, 124, "vivco", T::kOptions, kVendorClassSpace),
    one(kDhcpSpace, 125, "vivso", T::kOptions, kVendorSpace),
    one(kDhcpSpace, 141, "sip-ua-cs-domains", T::kDomainList),                      // RFC 6011
    many(142, "ipv4-address-andsf", T::kAddress),                                   // RFC 6153
    BuiltInOption{kDhcpSpace, 159, "v4-portparams", {T::kU8, T::kU8, T::kU16}, 3},  // RFC 7618
    one(kDhcpSpace, 160, "v4-captive-portal", T::kText),
    BuiltInOption{kDhcpSpace, 208, "pxelinux-magic", {T::kU8, T::kU8, T::kU8, T::kU8}, 4},

    one(kAgentSpace, 1, "circuit-id", T::kBytes),
    one(kAgentSpace, 2, "remote-id", T::kBytes),
    one(kAgentSpace, 3, "agent-id", T::kAddress),
    one(kAgentSpace, 4, "DOCSIS-device-class", T::kU32),
    one(kAgentSpace, 5, "link-selection", T::kAddress),
    one(kAgentSpace, 6, "subscriber-id", T::kBytes),
    one(kAgentSpace, 7, "radius-attributes", T::kBytes),
    one(kAgentSpace, 8, "authentication", T::kBytes),
    one(kAgentSpace, 9, "vendor-specific", T::kBytes),
    one(kAgentSpace, 10, "relay-flags", T::kU8),
    one(kAgentSpace, 11, "server-id-override", T::kAddress),
    one(kAgentSpace, 12, "relay-id", T::kBytes),
    one(kAgentSpace, 19, "relay-port", T::kFlag),
    one(kAgentSpace, 151, "virtual-subnet", T::kBytes),
    one(kAgentSpace, 152, "virtual-subnet-control", T::kFlag),

    one(kNwipSpace, 5, "nsq-broadcast", T::kBool),
    BuiltInOption{kNwipSpace, 6, "preferred-dss", {T::kAddress}, 1, Repeats::kAll},
    BuiltInOption{kNwipSpace, 7, "nearest-nwip-server", {T::kAddress}, 1, Repeats::kAll},
    one(kNwipSpace, 8, "autoretries", T::kU8),
    one(kNwipSpace, 9, "autoretry-secs", T::kU8),
    one(kNwipSpace, 10, "nwip-1-1", T::kBool),
    one(kNwipSpace, 11, "primary-dss", T::kAddress),

    one(kFqdnSpace, 1, "no-client-update", T::kBool),
    one(kFqdnSpace, 2, "server-update", T::kBool),
    one(kFqdnSpace, 3, "encoded", T::kBool),
    one(kFqdnSpace, 4, "rcode1", T::kU8),
    one(kFqdnSpace, 5, "rcode2", T::kU8),
    one(kFqdnSpace, 6, "hostname", T::kText),
    one(kFqdnSpace, 7, "domainname", T::kText),
    one(kFqdnSpace, 8, "fqdn", T::kText),

    one(kVendorClassSpace, 2495, "isc", T::kBytes),
    one(kVendorSpace, 2495, "isc", T::kOptions, kIscSpace),
    one(kIscSpace, 1, "media", T::kText),
    one(kIscSpace, 2, "update-assist", T::kBytes),
};

}  // namespace rackcast::policy_detail
