#include "core/admission/service_totals.h"

#include <algorithm>
#include <limits>

namespace rackcast {
namespace {

constexpr auto kRelaxed = std::memory_order_relaxed;
constexpr std::uint64_t kLowerHalf = 0xFFFF'FFFF;
constexpr unsigned kQueueCountBits = 24;  // config allows a rate of a million
constexpr std::uint64_t kQueueCountMask = (std::uint64_t{1} << kQueueCountBits) - 1;
constexpr std::uint64_t kQueueWindowMs = 1'000;

constexpr std::uint64_t pack(std::uint64_t upper, std::uint64_t lower) {
  return (upper << 32U) | lower;
}

std::uint64_t milliseconds(MonotonicTime time) {
  return static_cast<std::uint64_t>(std::chrono::floor<std::chrono::milliseconds>(time.time_since_epoch()).count());
}

MonotonicTime from_milliseconds(std::uint64_t milliseconds) {
  return MonotonicTime(std::chrono::milliseconds(milliseconds));
}

// What access.c does with one more attempt. `tripped`: too many.
struct Counted {
  std::uint64_t window;
  bool tripped;
};
Counted count_as_xinetd(std::uint64_t window, std::uint64_t wall_seconds, std::uint32_t rate) {
  const std::uint64_t start = window >> 32U;
  const std::uint64_t count = window & kLowerHalf;
  // Signed as there: a clock that was set back gives a negative quotient, which never trips.
  const std::int64_t elapsed = static_cast<std::int64_t>(wall_seconds) - static_cast<std::int64_t>(start);
  if (count == 0 || elapsed >= static_cast<std::int64_t>(rate)) return {pack(wall_seconds, 1), false};
  const std::uint64_t more = std::min(count + 1, kLowerHalf);
  const std::int64_t divisor = elapsed == 0 ? 1 : elapsed;
  return {pack(start, more), static_cast<std::int64_t>(more) / divisor > static_cast<std::int64_t>(rate)};
}

void take_one(std::atomic<std::uint64_t>& packed, std::uint64_t count_mask) {
  std::uint64_t seen = packed.load(kRelaxed);
  while ((seen & count_mask) != 0 && !packed.compare_exchange_weak(seen, seen - 1, kRelaxed)) {
  }
}

}  // namespace

std::uint32_t ServiceTotals::running_as_xinetd() const {
  return static_cast<std::uint32_t>(as_xinetd_.load(kRelaxed) & kLowerHalf);
}

bool ServiceTotals::start(AdmissionPolicy policy, std::optional<std::uint32_t> limit) {
  const std::uint64_t places = limit.value_or(std::numeric_limits<std::uint32_t>::max());
  if (policy == AdmissionPolicy::kXinetd) {
    std::uint64_t seen = as_xinetd_.load();
    do {
      if ((seen & kLowerHalf) >= places) return false;
    } while (!as_xinetd_.compare_exchange_weak(seen, seen + 1));
    running_.fetch_add(1, kRelaxed);
    return true;
  }
  std::uint32_t seen = running_.load(kRelaxed);
  do {
    if (seen >= places) return false;
  } while (!running_.compare_exchange_weak(seen, seen + 1, kRelaxed));
  as_xinetd_.fetch_add(1);
  return true;
}

void ServiceTotals::end() {
  running_.fetch_sub(1, kRelaxed);
  take_one(as_xinetd_, kLowerHalf);  // not below zero: after a reset an old transfer may end first
}

ServiceTotals::Attempt ServiceTotals::count_attempt(std::uint64_t wall_seconds, const Cps& cps, CpsTicket& ticket) {
  if (!reopen(wall_seconds, cps)) return Attempt::kOff;
  if (cps.rate == 0) return Attempt::kCounted;  // "cps = 0 N" is no limit
  std::uint64_t seen = xinetd_window_.load(kRelaxed);
  Counted counted{};
  do {
    counted = count_as_xinetd(seen, wall_seconds, cps.rate);
  } while (!xinetd_window_.compare_exchange_weak(seen, counted.window, kRelaxed));
  if (counted.tripped) {
    off_until_.store(std::max<std::uint64_t>(wall_seconds + cps.wait_seconds, 1), kRelaxed);
    return Attempt::kTripped;
  }
  ticket = {CpsTicket::Window::kXinetd, counted.window >> 32U};
  return Attempt::kCounted;
}

bool ServiceTotals::reopen(std::uint64_t wall_seconds, const Cps& cps) {
  std::uint64_t until = off_until_.load();
  if (until == 0) return true;
  // Later than it can be: the clock was set back, or the wait was shortened. Waiting for that moment would not end.
  const bool impossible = until > wall_seconds + std::max<std::uint64_t>(cps.wait_seconds, 1);
  if (until > wall_seconds && !impossible) return false;
  // The count restarts once: whoever comes late finds either the time gone or the count changed. That needs the order
  // of these two values, so both are used with the default ordering where they change together.
  std::uint64_t count = as_xinetd_.load();
  while (off_until_.load() == until && !as_xinetd_.compare_exchange_weak(count, pack((count >> 32U) + 1, 0))) {
  }
  off_until_.compare_exchange_strong(until, 0);
  return true;
}

std::optional<MonotonicTime> ServiceTotals::count_connection(MonotonicTime now, std::uint32_t rate, CpsTicket& ticket) {
  const std::uint64_t here = milliseconds(now);
  std::uint64_t seen = queue_window_.load(kRelaxed);
  std::uint64_t next = 0;
  do {
    const std::uint64_t start = seen >> kQueueCountBits;
    const std::uint64_t count = seen & kQueueCountMask;
    // A lane whose `now` is a little older than the window's begin, begun by another lane, counts in it.
    if (count == 0 || here >= start + kQueueWindowMs)
      next = (here << kQueueCountBits) | 1U;
    else if (count < rate)
      next = seen + 1;
    else
      return from_milliseconds(start + kQueueWindowMs);
  } while (!queue_window_.compare_exchange_weak(seen, next, kRelaxed));
  ticket = {CpsTicket::Window::kQueue, next >> kQueueCountBits};
  return std::nullopt;
}

void ServiceTotals::take_back(const CpsTicket& ticket) {
  if (ticket.window == CpsTicket::Window::kNone) return;
  const bool xinetd = ticket.window == CpsTicket::Window::kXinetd;
  std::atomic<std::uint64_t>& window = xinetd ? xinetd_window_ : queue_window_;
  const std::uint64_t mask = xinetd ? kLowerHalf : kQueueCountMask;
  const unsigned shift = xinetd ? 32 : kQueueCountBits;
  std::uint64_t seen = window.load(kRelaxed);
  while (seen >> shift == ticket.start && (seen & mask) != 0 &&
         !window.compare_exchange_weak(seen, seen - 1, kRelaxed)) {
  }
}

bool ServiceTotals::waits_longer(Wanted wanted, MonotonicTime since) const {
  const std::size_t seats = seats_.load(kRelaxed);
  return std::any_of(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(seats), [&](const Waiting& lane) {
    return lane.since[static_cast<std::size_t>(wanted)].load(kRelaxed) < since.time_since_epoch().count();
  });
}

ServiceTotals::Seat::Seat(ServiceTotals& totals) : totals_(totals), number_(0) {
  while (number_ < kSeatsMax && totals_.waiting_[number_].taken.exchange(true)) ++number_;
  std::size_t seats = totals_.seats_.load();
  while (number_ < kSeatsMax && seats <= number_ && !totals_.seats_.compare_exchange_weak(seats, number_ + 1)) {
  }
}

ServiceTotals::Seat::~Seat() {
  if (number_ == kSeatsMax) return;
  waits_no_longer();
  totals_.waiting_[number_].taken.store(false);
}

void ServiceTotals::Seat::waits(Wanted wanted, MonotonicTime since) {
  waits_no_longer();
  if (number_ < kSeatsMax)
    totals_.waiting_[number_].since[static_cast<std::size_t>(wanted)].store(since.time_since_epoch().count(), kRelaxed);
}

void ServiceTotals::Seat::waits_no_longer() {
  if (number_ < kSeatsMax)
    for (std::atomic<std::int64_t>& since : totals_.waiting_[number_].since) since.store(kNobody, kRelaxed);
}

}  // namespace rackcast
