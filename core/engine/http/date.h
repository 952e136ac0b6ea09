// HTTP dates (RFC 9110 §5.6.7): the three formats are read, the first is written. Pure: seconds since 1970, UTC.
//
//   Sun, 06 Nov 1994 08:49:37 GMT     IMF-fixdate, the one written
//   Sunday, 06-Nov-94 08:49:37 GMT    RFC 850; a two-digit year more than 50 years ahead of `now` is in the past
//   Sun Nov  6 08:49:37 1994          asctime
//
// The weekday is checked to be a weekday's name, not to be the right one. Years 1970..9999.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/time.h"
#include "proto/bytes/fixed_text.h"

namespace rackcast::engine {

using UnixSeconds = std::int64_t;

[[nodiscard]] constexpr UnixSeconds to_seconds(WallTime time) {
  return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}

// A moment as calendar fields, UTC.
struct CivilTime {
  int year = 1970;
  unsigned month = 1;  // 1..12
  unsigned day = 1;
  unsigned hour = 0;
  unsigned minute = 0;
  unsigned second = 0;
  unsigned weekday = 4;  // 0 = Sunday
};
[[nodiscard]] CivilTime to_civil(UnixSeconds seconds);
[[nodiscard]] std::string_view month_name(unsigned month);  // "Jan"; precondition: 1..12

// nullopt for anything that is not one of the three formats or names no real moment.
[[nodiscard]] std::optional<UnixSeconds> parse_http_date(std::string_view text, UnixSeconds now);
[[nodiscard]] FixedText<32> format_http_date(UnixSeconds seconds);
// "06-Nov-1994 08:49", the shape directory indexes use.
[[nodiscard]] FixedText<32> format_index_date(UnixSeconds seconds);

}  // namespace rackcast::engine
