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
      seat_(totals_),
      local_time_(setup.local_time != nullptr ? *setup.local_time : system_local_time()),
      connection_idle_(setup.connection_idle),
      table_(setup.sources_max, setup.seed) {}

SourceLimiter::Asking SourceLimiter::asking(const Now& now, const net::IpAddress& source,
                                            const AdmissionConfig& config) {
  Source* const known = table_.find(source);
  return {now, source, config, known, !continues_connection(now, known)};
}

AdmissionVerdict SourceLimiter::ask(const Now& now, const net::IpAddress& source, const AdmissionConfig& config,
                                    MonotonicTime since) {
  Asking asked = asking(now, source, config);
  asked.since = since;
  return config.policy == AdmissionPolicy::kXinetd ? ask_as_xinetd(asked) : ask_queued(asked);
}

// xinetd's order, whatever is judged. An entry has nothing running yet, so the limits of what runs are not its own.
std::optional<AdmissionReason> SourceLimiter::refused_by_xinetd(Asking& asking, Subject subject) {
  const AdmissionConfig& config = asking.config;
  if (const auto reason = refused_by_cps(asking)) return reason;
  if (asking.connection && !in_access_times(asking.now, config)) return AdmissionReason::kTime;
  if (subject == Subject::kInstance) {
    if (config.instances && totals_.running_as_xinetd() >= *config.instances) return AdmissionReason::kInstances;
    if (config.per_source && running(asking.known) >= *config.per_source) return AdmissionReason::kPerSource;
  }
  if (!address_allowed(asking.source, config)) return AdmissionReason::kAddress;
  if (asking.known == nullptr && !table_.has_room()) return AdmissionReason::kSourcesFull;
  return std::nullopt;
}

std::optional<AdmissionReason> SourceLimiter::refused_by_cps(Asking& asking) {
  if (!asking.config.cps) return std::nullopt;
  if (!asking.connection) {
    totals_.reopen(wall_seconds(asking.now), *asking.config.cps);
    return std::nullopt;
  }
  const auto attempt = totals_.count_attempt(wall_seconds(asking.now), *asking.config.cps, asking.ticket);
  if (attempt == ServiceTotals::Attempt::kCounted) return std::nullopt;
  if (attempt == ServiceTotals::Attempt::kTripped) ++counters_.deactivations;
  return AdmissionReason::kConnectionRate;
}

AdmissionVerdict SourceLimiter::ask_as_xinetd(Asking& asking) {
  if (const auto reason = refused_by_xinetd(asking, Subject::kInstance)) return refuse(*reason);
  if (!totals_.start(asking.config.policy, asking.config.instances)) return refuse(AdmissionReason::kInstances);
  return admit(asking);
}

// What refuses comes first, then what waits for others, and cps last: a machine that waits for a place has not used up
// a connection of this second.
AdmissionVerdict SourceLimiter::ask_queued(Asking& asking) {
  const AdmissionConfig& config = asking.config;
  const MonotonicTime now = asking.now.monotonic;
  if (!address_allowed(asking.source, config)) return refuse(AdmissionReason::kAddress);
  if (asking.connection && !in_access_times(asking.now, config)) return refuse(AdmissionReason::kTime);
  if (config.per_source && running(asking.known) >= *config.per_source)
    return delay(AdmissionReason::kPerSource, now + kQueueAskAgain);
  if (asking.known == nullptr && !table_.has_room()) return refuse(AdmissionReason::kSourcesFull);
  using Wanted = ServiceTotals::Wanted;
  if (config.instances && totals_.waits_longer(Wanted::kPlace, asking.since))
    return delay(AdmissionReason::kInstances, now + kQueueAskAgain);
  const bool counted = config.cps && config.cps->rate > 0 && asking.connection;
  if (counted && totals_.waits_longer(Wanted::kConnection, asking.since))
    return delay(AdmissionReason::kConnectionRate, now + kQueueAskAgain);
  if (!totals_.start(config.policy, config.instances)) return delay(AdmissionReason::kInstances, now + kQueueAskAgain);
  if (counted) {
    if (const auto later = totals_.count_connection(now, config.cps->rate, asking.ticket)) {
      totals_.end();
      return delay(AdmissionReason::kConnectionRate, *later);
    }
  }
  return admit(asking);
}

void SourceLimiter::waits(AdmissionReason reason, MonotonicTime since) {
  using Wanted = ServiceTotals::Wanted;
  seat_.waits(reason == AdmissionReason::kConnectionRate ? Wanted::kConnection : Wanted::kPlace, since);
}

AdmissionVerdict SourceLimiter::admit(Asking& asking) {
  Source& source = remembered(asking);
  if (source.running == 0) table_.set_busy(source);
  ++source.running;
  ++source.admitted;
  ++counters_.admitted;
  return {AdmissionVerdict::Kind::kAdmitted, AdmissionReason::kCount_, {}};
}

// The place of an admitted source, a new one neither busy nor idle yet; a connection that begins is counted.
Source& SourceLimiter::remembered(Asking& asking) {
  const MonotonicTime now = asking.now.monotonic;
  if (asking.known == nullptr) {
    const SourceTable::Added added = table_.add(asking.source);
    // One that was idle for long would begin a new connection anyway: nothing is lost with it.
    if (added.evicted && now - added.evicted_idle_since < connection_idle_) ++counters_.sources_evicted;
    asking.known = added.source;
    asking.known->idle_since = now;
  }
  if (asking.connection) {
    asking.known->connection = asking.ticket;
    if (asking.known->running == 0) asking.known->admitted = 0;
    ++counters_.connections;
  }
  return *asking.known;
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
  if (config.policy == AdmissionPolicy::kXinetd) {
    Asking asked = asking(now, source, config);
    const auto reason = refused_by_xinetd(asked, Subject::kEntry);
    if (reason)
      (void)refuse(*reason);
    else if (asked.connection)
      enter(asked);
    return reason;
  }
  const bool right_time = in_access_times(now, config);
  if (right_time && address_allowed(source, config)) return std::nullopt;
  const AdmissionReason reason = right_time ? AdmissionReason::kAddress : AdmissionReason::kTime;
  (void)refuse(reason);
  return reason;
}

bool SourceLimiter::refused_by_time(const Now& now, const net::IpAddress& source, const AdmissionConfig& config) {
  if (in_access_times(now, config) || continues_connection(now, table_.find(source))) return false;
  (void)refuse(AdmissionReason::kTime);
  return true;
}

// The connection that begins with an entry lasts kConnectionIdle, whether or not it asks for anything.
void SourceLimiter::enter(Asking& asking) {
  Source& source = remembered(asking);
  if (source.running > 0) return;
  source.admitted = 1;  // so that undo() of what it asks for does not take its connection back
  source.idle_since = asking.now.monotonic;
  table_.set_idle(source);
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
