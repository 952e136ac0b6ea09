#include "core/admission/access.h"

#include <algorithm>

namespace rackcast {
namespace {

constexpr int kNoMatch = -1;

// The length of the longest prefix that holds `source`.
int longest_match(const std::vector<net::IpPrefix>& list, const net::IpAddress& source) {
  int longest = kNoMatch;
  for (const net::IpPrefix& prefix : list)
    if (prefix.length > longest && prefix.contains(source)) longest = prefix.length;
  return longest;
}

}  // namespace

bool address_allowed(const net::IpAddress& source, const AdmissionConfig& config) {
  if (!config.only_from && config.no_access.empty()) return true;
  const int denied = longest_match(config.no_access, source);
  if (!config.only_from) return denied == kNoMatch;
  const int allowed = longest_match(*config.only_from, source);
  if (config.policy == AdmissionPolicy::kXinetd) return allowed != kNoMatch && denied == kNoMatch;
  return allowed > denied;
}

bool time_allowed(unsigned minute_of_day, const AdmissionConfig& config) {
  return config.access_times.empty() ||
         std::any_of(config.access_times.begin(), config.access_times.end(), [minute_of_day](const DaySpan& span) {
           return span.first <= minute_of_day && minute_of_day <= span.last;
         });
}

}  // namespace rackcast
