// What dhcpd honours and we do not, and why: statement_parser.h. Nothing of it is dropped in silence.
#include <algorithm>
#include <array>

#include "core/policy/statement_parser.h"

namespace rackcast::rules_detail {
namespace {

struct Known {
  std::string_view word;
  std::string_view reason;
};

constexpr std::string_view kDdns = "the server updates no DNS";
constexpr std::string_view kFiles = "files and facilities are set in the TOML file or on the command line";
constexpr std::string_view kSockets = "interfaces and ports are set in the TOML file or on the command line";
constexpr std::string_view kEvents = "nothing is run or logged when a lease changes";
constexpr std::string_view kFailover = "there is no failover";
constexpr std::string_view kIpv6 = "the server speaks DHCPv4 only";
constexpr std::string_view kLdap = "the configuration comes from files only";

constexpr std::array kStatements{
    Known{"on", kEvents},
    Known{"log", kEvents},
    Known{"execute", kEvents},
    Known{"eval", "functions are not honoured"},
    Known{"define", "functions are not honoured"},
    Known{"return", "functions are not honoured"},
    Known{"parse-vendor-option", "option 43 of a client is read by its definition only"},
    Known{"zone", kDdns},
    Known{"key", kDdns},
    Known{"do-forward-updates", kDdns},
    Known{"do-reverse-updates", kDdns},
    Known{"update-conflict-detection", kDdns},
    Known{"update-optimization", kDdns},
    Known{"update-static-leases", kDdns},
    Known{"fqdn-reply", kDdns},
    Known{"failover", kFailover},
    Known{"check-secs-byte-order", kFailover},
    Known{"server-id-check", "a REQUEST for another server is never answered"},
    Known{"omapi-port", "there is no OMAPI"},
    Known{"omapi-key", "there is no OMAPI"},
    Known{"local-port", kSockets},
    Known{"remote-port", kSockets},
    Known{"local-address", kSockets},
    Known{"limited-broadcast-address", kSockets},
    Known{"log-facility", kFiles},
    Known{"lease-file-name", kFiles},
    Known{"pid-file-name", kFiles},
    Known{"db-time-format", kFiles},
    Known{"dont-use-fsync", "leases are always on the disk before they are promised"},
    Known{"delayed-ack", "leases are always written in groups"},
    Known{"max-ack-delay", "leases are always written in groups"},
    Known{"log-threshold-low", "the use of pools is in the metrics"},
    Known{"log-threshold-high", "the use of pools is in the metrics"},
    Known{"adaptive-lease-time-threshold", "lease times do not depend on how full a pool is"},
    Known{"dynamic-bootp-lease-cutoff", "only dynamic-bootp-lease-length is honoured"},
    Known{"dynamic-bootp", "which ranges are for BOOTP is said by `range dynamic-bootp`"},
    Known{"infinite-is-reserved", "an infinite lease is kept as long as any"},
    Known{"site-option-space", "options of a site are those of space dhcp"},
    Known{"leasequery", "lease queries are not answered"},
    Known{"client-updates", kDdns},
    Known{"release-on-roam", kIpv6},
    Known{"preferred-lifetime", kIpv6},
    Known{"prefix-length-mode", kIpv6},
    Known{"limit-addrs-per-ia", kIpv6},
    Known{"limit-prefs-per-ia", kIpv6},
    Known{"local-address6", kIpv6},
    Known{"bind-local-address6", kIpv6},
    Known{"use-eui-64", kIpv6},
    Known{"persist-eui-64-leases", kIpv6},
};
constexpr std::array kPrefixes{
    Known{"ddns-", kDdns},
    Known{"ldap-", kLdap},
    Known{"dhcpv6-", kIpv6},
};
constexpr std::array kPermissions{
    Known{"client-updates", kDdns},
    Known{"leasequery", "lease queries are not answered"},
    Known{"dynamic-bootp", "which ranges are for BOOTP is said by `range dynamic-bootp`"},
};

// Flags: `as_is` is what is done whatever they say.
struct Fixed {
  Parameter parameter;
  bool as_is;
  std::string_view reason;
};
constexpr std::array kFixed{
    Fixed{Parameter::kGetLeaseHostnames, false,
          "no name is looked up while a client waits; `option host-name` or use-host-decl-names gives it"},
    Fixed{Parameter::kStashAgentOptions, true, "what a relay said is always kept for renewals"},
    Fixed{Parameter::kAllowDuplicates, true,
          "leases under other client identifiers stay; ignore-client-uids knows a machine by its MAC address alone"},
};

template <std::size_t kSize>
std::string_view reason_in(const std::array<Known, kSize>& table, std::string_view word) {
  const auto* const found =
      std::find_if(table.begin(), table.end(), [&](const Known& one) { return same_word(one.word, word); });
  return found == table.end() ? std::string_view{} : found->reason;
}

}  // namespace

std::string_view without_effect_reason(std::string_view word) {
  for (const Known& prefix : kPrefixes) {
    if (word.size() > prefix.word.size() && same_word(word.substr(0, prefix.word.size()), prefix.word))
      return prefix.reason;
  }
  return reason_in(kStatements, word);
}

std::string_view parameter_without_effect_reason(Parameter parameter, const Node& value) {
  const auto* const found =
      std::find_if(kFixed.begin(), kFixed.end(), [&](const Fixed& one) { return one.parameter == parameter; });
  if (found == kFixed.end()) return {};
  const bool as_is = value.op == Op::kNumber && (value.number != 0) == found->as_is;
  return as_is ? std::string_view{} : found->reason;
}

std::string_view permission_without_effect_reason(std::string_view word) {
  return reason_in(kPermissions, word);
}

}  // namespace rackcast::rules_detail
