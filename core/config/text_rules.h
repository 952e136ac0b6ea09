// What a single string in the configuration may be: pure functions, nullopt or "" for "fine" where noted. The sentences
// they give are the ones the operator reads.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/config/config.h"

namespace rackcast::config_detail {

// Each returns what is wrong, or "" when nothing is.
[[nodiscard]] std::string check_text(std::string_view text);              // not empty, no control characters
[[nodiscard]] std::string check_absolute_path(std::string_view text);     // "/…", no ".." component
[[nodiscard]] std::string check_interface_name(std::string_view text);    // what the kernel takes: 1 to 15 bytes
[[nodiscard]] std::string check_user_name(std::string_view text);         // useradd's rule
[[nodiscard]] std::string check_domain_name(std::string_view text);       // RFC 1035 labels
[[nodiscard]] std::string check_hostname_pattern(std::string_view text);  // labels with {{last_octet}} and kin
[[nodiscard]] std::string check_boot_file(std::string_view text);         // only {{server}}; fits option 67
[[nodiscard]] std::string check_boot_url(std::string_view text);          // http://…

[[nodiscard]] std::optional<AddressRange> parse_range(std::string_view text);    // "A-B" or "A"; not ordered yet
[[nodiscard]] std::optional<PortRange> parse_port_range(std::string_view text);  // "50000-50999", first <= last, not 0
[[nodiscard]] std::optional<DaySpan> parse_day_span(std::string_view text);      // "07:00-19:30"; not ordered yet

// Text in a message: quoted, control bytes as '?', cut at 60 bytes.
[[nodiscard]] std::string quoted(std::string_view text);

}  // namespace rackcast::config_detail
