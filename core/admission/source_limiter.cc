#include "core/admission/source_limiter.h"

#include "core/admission/access.h"

namespace rackcast {
namespace {

std::uint64_t wall_seconds(const Now& now) {
  return static_cast<std::uint64_t>(std::chrono::floor<std::chrono::seconds>(now.wall).time_since_epoch().count());
}

std::uint32_t running(const Source* known) {
  return known == nullptr ? 0 : known->running;
}

}  // namespace

SourceLimiter::SourceLimiter(const Setup& setup)
    : totals_(*setup.totals),
      local_time_(setup.local_time != nullptr ? *setup.local_time : system_local_time()),
      connection_idle_(setup.connection_idle),
      table_(setup.sources_max, setup.seed) {}

AdmissionVerdict SourceLimiter::ask(const Now& now, const net::IpAddress& source, const AdmissionConfig& config) {
  return config.policy == AdmissionPolicy::kXinetd ? ask_as_xinetd(now, source, config)
                                                   : ask_queued(now, source, config);
}

AdmissionVerdict SourceLimiter::ask_as_xinetd(const Now& now, const net::IpAddress& source,
                                              const AdmissionConfig& config) {
  Source* const known = table_.find(source);
  const bool connection = !continues_connection(now, known);
  CpsTicket ticket;
  if (config.cps && connection) {
    const auto attempt = totals_.count_attempt(wall_seconds(now), *config.cps, ticket);
    if (attempt == ServiceTotals::Attempt::kTripped) ++counters_.deactivations;
    if (attempt != ServiceTotals::Attempt::kCounted) return refuse(AdmissionReason::kConnectionRate);
  } else if (config.cps) {
    totals_.reopen(wall_seconds(now), *config.cps);
  }
  if (connection && !in_access_times(now, config)) return refuse(AdmissionReason::kTime);
  if (config.instances && totals_.running_as_xinetd() >= *config.instances) return refuse(AdmissionReason::kInstances);
  if (config.per_source && running(known) >= *config.per_source) return refuse(AdmissionReason::kPerSource);
  if (!address_allowed(source, config)) return refuse(AdmissionReason::kAddress);
  if (known == nullptr && !table_.has_room()) return refuse(AdmissionReason::kSourcesFull);
  if (!totals_.start(config.policy, config.instances)) return refuse(AdmissionReason::kInstances);
  return admit(now, source, known, connection, ticket);
}

// What refuses comes first, then what waits for others, and cps last: a machine that waits for a place has not used up
// a connection of this second.
AdmissionVerdict SourceLimiter::ask_queued(const Now& now, const net::IpAddress& source,
                                           const AdmissionConfig& config) {
  Source* const known = table_.find(source);
  const bool connection = !continues_connection(now, known);
  if (!address_allowed(source, config)) return refuse(AdmissionReason::kAddress);
  if (connection && !in_access_times(now, config)) return refuse(AdmissionReason::kTime);
  if (config.per_source && running(known) >= *config.per_source)
    return delay(AdmissionReason::kPerSource, now.monotonic + kQueueAskAgain);
  if (known == nullptr && !table_.has_room()) return refuse(AdmissionReason::kSourcesFull);
  if (!totals_.start(config.policy, config.instances))
    return delay(AdmissionReason::kInstances, now.monotonic + kQueueAskAgain);
  CpsTicket ticket;
  if (config.cps && config.cps->rate > 0 && connection) {
    if (const auto later = totals_.count_connection(now.monotonic, config.cps->rate, ticket)) {
      totals_.end();
      return delay(AdmissionReason::kConnectionRate, *later);
    }
  }
  return admit(now, source, known, connection, ticket);
}

AdmissionVerdict SourceLimiter::admit(const Now& now, const net::IpAddress& source, Source* known, bool connection,
                                      const CpsTicket& ticket) {
  if (known == nullptr) {
    const SourceTable::Added added = table_.add(source);
    // One that was idle for long would begin a new connection anyway: nothing is lost with it.
    if (added.evicted && now.monotonic - added.evicted_idle_since < connection_idle_) ++counters_.sources_evicted;
    known = added.source;
    known->idle_since = now.monotonic;
  } else if (known->running == 0) {
    table_.set_busy(*known);
  }
  if (connection) {
    known->connection = ticket;
    if (known->running == 0) known->admitted = 0;
    ++counters_.connections;
  }
  ++known->running;
  ++known->admitted;
  ++counters_.admitted;
  return {AdmissionVerdict::Kind::kAdmitted, AdmissionReason::kCount_, {}};
}

void SourceLimiter::release(const Now& now, const net::IpAddress& source) {
  Source* const known = table_.find(source);
  if (known == nullptr || known->running == 0) return;  // not ours: sources keep their entry while they run
  totals_.end();
  if (--known->running > 0) return;
  known->idle_since = now.monotonic;
  table_.set_idle(*known);
}

void SourceLimiter::undo(const Now& /*now*/, const net::IpAddress& source) {
  Source* const known = table_.find(source);
  if (known == nullptr || known->running == 0) return;
  totals_.end();
  ++counters_.undone;
  --known->running;
  if (--known->admitted == 0) totals_.take_back(known->connection);
  if (known->running > 0) return;
  if (known->admitted == 0)
    table_.remove(*known);  // it was no connection: as unknown as before, or as good as (idle for long)
  else
    table_.set_idle(*known);
}

std::optional<AdmissionReason> SourceLimiter::refused_entry(const Now& now, const net::IpAddress& source,
                                                            const AdmissionConfig& config) {
  const bool right_time = in_access_times(now, config);
  if (right_time && address_allowed(source, config)) return std::nullopt;
  const AdmissionReason reason = right_time ? AdmissionReason::kAddress : AdmissionReason::kTime;
  (void)refuse(reason);
  return reason;
}

bool SourceLimiter::continues_connection(const Now& now, const Source* known) const {
  if (known == nullptr || connection_idle_ == Duration::zero()) return false;
  return known->running > 0 || now.monotonic - known->idle_since < connection_idle_;
}

bool SourceLimiter::in_access_times(const Now& now, const AdmissionConfig& config) {
  if (config.access_times.empty()) return true;
  const std::int64_t minute = std::chrono::floor<std::chrono::minutes>(now.wall).time_since_epoch().count();
  if (minute != wall_minute_) {
    wall_minute_ = minute;
    minute_of_day_ = local_time_.minute_of_day(now.wall);
  }
  return time_allowed(minute_of_day_, config);
}

AdmissionVerdict SourceLimiter::refuse(AdmissionReason reason) {
  ++counters_.refused[static_cast<std::size_t>(reason)];
  return {AdmissionVerdict::Kind::kRefused, reason, {}};
}

AdmissionVerdict SourceLimiter::delay(AdmissionReason reason, MonotonicTime ask_again_at) {
  ++counters_.delayed[static_cast<std::size_t>(reason)];
  return {AdmissionVerdict::Kind::kWait, reason, ask_again_at};
}

}  // namespace rackcast
