// A limiter under virtual time, and what tests say to it.
#pragma once

#include <gtest/gtest.h>

#include "core/admission/source_limiter.h"

namespace rackcast::admission_test {

using Kind = AdmissionVerdict::Kind;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

// 2026-11-24T12:00:00Z: a whole second.
inline constexpr WallTime kNoon{std::chrono::seconds(1'795'521'600)};

inline net::IpAddress station(std::uint32_t number) {
  return net::Ipv4Address(0x0A00'0000U + number);
}

class UtcTime final : public LocalTime {
 public:
  [[nodiscard]] unsigned minute_of_day(WallTime at) const override {
    ++asked;
    const auto minute = std::chrono::floor<std::chrono::minutes>(at).time_since_epoch().count();
    return static_cast<unsigned>(minute % 1'440);
  }
  mutable int asked = 0;
};

class Limiter : public ::testing::Test {
 protected:
  explicit Limiter(std::size_t sources_max = 64) { rebuild(sources_max); }

  // A new limiter of a new service.
  void rebuild(std::size_t sources_max, Duration connection_idle = kConnectionIdle) {
    totals.emplace();
    limiter.emplace(SourceLimiter::Setup{&*totals, sources_max, 99, &clock, connection_idle});
  }

  void pass(Duration time) {
    now.monotonic += time;
    now.wall += time;
  }
  AdmissionVerdict ask(std::uint32_t number) { return limiter->ask(now, station(number), config); }
  Kind asked(std::uint32_t number) { return ask(number).kind; }
  AdmissionReason reason(std::uint32_t number) { return ask(number).reason; }
  void release(std::uint32_t number) { limiter->release(now, station(number)); }
  void undo(std::uint32_t number) { limiter->undo(now, station(number)); }
  // Admitted and over at once.
  Kind visit(std::uint32_t number) {
    const Kind kind = asked(number);
    if (kind == Kind::kAdmitted) release(number);
    return kind;
  }
  [[nodiscard]] std::uint64_t refused(AdmissionReason why) const {
    return limiter->counters().refused[static_cast<std::size_t>(why)];
  }
  [[nodiscard]] std::uint64_t delayed(AdmissionReason why) const {
    return limiter->counters().delayed[static_cast<std::size_t>(why)];
  }

  Now now{MonotonicTime(std::chrono::hours(1)), kNoon};
  UtcTime clock;
  std::optional<ServiceTotals> totals;
  AdmissionConfig config;
  std::optional<SourceLimiter> limiter;
};

}  // namespace rackcast::admission_test
