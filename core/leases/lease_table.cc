#include "core/leases/lease_table.h"

#include <algorithm>
#include <limits>
#include <tuple>

namespace rackcast {
namespace {

// What a record is after a restart, if it is neither in force nor resting. An offer nobody took and a rest that is over
// made nobody the previous owner.
LeaseState ended_state(LeaseState state) {
  switch (state) {
    case LeaseState::kActive:
    case LeaseState::kExpired:
      return LeaseState::kExpired;
    case LeaseState::kReleased:
      return LeaseState::kReleased;
    default:
      return LeaseState::kFree;
  }
}

}  // namespace

bool LeaseTable::restore(const Lease& lease, WallTime now, const MachineKey& host) {
  const bool resting = lease.state == LeaseState::kAbandoned && lease.ends > now;
  const bool active = lease.state == LeaseState::kActive && lease.ends > now;
  const bool ours = home_of(lease.address) != kNoPool || reserved_for(lease.address) != nullptr;
  if (records_.find(lease.address) != kNoSlot || (!ours && !active)) return true;  // nothing worth remembering
  if (records_.size() == records_.capacity()) make_room(records_.size() + kStraysEach);
  const std::uint32_t at = make_record(lease.address);
  if (at == kNoSlot) return false;
  write(at, lease);
  records_[at].reserved = has_reservation(lease.address, {key_of(lease), host, lease.mac, {}, {}});
  see(at, lease.starts);
  set_state(at, active ? LeaseState::kActive : resting ? LeaseState::kAbandoned : ended_state(lease.state));
  if (!active && !resting) return true;
  records_[at].durable = true;
  if (lease.ends != WallTime::max()) deadlines_.set(at, lease.ends);
  if (!active) return true;
  count_source(at, lease.relay, lease.relay_info);
  keep_latest(at);
  return true;
}

void LeaseTable::settle() {
  struct Ended {
    WallTime moment;  // rests by their end, the others by when they began
    std::uint32_t at;
  };
  std::vector<Ended> ended;
  const auto each = [this](auto&& visit) {
    for (std::uint32_t at = 0; at < records_.made(); ++at)
      if (records_[at].used && records_[at].state != LeaseState::kActive) visit(records_[at], at);
  };
  std::size_t count = 0;
  each([&](const LeaseRecord&, std::uint32_t) { ++count; });
  ended.reserve(count);
  each([&](const LeaseRecord& record, std::uint32_t at) {
    ended.push_back({record.state == LeaseState::kAbandoned ? record.ends : record.starts, at});
  });
  std::sort(ended.begin(), ended.end(),
            [](const Ended& a, const Ended& b) { return std::tie(a.moment, a.at) < std::tie(b.moment, b.at); });
  for (const Ended& one : ended) put_away(one.at);
  // As many as there are may lie outside the layout, and its own addresses have their room all the same.
  make_room(records_.size());
}

std::optional<Lease> LeaseTable::find(net::Ipv4Address address) const {
  const std::uint32_t at = records_.find(address);
  return at == kNoSlot ? std::nullopt : std::optional(records_.lease(at));
}

std::optional<Lease> LeaseTable::find(const LeaseClient& client, std::uint32_t link) const {
  const std::uint32_t at = latest_on_link(client, link);
  return at == kNoSlot ? std::nullopt : std::optional(records_.lease(at));
}

Availability LeaseTable::availability(net::Ipv4Address address, const LeaseClient& client) const {
  if (is_reserved_from(address, client)) return Availability::kReserved;
  const std::uint32_t at = records_.find(address);
  if (at == kNoSlot) {
    if (reserved_for(address) != nullptr) return Availability::kFree;
    return home_of(address) == kNoPool || !is_assignable(address) ? Availability::kOutside : Availability::kFree;
  }
  const LeaseRecord& record = records_[at];
  const bool own = is_own(at, client);
  if (record.state == LeaseState::kAbandoned)  // reserved since: the operator knows better
    return reserved_for(address) == nullptr ? Availability::kResting : Availability::kFree;
  if (is_in_force(record.state)) return own ? Availability::kOwn : Availability::kTaken;
  return own && record.state != LeaseState::kFree ? Availability::kPrevious : Availability::kFree;
}

bool LeaseTable::is_durable(net::Ipv4Address address) const {
  const std::uint32_t at = records_.find(address);
  return at != kNoSlot && records_[at].durable;
}

// Precondition: the address is not another's reservation.
bool LeaseTable::is_own(std::uint32_t at, const LeaseClient& client) const {
  const LeaseRecord& record = records_[at];
  if (!record.keyed) return false;
  return record.key == client.key || record.key == MachineKey::of_mac(client.mac) || record.reserved;
}

std::uint32_t LeaseTable::latest_on_link(const LeaseClient& client, std::uint32_t link) const {
  const std::uint32_t at = latest_on_link(client.key, link);
  if (at != kNoSlot || client.key.kind() == MachineKey::Kind::kMac) return at;
  return latest_on_link(MachineKey::of_mac(client.mac), link);
}

std::uint32_t LeaseTable::latest_on_link(const MachineKey& key, std::uint32_t link) const {
  std::uint32_t best = kNoSlot;
  const auto rank = [&](std::uint32_t at) {
    const LeaseState state = records_[at].state;
    return state == LeaseState::kActive ? 2 : state == LeaseState::kOffered ? 1 : 0;
  };
  (void)records_.find(key, [&](std::uint32_t at) {
    const LeaseRecord& record = records_[at];
    if (record.state == LeaseState::kAbandoned || link_of(record.address) != link) return false;
    if (best == kNoSlot || rank(at) > rank(best) ||
        (rank(at) == rank(best) && record.last_seen > records_[best].last_seen))
      best = at;
    return false;
  });
  return best;
}

// The machine's own, current or previous, where it may have it still.
std::uint32_t LeaseTable::known_record(const LeaseClient& client, std::span<const std::uint32_t> pools) const {
  const auto used =
      std::find_if(pools.begin(), pools.end(), [&](std::uint32_t pool) { return !pools_[ids_[pool]]->ranges.empty(); });
  const auto link = link_of(pools_[ids_[*used]]->ranges.front().first);
  const std::uint32_t at = link ? latest_on_link(client, *link) : kNoSlot;
  if (at == kNoSlot || is_reserved_from(records_[at].address, client)) return kNoSlot;
  const PoolId home = home_of(records_[at].address);
  if (home == kNoPool) return is_in_force(records_[at].state) ? at : kNoSlot;
  const bool given = std::find(pools.begin(), pools.end(), pools_[home]->number) != pools.end();
  return given ? at : kNoSlot;
}

std::uint32_t LeaseTable::new_record(const LeaseClient& client, std::span<const std::uint32_t> pools,
                                     std::optional<net::Ipv4Address> requested) {
  if (requested && availability(*requested, client) == Availability::kFree) {
    const PoolId home = home_of(*requested);
    if (home != kNoPool && std::find(pools.begin(), pools.end(), pools_[home]->number) != pools.end()) {
      const std::uint32_t at = records_.find(*requested);
      return at == kNoSlot ? make_record(*requested) : at;
    }
  }
  for (const std::uint32_t pool : pools)
    if (const std::uint32_t at = take_fresh(ids_[pool]); at != kNoSlot) return at;
  if (const std::uint32_t at = ended_first(pools); at != kNoSlot) return at;
  move_out(std::numeric_limits<std::size_t>::max());  // perhaps a record waits where its pool does not look
  return ended_first(pools);
}

std::uint32_t LeaseTable::take_fresh(PoolId id) {
  FreshAddresses& fresh = pools_[id]->fresh;
  for (auto address = fresh.first(); address; address = fresh.first()) {
    if (is_assignable(*address) && reserved_for(*address) == nullptr && records_.find(*address) == kNoSlot)
      return make_record(*address);
    fresh.clear(*address);
  }
  return kNoSlot;
}

// Of the pools' records that nobody holds: one that nobody is likely to come back for, else the one that ended first.
std::uint32_t LeaseTable::ended_first(std::span<const std::uint32_t> pools) const {
  const auto rank = [&](std::uint32_t at) {
    return records_[at].state == LeaseState::kFree ? 0 : std::uint64_t{records_[at].last_seen} + 1;
  };
  std::uint32_t best = kNoSlot;
  for (const std::uint32_t pool : pools) {
    const std::uint32_t at = pools_[ids_[pool]]->reusable.head;
    if (at != kNoSlot && (best == kNoSlot || rank(at) < rank(best))) best = at;
  }
  return best;
}

OfferResult LeaseTable::offer(const LeaseClient& client, std::span<const std::uint32_t> pools,
                              std::optional<net::Ipv4Address> requested, WallTime now) {
  const auto has_none = [&](std::uint32_t pool) { return pools_[ids_[pool]]->ranges.empty(); };
  if (std::all_of(pools.begin(), pools.end(), has_none)) return {OfferFailure::kPoolEmpty, {}};
  std::uint32_t at = known_record(client, pools);
  // Past a cap nothing new is held; a machine that holds something is still answered.
  if (at == kNoSlot || !is_in_force(records_[at].state))
    if (const OfferFailure over = over_cap(client); over != OfferFailure::kNone) return {over, {}};
  if (at == kNoSlot) at = new_record(client, pools, requested);
  if (at == kNoSlot) {
    ++stats_.pool_exhausted;
    return {OfferFailure::kPoolExhausted, {}};
  }
  hold_record(at, client, now);
  return {OfferFailure::kNone, records_[at].address};
}

OfferResult LeaseTable::reclaim(const LeaseClient& client, std::span<const std::uint32_t> pools, WallTime now) {
  std::uint32_t at = kNoSlot;
  for (const std::uint32_t pool : pools) {
    const std::uint32_t head = pools_[ids_[pool]]->resting.head;
    if (head != kNoSlot && (at == kNoSlot || records_[head].ends < records_[at].ends)) at = head;
  }
  if (at == kNoSlot) return {OfferFailure::kPoolExhausted, {}};
  if (const OfferFailure over = over_cap(client); over != OfferFailure::kNone) return {over, {}};
  hold_record(at, client, now);
  ++stats_.reclaimed;
  return {OfferFailure::kNone, records_[at].address};
}

OfferFailure LeaseTable::hold(net::Ipv4Address address, const LeaseClient& client, WallTime now) {
  const Availability state = availability(address, client);
  if (state != Availability::kOwn && state != Availability::kPrevious && state != Availability::kFree)
    return OfferFailure::kPoolExhausted;
  if (state != Availability::kOwn && reserved_for(address) == nullptr)
    if (const OfferFailure over = over_cap(client); over != OfferFailure::kNone) return over;
  std::uint32_t at = records_.find(address);
  if (at == kNoSlot) at = make_record(address);
  if (at == kNoSlot) return OfferFailure::kPoolExhausted;
  hold_record(at, client, now);
  return OfferFailure::kNone;
}

bool LeaseTable::activate(const Lease& lease, WallTime now) {
  const MachineKey key = key_of(lease);
  std::uint32_t at = records_.find(lease.address);
  if (at == kNoSlot) at = make_record(lease.address);
  if (at == kNoSlot) return false;
  const LeaseRecord& old = records_[at];
  if (old.state == LeaseState::kAbandoned || (is_in_force(old.state) && old.key != key)) return false;
  unlist(at);
  bring_home(at);
  write(at, lease);
  see(at, now);
  set_state(at, LeaseState::kActive);
  count_source(at, lease.relay, lease.relay_info);
  records_[at].durable = true;
  if (lease.ends == WallTime::max())
    deadlines_.erase(at);
  else
    deadlines_.set(at, lease.ends);
  end_others(key, at, now);
  return true;
}

void LeaseTable::withdraw_offers(const MachineKey& key) {
  const auto offered = [&](std::uint32_t at) { return records_[at].state == LeaseState::kOffered; };
  for (std::uint32_t at = records_.find(key, offered); at != kNoSlot; at = records_.find(key, offered)) end_offer(at);
}

std::optional<Lease> LeaseTable::release(const LeaseClient& client, net::Ipv4Address address, WallTime now) {
  const std::uint32_t at = records_.find(address);
  if (at == kNoSlot || records_[at].state != LeaseState::kActive) return std::nullopt;
  if (is_reserved_from(address, client) || !is_own(at, client)) return std::nullopt;
  return end_by_release(at, now);
}

std::optional<Lease> LeaseTable::release_other(const MachineKey& key, net::Ipv4Address kept, WallTime now) {
  const std::uint32_t at = records_.find(key, [&](std::uint32_t one) {
    return records_[one].state == LeaseState::kActive && records_[one].address != kept;
  });
  return at == kNoSlot ? std::nullopt : std::optional(end_by_release(at, now));
}

std::optional<Lease> LeaseTable::abandon(const MachineKey& key, net::Ipv4Address address, WallTime now,
                                         std::optional<Duration> rest) {
  const std::uint32_t at = records_.find(address);
  if (at == kNoSlot || !is_in_force(records_[at].state) || records_[at].key != key) return std::nullopt;
  if (reserved_for(address) != nullptr) return std::nullopt;
  LeaseRecord& record = records_[at];
  unlist(at);
  set_state(at, LeaseState::kAbandoned);
  uncount_source(at);
  record.bootp = false;
  record.ends = now + rest.value_or(limits_.abandon_hold);
  record.durable = false;
  see(at, now);
  deadlines_.set(at, record.ends);
  bring_home(at);
  list_resting(at);
  ++stats_.abandoned;
  return records_.lease(at);
}

void LeaseTable::expire(WallTime now) {
  if (!retired_.empty()) move_out(kMovedEach);
  if (counted_from_ != kNoSlot) count_earlier(kCountedEach);
  for (std::size_t n = 0; n < kExpiredEach && !deadlines_.empty() && deadlines_.top_deadline() <= now; ++n) {
    const std::uint32_t at = deadlines_.top();
    switch (records_[at].state) {
      case LeaseState::kOffered:
        ++stats_.offers_expired;
        end_offer(at);
        break;
      case LeaseState::kActive:
        ++stats_.leases_expired;
        end_lease(at, LeaseState::kExpired, now);
        break;
      default:  // a rest that is over
        end_lease(at, LeaseState::kFree, now);
        break;
    }
  }
}

std::optional<WallTime> LeaseTable::next_deadline() const {
  if (deadlines_.empty()) return std::nullopt;
  return deadlines_.top_deadline();
}

}  // namespace rackcast
