// What rules set besides options: dhcpd's statements with an effect on a reply, each with its name there and the kind
// of its value. One table for the parser, the printer and the evaluator. Units are in the names.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace rackcast {

enum class ParameterKind : std::uint8_t {
  kText,
  kAddress,
  kNumber,
  kFlag,
  kSpace,  // an option space by name; Outcome::number gives its number
};

enum class Parameter : std::uint8_t {
  kFilename,          // `file`
  kServerName,        // `sname`
  kNextServer,        // siaddr
  kServerIdentifier,  // option 54 and our source
  kDefaultLeaseSeconds,
  kMaxLeaseSeconds,
  kMinLeaseSeconds,
  kBootpLeaseSeconds,  // dynamic-bootp-lease-length
  kMinSecs,            // no answer before `secs` says so
  kReplyDelayMs,       // ours: field notes 21
  kAbandonSeconds,
  kCacheThresholdPercent,  // dhcp-cache-threshold
  kPingTimeoutMs,
  kPingClttSeconds,  // no probe this soon after the client was heard
  kAlwaysBroadcast,
  kAlwaysReplyRfc1048,
  kAuthoritative,
  kOneLeasePerClient,
  kUseHostDeclNames,  // a host's name becomes option 12
  kGetLeaseHostnames,
  kUseLeaseAddrForDefaultRoute,
  kStashAgentOptions,
  kEchoClientId,
  kIgnoreClientUids,
  kPingCheck,
  kAllowBooting,  // allow | deny | ignore; false: no answer
  kAllowBootp,
  kAllowUnknownClients,
  kAllowDuplicates,
  kAllowDeclines,
  kVendorOptionSpace,  // whose options, encapsulated, are option 43
  kCount_,
};

struct ParameterSpec {
  Parameter parameter;
  std::string_view name;  // dhcpd's keyword; of kAllow… the word after allow, deny, ignore
  ParameterKind kind;
  std::uint32_t longest;  // greatest number
};
// In the order of the enumeration (checked at compile time by parameter.cc).
extern const std::array<ParameterSpec, static_cast<std::size_t>(Parameter::kCount_)> kParameters;
[[nodiscard]] const ParameterSpec* find_parameter(std::string_view name);

}  // namespace rackcast
