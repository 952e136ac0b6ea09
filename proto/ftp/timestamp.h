// Calendar forms of a UTC time: YYYYMMDDhhmmss of MDTM and the `modify` fact (RFC 3659 section 2.3) and the two forms
// of a listing. Pure arithmetic: no clock, no time zone, no locale.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "proto/bytes/strong_id.h"
#include "proto/bytes/writer.h"

namespace rackcast::ftp {

// Seconds since 1970-01-01 00:00:00 UTC, leap seconds not counted. What lies outside the years 1 to 9999 is printed as
// the nearest second inside.
using UnixSeconds = StrongId<struct UnixSecondsTag, std::int64_t>;

inline constexpr UnixSeconds kUnixSecondsMin{-62'135'596'800};  // 0001-01-01 00:00:00
inline constexpr UnixSeconds kUnixSecondsMax{253'402'300'799};  // 9999-12-31 23:59:59

// Files older than this, or newer than now, are listed with their year instead of the time of day.
inline constexpr std::int64_t kListedWithTimeSecondsMax = std::int64_t{182} * 24 * 60 * 60;

// "20261124050423"
void put_timestamp(bytes::Writer& out, UnixSeconds when);
// The same back, with a fraction of digits allowed and dropped; nothing for an impossible date. A leap second (60) is
// counted as the second before it.
[[nodiscard]] std::optional<UnixSeconds> parse_timestamp(std::string_view text);

// "Mar 05 12:34" or "Mar 05  2021", English whatever the locale, always 12 bytes.
void put_list_time(bytes::Writer& out, UnixSeconds when, UnixSeconds now);

}  // namespace rackcast::ftp
