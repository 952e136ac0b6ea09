#include "core/engine/http/date.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>

namespace rackcast::engine {

namespace {

constexpr std::array<std::string_view, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr std::array<std::string_view, 7> kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array<std::string_view, 7> kLongDays{"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                    "Thursday", "Friday", "Saturday"};

// Reads fixed-shape text left to right; the first mismatch fails the whole.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  void literal(std::string_view expected) {
    if (!text_.starts_with(expected)) return fail();
    text_.remove_prefix(expected.size());
  }

  template <std::size_t kCount>
  unsigned one_of(const std::array<std::string_view, kCount>& names) {
    for (std::size_t i = 0; i < kCount; ++i) {
      if (!text_.starts_with(names[i])) continue;
      text_.remove_prefix(names[i].size());
      return static_cast<unsigned>(i);
    }
    fail();
    return 0;
  }

  unsigned digits(std::size_t count) {
    unsigned value = 0;
    if (text_.size() < count) fail();
    for (std::size_t i = 0; i < count && ok_; ++i) {
      if (text_[i] < '0' || text_[i] > '9') {
        fail();
        return 0;
      }
      value = value * 10 + static_cast<unsigned>(text_[i] - '0');
    }
    if (ok_) text_.remove_prefix(count);
    return value;
  }

  // asctime's day: two digits, or a blank and one.
  unsigned blank_padded_day() {
    if (!text_.starts_with(' ')) return digits(2);
    text_.remove_prefix(1);
    return digits(1);
  }

  void clock(CivilTime& civil) {
    civil.hour = digits(2);
    literal(":");
    civil.minute = digits(2);
    literal(":");
    civil.second = digits(2);
  }

  [[nodiscard]] bool done() const { return ok_ && text_.empty(); }

 private:
  void fail() {
    ok_ = false;
    text_ = {};
  }

  std::string_view text_;
  bool ok_ = true;
};

std::optional<UnixSeconds> to_unix(const CivilTime& civil) {
  using namespace std::chrono;
  const year_month_day date{year{civil.year}, month{civil.month}, day{civil.day}};
  // A leap second (60) is a real moment; it counts as the next second.
  if (!date.ok() || civil.year < 1970 || civil.hour > 23 || civil.minute > 59 || civil.second > 60) return std::nullopt;
  const auto days = sys_days{date}.time_since_epoch();
  return duration_cast<seconds>(days).count() + civil.hour * 3600 + civil.minute * 60 + civil.second;
}

std::optional<CivilTime> parse_fixdate(std::string_view text) {
  Scanner in(text);
  CivilTime civil;
  in.one_of(kDays);
  in.literal(", ");
  civil.day = in.digits(2);
  in.literal(" ");
  civil.month = in.one_of(kMonths) + 1;
  in.literal(" ");
  civil.year = static_cast<int>(in.digits(4));
  in.literal(" ");
  in.clock(civil);
  in.literal(" GMT");
  return in.done() ? std::optional(civil) : std::nullopt;
}

std::optional<CivilTime> parse_rfc850(std::string_view text, UnixSeconds now) {
  Scanner in(text);
  CivilTime civil;
  in.one_of(kLongDays);
  in.literal(", ");
  civil.day = in.digits(2);
  in.literal("-");
  civil.month = in.one_of(kMonths) + 1;
  in.literal("-");
  const int short_year = static_cast<int>(in.digits(2));
  in.literal(" ");
  in.clock(civil);
  in.literal(" GMT");
  if (!in.done()) return std::nullopt;
  const int this_year = to_civil(now).year;
  civil.year = this_year - this_year % 100 + short_year;
  if (civil.year > this_year + 50) civil.year -= 100;
  return civil;
}

std::optional<CivilTime> parse_asctime(std::string_view text) {
  Scanner in(text);
  CivilTime civil;
  in.one_of(kDays);
  in.literal(" ");
  civil.month = in.one_of(kMonths) + 1;
  in.literal(" ");
  civil.day = in.blank_padded_day();
  in.literal(" ");
  in.clock(civil);
  in.literal(" ");
  civil.year = static_cast<int>(in.digits(4));
  return in.done() ? std::optional(civil) : std::nullopt;
}

}  // namespace

CivilTime to_civil(UnixSeconds unix_seconds) {
  using namespace std::chrono;
  // Clamped to the years the formats can carry.
  constexpr UnixSeconds kLatest = 253'402'300'799;  // 9999-12-31T23:59:59Z
  const sys_seconds moment{seconds{std::clamp<UnixSeconds>(unix_seconds, 0, kLatest)}};
  const sys_days midnight = floor<days>(moment);
  const year_month_day date{midnight};
  const hh_mm_ss clock{moment - midnight};
  CivilTime civil;
  civil.year = static_cast<int>(date.year());
  civil.month = static_cast<unsigned>(date.month());
  civil.day = static_cast<unsigned>(date.day());
  civil.hour = static_cast<unsigned>(clock.hours().count());
  civil.minute = static_cast<unsigned>(clock.minutes().count());
  civil.second = static_cast<unsigned>(clock.seconds().count());
  civil.weekday = weekday{midnight}.c_encoding();
  return civil;
}

std::string_view month_name(unsigned month) {
  return kMonths[(month - 1) % kMonths.size()];
}

std::optional<UnixSeconds> parse_http_date(std::string_view text, UnixSeconds now) {
  std::optional<CivilTime> civil = parse_fixdate(text);
  if (!civil) civil = parse_rfc850(text, now);
  if (!civil) civil = parse_asctime(text);
  return civil ? to_unix(*civil) : std::nullopt;
}

FixedText<32> format_http_date(UnixSeconds seconds) {
  const CivilTime c = to_civil(seconds);
  std::array<char, 64> out{};
  std::snprintf(out.data(), out.size(), "%s, %02u %s %04d %02u:%02u:%02u GMT", kDays[c.weekday % 7].data(), c.day,
                month_name(c.month).data(), c.year, c.hour, c.minute, c.second);
  return {out.data()};
}

FixedText<32> format_index_date(UnixSeconds seconds) {
  const CivilTime c = to_civil(seconds);
  std::array<char, 64> out{};
  std::snprintf(out.data(), out.size(), "%02u-%s-%04d %02u:%02u", c.day, month_name(c.month).data(), c.year, c.hour,
                c.minute);
  return {out.data()};
}

}  // namespace rackcast::engine
