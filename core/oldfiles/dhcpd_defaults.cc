#include "core/oldfiles/dhcpd_defaults.h"

#include <cassert>
#include <string_view>
#include <vector>

namespace rackcast {
namespace {

// dhcpd.conf(5) and dhcpd's source; protocols reference §1.11.
constexpr std::string_view kDefaults =
    "not authoritative;"         // a client of another network is not told so
    "default-lease-time 43200;"  //
    "max-lease-time 86400;"      //
    "min-lease-time 300;"        // who asks for less gets this
    "next-server 0.0.0.0;"       // siaddr is nobody's where the file names none
    "ping-check on;"             // an address that was not in use is asked for first
    "ping-timeout 1;"            //
    "ping-cltt-secs 60;"         //
    "abandon-lease-time 86400;"  // of an address somebody else has
    "dhcp-cache-threshold 25;"   // a renewal in the first quarter of a lease changes nothing
    "echo-client-id off;";       // option 61 is not sent back

}  // namespace

Rules dhcpd_default_rules(RuleParseContext& context) {
  std::vector<RuleProblem> problems;
  Rules rules = parse_rules(kDefaults, context, problems);
  assert(problems.empty() && "our own text");
  return rules;
}

}  // namespace rackcast
