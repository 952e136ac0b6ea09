// What the lanes or threads of one service (tftp, http, ftp) share: transfers running, the cps window, the time until
// which the service is switched off.
//
// Thread: any. Each call is a few atomics, no lock; a limit is never exceeded, since a
// place is taken by compare-and-swap. Owned by whoever runs the service; outlives every SourceLimiter that names it.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>

#include "core/config/config.h"
#include "core/time.h"

namespace rackcast {

// Where a connection was counted, so that it can be taken back.
struct CpsTicket {
  enum class Window : std::uint8_t { kNone, kXinetd, kQueue } window = Window::kNone;
  std::uint64_t start = 0;
};

class ServiceTotals {
 public:
  ServiceTotals() = default;
  ServiceTotals(const ServiceTotals&) = delete;
  ServiceTotals& operator=(const ServiceTotals&) = delete;

  // Transfers that run now, counted right.
  [[nodiscard]] std::uint32_t running() const { return running_.load(std::memory_order_relaxed); }
  // The same as xinetd counts it: zero again after each deactivation, although running servers go on (xinetd#21), and
  // the end of an old one then takes away a new one. Policy kXinetd uses this one, kQueue the right one.
  [[nodiscard]] std::uint32_t running_as_xinetd() const;
  // Seconds since 1970 at which the service comes back; 0: it is on.
  [[nodiscard]] std::uint64_t off_until_seconds() const { return off_until_.load(std::memory_order_relaxed); }

  // Takes a place, unless `limit` or more are taken as `policy` counts.
  [[nodiscard]] bool start(AdmissionPolicy policy, std::optional<std::uint32_t> limit);
  void end();

  // xinetd's cps (protocols reference §3.7). Time is its own: whole seconds of the wall clock.
  enum class Attempt : std::uint8_t { kCounted, kOff, kTripped /* the service is off from now on */ };
  [[nodiscard]] Attempt count_attempt(std::uint64_t wall_seconds, const Cps& cps, CpsTicket& ticket);
  // Ends a deactivation whose time is over. True when the service is on. xinetd's timer comes up to a second later,
  // since it sleeps whole seconds from wherever in a second it is; that is not copied.
  bool reopen(std::uint64_t wall_seconds, const Cps& cps);

  // Policy kQueue's cps: `rate` connections in a second that begins with the first of them. When they are used up: the
  // time at which the next second begins.
  [[nodiscard]] std::optional<MonotonicTime> count_connection(MonotonicTime now, std::uint32_t rate, CpsTicket& ticket);

  // The connection was none. Does nothing when its window is over.
  void take_back(const CpsTicket& ticket);

  // Who waits in a lane for what the whole service has too little of: a place, or a connection of this second. What
  // comes free is for who waits longest, in whichever lane. A lane that has none waits and looks again; nobody wakes
  // it.
  enum class Wanted : std::uint8_t { kPlace, kConnection, kCount_ };
  // Whether somebody in any lane has waited since before `since`.
  [[nodiscard]] bool waits_longer(Wanted wanted, MonotonicTime since) const;

  // One lane's place in that order, which it holds for its life. More than kSeatsMax lanes: the others do not know what
  // the last ones wait for.
  static constexpr std::size_t kSeatsMax = 64;
  class Seat {
   public:
    explicit Seat(ServiceTotals& totals);
    Seat(const Seat&) = delete;
    Seat& operator=(const Seat&) = delete;
    ~Seat();
    // Of those that wait in this lane, the one that has waited longest.
    void waits(Wanted wanted, MonotonicTime since);
    void waits_no_longer();

   private:
    ServiceTotals& totals_;
    std::size_t number_;  // kSeatsMax: none was left
  };

 private:
  static constexpr std::int64_t kNobody = std::numeric_limits<std::int64_t>::max();
  struct Waiting {
    std::atomic<bool> taken{false};
    std::array<std::atomic<std::int64_t>, static_cast<std::size_t>(Wanted::kCount_)> since{kNobody, kNobody};
  };

  std::atomic<std::uint32_t> running_{0};
  std::atomic<std::uint64_t> as_xinetd_{0};      // upper half: how often it was reset; lower: the count
  std::atomic<std::uint64_t> off_until_{0};      // wall seconds
  std::atomic<std::uint64_t> xinetd_window_{0};  // upper half: wall seconds it began; lower: attempts
  std::array<Waiting, kSeatsMax> waiting_;
  std::atomic<std::size_t> seats_{0};           // those above were never taken
  std::atomic<std::uint64_t> queue_window_{0};  // upper 40 bits: monotonic milliseconds it began; lower 24: connections
};

}  // namespace rackcast
