#include "proto/ftp/timestamp.h"

#include <algorithm>
#include <array>
#include <chrono>

#include "proto/ftp/text_writer.h"

namespace rackcast::ftp {
namespace {

constexpr std::array<std::string_view, 12> kMonthNames{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr std::size_t kTimestampDigits = 14;

struct CivilTime {
  unsigned year;    // 1..9999
  unsigned month;   // 1..12
  unsigned day;     // 1..31
  unsigned hour;    // 0..23
  unsigned minute;  // 0..59
  unsigned second;  // 0..59
};

CivilTime civil_time(UnixSeconds when) {
  const std::chrono::sys_seconds instant{
      std::chrono::seconds{std::clamp(when, kUnixSecondsMin, kUnixSecondsMax).value()}};
  const auto midnight = std::chrono::floor<std::chrono::days>(instant);
  const std::chrono::year_month_day date(midnight);
  const std::chrono::hh_mm_ss clock(instant - midnight);
  return {.year = static_cast<unsigned>(static_cast<int>(date.year())),
          .month = static_cast<unsigned>(date.month()),
          .day = static_cast<unsigned>(date.day()),
          .hour = static_cast<unsigned>(clock.hours().count()),
          .minute = static_cast<unsigned>(clock.minutes().count()),
          .second = static_cast<unsigned>(clock.seconds().count())};
}

std::optional<UnixSeconds> unix_seconds(const CivilTime& time) {
  const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(time.year)), std::chrono::month(time.month),
                                         std::chrono::day(time.day)};
  if (!date.ok() || time.year == 0 || time.hour > 23 || time.minute > 59 || time.second > 60) return std::nullopt;
  const std::chrono::sys_seconds instant = std::chrono::sys_days(date) + std::chrono::hours(time.hour) +
                                           std::chrono::minutes(time.minute) +
                                           std::chrono::seconds(std::min(time.second, 59U));
  return UnixSeconds(instant.time_since_epoch().count());
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_recent(UnixSeconds when, UnixSeconds now) {
  if (when > now) return false;
  // Unsigned, since the difference of two 64-bit times may not fit a signed one.
  const auto age = static_cast<std::uint64_t>(now.value()) - static_cast<std::uint64_t>(when.value());
  return age <= static_cast<std::uint64_t>(kListedWithTimeSecondsMax);
}

}  // namespace

void put_timestamp(bytes::Writer& out, UnixSeconds when) {
  const CivilTime time = civil_time(when);
  put_number(out, time.year, 4, '0');
  for (const unsigned part : {time.month, time.day, time.hour, time.minute, time.second}) put_number(out, part, 2, '0');
}

std::optional<UnixSeconds> parse_timestamp(std::string_view text) {
  if (text.size() < kTimestampDigits) return std::nullopt;
  const std::string_view fraction = text.substr(kTimestampDigits);
  if (!fraction.empty() && (fraction.size() < 2 || fraction.front() != '.')) return std::nullopt;
  const auto digits = [](std::string_view part) { return std::all_of(part.begin(), part.end(), is_digit); };
  if (!digits(text.substr(0, kTimestampDigits)) || (!fraction.empty() && !digits(fraction.substr(1))))
    return std::nullopt;
  const auto part = [&](std::size_t start, std::size_t size) {
    unsigned value = 0;
    for (const char c : text.substr(start, size)) value = value * 10 + static_cast<unsigned>(c - '0');
    return value;
  };
  return unix_seconds({.year = part(0, 4),
                       .month = part(4, 2),
                       .day = part(6, 2),
                       .hour = part(8, 2),
                       .minute = part(10, 2),
                       .second = part(12, 2)});
}

void put_list_time(bytes::Writer& out, UnixSeconds when, UnixSeconds now) {
  const CivilTime time = civil_time(when);
  out.text(kMonthNames[time.month - 1]);
  out.text(" ");
  put_number(out, time.day, 2, '0');
  out.text(" ");
  if (is_recent(when, now)) {
    put_number(out, time.hour, 2, '0');
    out.text(":");
    put_number(out, time.minute, 2, '0');
  } else {
    out.text(" ");
    put_number(out, time.year, 4, '0');
  }
}

}  // namespace rackcast::ftp
