#include "core/policy/parameter.h"

#include <algorithm>
#include <limits>

#include "core/policy/lexer.h"

namespace rackcast {

namespace {
constexpr std::uint32_t kAny = std::numeric_limits<std::uint32_t>::max();
constexpr std::uint32_t kOctet = 255;
constexpr std::uint32_t kMinuteMs = 60'000;
}  // namespace

constexpr std::array<ParameterSpec, static_cast<std::size_t>(Parameter::kCount_)> kParameters{{
    {Parameter::kFilename, "filename", ParameterKind::kText, 0},
    {Parameter::kServerName, "server-name", ParameterKind::kText, 0},
    {Parameter::kNextServer, "next-server", ParameterKind::kAddress, 0},
    {Parameter::kServerIdentifier, "server-identifier", ParameterKind::kAddress, 0},
    {Parameter::kDefaultLeaseSeconds, "default-lease-time", ParameterKind::kNumber, kAny},
    {Parameter::kMaxLeaseSeconds, "max-lease-time", ParameterKind::kNumber, kAny},
    {Parameter::kMinLeaseSeconds, "min-lease-time", ParameterKind::kNumber, kAny},
    {Parameter::kBootpLeaseSeconds, "dynamic-bootp-lease-length", ParameterKind::kNumber, kAny},
    {Parameter::kMinSecs, "min-secs", ParameterKind::kNumber, kOctet},
    {Parameter::kReplyDelayMs, "reply-delay-ms", ParameterKind::kNumber, kMinuteMs},
    {Parameter::kAbandonSeconds, "abandon-lease-time", ParameterKind::kNumber, kAny},
    {Parameter::kCacheThresholdPercent, "dhcp-cache-threshold", ParameterKind::kNumber, kOctet},
    {Parameter::kPingTimeoutMs, "ping-timeout-ms", ParameterKind::kNumber, kAny},
    {Parameter::kPingClttSeconds, "ping-cltt-secs", ParameterKind::kNumber, kAny},
    {Parameter::kAlwaysBroadcast, "always-broadcast", ParameterKind::kFlag, 1},
    {Parameter::kAlwaysReplyRfc1048, "always-reply-rfc1048", ParameterKind::kFlag, 1},
    {Parameter::kAuthoritative, "authoritative", ParameterKind::kFlag, 1},
    {Parameter::kOneLeasePerClient, "one-lease-per-client", ParameterKind::kFlag, 1},
    {Parameter::kUseHostDeclNames, "use-host-decl-names", ParameterKind::kFlag, 1},
    {Parameter::kGetLeaseHostnames, "get-lease-hostnames", ParameterKind::kFlag, 1},
    {Parameter::kUseLeaseAddrForDefaultRoute, "use-lease-addr-for-default-route", ParameterKind::kFlag, 1},
    {Parameter::kStashAgentOptions, "stash-agent-options", ParameterKind::kFlag, 1},
    {Parameter::kEchoClientId, "echo-client-id", ParameterKind::kFlag, 1},
    {Parameter::kIgnoreClientUids, "ignore-client-uids", ParameterKind::kFlag, 1},
    {Parameter::kPingCheck, "ping-check", ParameterKind::kFlag, 1},
    {Parameter::kAllowBooting, "booting", ParameterKind::kFlag, 1},
    {Parameter::kAllowBootp, "bootp", ParameterKind::kFlag, 1},
    {Parameter::kAllowUnknownClients, "unknown-clients", ParameterKind::kFlag, 1},
    {Parameter::kAllowDuplicates, "duplicates", ParameterKind::kFlag, 1},
    {Parameter::kAllowDeclines, "declines", ParameterKind::kFlag, 1},
    {Parameter::kVendorOptionSpace, "vendor-option-space", ParameterKind::kSpace, 0},
}};

namespace {
constexpr bool in_order() {
  for (std::size_t i = 0; i < kParameters.size(); ++i) {
    if (kParameters[i].parameter != static_cast<Parameter>(i)) return false;
  }
  return true;
}
static_assert(in_order(), "kParameters follows the enumeration");
}  // namespace

const ParameterSpec* find_parameter(std::string_view name) {
  const auto* const found = std::find_if(kParameters.begin(), kParameters.end(),
                                         [&](const ParameterSpec& spec) { return same_word(spec.name, name); });
  return found == kParameters.end() ? nullptr : found;
}

}  // namespace rackcast
