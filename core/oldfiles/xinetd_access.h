// Addresses and times as xinetd's only_from, no_access and access_times write them. Pure but for names, which the host
// resolves. Allocates; off the data path.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/config/config.h"
#include "core/oldfiles/old_files_host.h"

namespace rackcast {

struct AccessForm {
  std::vector<net::IpPrefix> prefixes;
  std::string remark;   // what there is to know of a form that was understood
  std::string problem;  // why it was not; prefixes is empty then
};

// One word: "192.168.1.5", "192.168.1.0" (zeros at the end are any: /24), "0.0.0.0", "192.168.1.{1,2,3}", "10.1.{2,3}",
// "192.168.1.0/24", "fd00::/8", "::" (any), a host name (each of its addresses now), ".domain" (not honoured).
[[nodiscard]] AccessForm parse_access_form(std::string_view word, OldFilesHost& host);

// "7:00-19:30", both ends included; the first before the last, as xinetd wants it.
[[nodiscard]] std::optional<DaySpan> parse_access_time(std::string_view word);

}  // namespace rackcast
