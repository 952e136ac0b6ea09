#include "core/leases/lease_table.h"

#include <algorithm>
#include <iterator>

namespace rackcast {
namespace {

bool is_in_force(LeaseState state) {
  return state == LeaseState::kOffered || state == LeaseState::kActive;
}

// What a record is after a reload, if it is neither in force nor resting. An offer nobody took and a rest that is over
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

std::size_t wanted_capacity(const std::vector<LeasePool>& pools, std::size_t others, std::size_t leases_max) {
  std::uint64_t wanted = others;
  for (const LeasePool& pool : pools)
    for (const AddressRange& range : pool.ranges) wanted += std::uint64_t{range.last.value()} - range.first.value() + 1;
  return static_cast<std::size_t>(std::min<std::uint64_t>(wanted, leases_max));
}

// A subnet's own name and its broadcast address are nobody's, whatever the range says (RFC 1122 §3.2.1.3).
bool is_assignable(net::Ipv4Address address, const net::Ipv4Prefix& subnet) {
  return subnet.length >= 31 || (address != subnet.base && address != subnet.broadcast());
}

}  // namespace

bool operator==(const LeasePool& a, const LeasePool& b) {
  const auto same = [](const AddressRange& x, const AddressRange& y) { return x.first == y.first && x.last == y.last; };
  return a.subnet == b.subnet && std::equal(a.ranges.begin(), a.ranges.end(), b.ranges.begin(), b.ranges.end(), same);
}

LeaseTable::LeaseTable(std::vector<LeasePool> pools, const std::vector<Reservation>& reservations, std::size_t extra,
                       const LeaseLimits& limits, std::uint64_t seed)
    : limits_(limits),
      seed_(seed),
      reservations_(reservations),
      slots_(wanted_capacity(pools, reservations.size() + extra, limits.leases_max)),
      by_address_(slots_.size()),
      by_mac_(slots_.size()),
      deadlines_(slots_.size()) {
  std::sort(reservations_.begin(), reservations_.end(),
            [](const Reservation& a, const Reservation& b) { return a.address < b.address; });
  pools_.reserve(pools.size());
  for (LeasePool& facts : pools) {
    Pool pool;
    pool.facts = std::move(facts);
    if (!pool.facts.ranges.empty()) pool.next_fresh = pool.facts.ranges.front().first.value();
    pools_.push_back(std::move(pool));
  }
  index_pools();
  free_slots_.reserve(slots_.size());
  for (std::size_t i = slots_.size(); i > 0; --i) free_slots_.push_back(static_cast<std::uint32_t>(i - 1));
}

void LeaseTable::index_pools() {
  subnets_.reserve(pools_.size());
  for (std::uint32_t number = 0; number < pools_.size(); ++number) {
    const LeasePool& facts = pools_[number].facts;
    subnets_.push_back({facts.subnet.base, facts.subnet.broadcast(), number});
    for (const AddressRange& range : facts.ranges) ranges_.push_back({range.first, range.last, number});
  }
  const auto by_address = [](const Stretch& a, const Stretch& b) { return a.first < b.first; };
  std::sort(subnets_.begin(), subnets_.end(), by_address);
  std::sort(ranges_.begin(), ranges_.end(), by_address);
}

bool LeaseTable::restore(const Lease& lease, WallTime now) {
  const bool resting = lease.state == LeaseState::kAbandoned && lease.ends > now;
  const bool active = lease.state == LeaseState::kActive && lease.ends > now;
  const bool ours = range_pool(lease.address) != kNoPool || reserved_for(lease.address).has_value();
  if (slot_of(lease.address) != kNoSlot || (!ours && !active)) return true;  // nothing worth remembering
  const std::uint32_t at = make_slot(lease.address);
  if (at == kNoSlot) return false;
  slots_[at].lease = lease;
  slots_[at].lease.state = LeaseState::kFree;
  slots_[at].last_seen = lease.starts;
  slots_[at].keyed = true;
  by_mac_.insert(net::hash(lease.mac, seed_), at);
  if (active || resting) {
    set_state(at, active ? LeaseState::kActive : LeaseState::kAbandoned);
    slots_[at].durable = true;
    if (lease.ends != WallTime::max()) deadlines_.set(at, lease.ends);
    if (active) end_others(lease.mac, at, now);
    if (resting) list_resting(at);
  } else {
    set_state(at, ended_state(lease.state));
    list_last(at);
  }
  return true;
}

const Lease* LeaseTable::find(net::Ipv4Address address) const {
  const std::uint32_t at = slot_of(address);
  return at == kNoSlot ? nullptr : &slots_[at].lease;
}

const Lease* LeaseTable::find(const net::MacAddress& mac, std::size_t pool) const {
  const std::uint32_t at = slot_of(mac, pools_[pool].facts.subnet);
  return at == kNoSlot ? nullptr : &slots_[at].lease;
}

Availability LeaseTable::availability(net::Ipv4Address address, const net::MacAddress& mac) const {
  const auto owner = reserved_for(address);
  if (owner && *owner != mac) return Availability::kReserved;
  const std::uint32_t at = slot_of(address);
  if (at == kNoSlot) {
    if (owner) return Availability::kFree;
    const std::uint32_t pool = range_pool(address);
    if (pool == kNoPool || !is_assignable(address, pools_[pool].facts.subnet)) return Availability::kOutside;
    return Availability::kFree;
  }
  const Lease& lease = slots_[at].lease;
  if (lease.state == LeaseState::kAbandoned) return Availability::kResting;
  if (is_in_force(lease.state)) return lease.mac == mac ? Availability::kOwn : Availability::kTaken;
  return lease.mac == mac && lease.state != LeaseState::kFree ? Availability::kPrevious : Availability::kFree;
}

std::optional<std::size_t> LeaseTable::pool_of(net::Ipv4Address address) const {
  const std::uint32_t pool = pool_at(subnets_, address);
  return pool == kNoPool ? std::nullopt : std::optional<std::size_t>(pool);
}

bool LeaseTable::is_durable(net::Ipv4Address address) const {
  const std::uint32_t at = slot_of(address);
  return at != kNoSlot && slots_[at].durable;
}

OfferResult LeaseTable::offer(const net::MacAddress& mac, std::size_t pool, std::optional<net::Ipv4Address> requested,
                              WallTime now) {
  const auto number = static_cast<std::uint32_t>(pool);
  if (pools_[pool].facts.ranges.empty()) return {OfferFailure::kPoolEmpty, {}};
  std::uint32_t at = slot_of(mac, pools_[pool].facts.subnet);
  if (at != kNoSlot && slots_[at].pool != number && !is_in_force(slots_[at].lease.state)) at = kNoSlot;
  if (at != kNoSlot && availability(slots_[at].lease.address, mac) == Availability::kReserved) at = kNoSlot;
  // Past the limit nothing new is held; a machine that holds something is still answered.
  const bool holds_one = at != kNoSlot && is_in_force(slots_[at].lease.state);
  if (!holds_one && offers_ >= limits_.offer_holds_max) {
    ++stats_.hold_limit;
    return {OfferFailure::kHoldLimit, {}};
  }
  if (at == kNoSlot && requested && range_pool(*requested) == number &&
      availability(*requested, mac) == Availability::kFree) {
    at = slot_of(*requested);
    if (at == kNoSlot) at = make_slot(*requested);
  }
  if (at == kNoSlot) at = take_fresh(number);
  if (at == kNoSlot) at = pools_[pool].reusable.head;
  if (at == kNoSlot) {
    ++stats_.pool_exhausted;
    return {OfferFailure::kPoolExhausted, {}};
  }
  if (!hold_slot(at, mac, now)) return {OfferFailure::kHoldLimit, {}};
  return {OfferFailure::kNone, slots_[at].lease.address};
}

OfferResult LeaseTable::reclaim(const net::MacAddress& mac, std::size_t pool, WallTime now) {
  const std::uint32_t at = pools_[pool].resting.head;
  if (at == kNoSlot) return {OfferFailure::kPoolExhausted, {}};
  if (!hold_slot(at, mac, now)) return {OfferFailure::kHoldLimit, {}};
  ++stats_.reclaimed;
  return {OfferFailure::kNone, slots_[at].lease.address};
}

bool LeaseTable::hold(net::Ipv4Address address, const net::MacAddress& mac, WallTime now) {
  const Availability state = availability(address, mac);
  if (state != Availability::kOwn && state != Availability::kPrevious && state != Availability::kFree) return false;
  std::uint32_t at = slot_of(address);
  if (at == kNoSlot) {
    if (offers_ >= limits_.offer_holds_max) {
      ++stats_.hold_limit;
      return false;
    }
    at = make_slot(address);
  }
  return at != kNoSlot && hold_slot(at, mac, now);
}

bool LeaseTable::activate(const Lease& lease, WallTime now) {
  std::uint32_t at = slot_of(lease.address);
  if (at != kNoSlot) {
    const Lease& old = slots_[at].lease;
    if (old.state == LeaseState::kAbandoned || (is_in_force(old.state) && old.mac != lease.mac)) return false;
  } else {
    at = make_slot(lease.address);
    if (at == kNoSlot) return false;
  }
  unlist(at);
  set_mac(at, lease.mac);
  Slot& slot = slots_[at];
  const LeaseState before = slot.lease.state;
  slot.lease = lease;
  slot.lease.state = before;  // set_state keeps the count of offers
  set_state(at, LeaseState::kActive);
  slot.durable = true;
  slot.last_seen = now;
  if (lease.ends == WallTime::max())
    deadlines_.erase(at);
  else
    deadlines_.set(at, lease.ends);
  end_others(lease.mac, at, now);
  return true;
}

void LeaseTable::withdraw_offers(const net::MacAddress& mac) {
  const std::uint64_t key = net::hash(mac, seed_);
  const auto offered = [&](std::uint32_t at) {
    return slots_[at].lease.mac == mac && slots_[at].lease.state == LeaseState::kOffered;
  };
  for (std::uint32_t at = by_mac_.find(key, offered); at != kNoSlot; at = by_mac_.find(key, offered)) end_offer(at);
}

std::optional<Lease> LeaseTable::release(const net::MacAddress& mac, net::Ipv4Address address, WallTime now) {
  const std::uint32_t at = slot_of(address);
  if (at == kNoSlot || slots_[at].lease.state != LeaseState::kActive || slots_[at].lease.mac != mac)
    return std::nullopt;
  slots_[at].lease.ends = now;
  Lease record = slots_[at].lease;
  record.state = LeaseState::kReleased;
  end_lease(at, LeaseState::kReleased, now);
  return record;
}

std::optional<Lease> LeaseTable::abandon(const net::MacAddress& mac, net::Ipv4Address address, WallTime now) {
  const std::uint32_t at = slot_of(address);
  if (at == kNoSlot || !is_in_force(slots_[at].lease.state) || slots_[at].lease.mac != mac) return std::nullopt;
  if (reserved_for(address)) return std::nullopt;
  Slot& slot = slots_[at];
  set_state(at, LeaseState::kAbandoned);
  slot.lease.bootp = false;
  slot.lease.ends = now + limits_.abandon_hold;
  slot.durable = false;
  slot.last_seen = now;
  deadlines_.set(at, slot.lease.ends);
  list_resting(at);
  ++stats_.abandoned;
  return slot.lease;
}

void LeaseTable::expire(WallTime now) {
  while (!deadlines_.empty() && deadlines_.top_deadline() <= now) {
    const std::uint32_t at = deadlines_.top();
    switch (slots_[at].lease.state) {
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

void LeaseTable::continue_counting(const LeaseTableStats& before) {
  for (const CounterRow<LeaseTableStats>& row : kLeaseTableRows) stats_.*row.value += before.*row.value;
}

std::optional<WallTime> LeaseTable::next_deadline() const {
  if (deadlines_.empty()) return std::nullopt;
  return deadlines_.top_deadline();
}

std::uint32_t LeaseTable::slot_of(net::Ipv4Address address) const {
  return by_address_.find(net::hash(net::IpAddress(address), seed_),
                          [&](std::uint32_t at) { return slots_[at].lease.address == address; });
}

std::uint32_t LeaseTable::slot_of(const net::MacAddress& mac, const net::Ipv4Prefix& subnet) const {
  std::uint32_t best = kNoSlot;
  const auto rank = [&](std::uint32_t at) {
    const LeaseState state = slots_[at].lease.state;
    return state == LeaseState::kActive ? 2 : state == LeaseState::kOffered ? 1 : 0;
  };
  (void)by_mac_.find(net::hash(mac, seed_), [&](std::uint32_t at) {
    const Slot& slot = slots_[at];
    if (slot.lease.mac != mac || slot.lease.state == LeaseState::kAbandoned || !subnet.contains(slot.lease.address))
      return false;
    if (best == kNoSlot || rank(at) > rank(best) || (rank(at) == rank(best) && slot.last_seen > slots_[best].last_seen))
      best = at;
    return false;
  });
  return best;
}

std::uint32_t LeaseTable::pool_at(const std::vector<Stretch>& stretches, net::Ipv4Address address) {
  const auto after = std::upper_bound(stretches.begin(), stretches.end(), address,
                                      [](net::Ipv4Address a, const Stretch& stretch) { return a < stretch.first; });
  if (after == stretches.begin() || std::prev(after)->last < address) return kNoPool;
  return std::prev(after)->pool;
}

std::uint32_t LeaseTable::range_pool(net::Ipv4Address address) const {
  return pool_at(ranges_, address);
}

std::optional<net::MacAddress> LeaseTable::reserved_for(net::Ipv4Address address) const {
  const auto at = std::lower_bound(reservations_.begin(), reservations_.end(), address,
                                   [](const Reservation& r, net::Ipv4Address a) { return r.address < a; });
  if (at == reservations_.end() || at->address != address) return std::nullopt;
  return at->mac;
}

std::uint32_t LeaseTable::take_fresh(std::uint32_t number) {
  Pool& pool = pools_[number];
  while (pool.range < pool.facts.ranges.size()) {
    const AddressRange& range = pool.facts.ranges[pool.range];
    for (; pool.next_fresh <= range.last.value(); ++pool.next_fresh) {
      const net::Ipv4Address address(static_cast<std::uint32_t>(pool.next_fresh));
      if (!is_assignable(address, pool.facts.subnet) || reserved_for(address) || slot_of(address) != kNoSlot) continue;
      const std::uint32_t at = make_slot(address);
      if (at != kNoSlot) ++pool.next_fresh;
      return at;
    }
    ++pool.range;
    if (pool.range < pool.facts.ranges.size()) pool.next_fresh = pool.facts.ranges[pool.range].first.value();
  }
  return kNoSlot;
}

// A used slot of state kFree that is in no list and in no MAC's chain yet.
std::uint32_t LeaseTable::make_slot(net::Ipv4Address address) {
  if (free_slots_.empty()) {
    ++stats_.table_full;
    return kNoSlot;
  }
  const std::uint32_t at = free_slots_.back();
  free_slots_.pop_back();
  Slot& slot = slots_[at];
  slot = Slot{};
  slot.used = true;
  slot.lease.address = address;
  if (!reserved_for(address)) slot.pool = range_pool(address);
  by_address_.insert(net::hash(net::IpAddress(address), seed_), at);
  return at;
}

void LeaseTable::drop_slot(std::uint32_t at) {
  Slot& slot = slots_[at];
  by_address_.erase(net::hash(net::IpAddress(slot.lease.address), seed_), at);
  if (slot.keyed) by_mac_.erase(net::hash(slot.lease.mac, seed_), at);
  slot.used = false;
  free_slots_.push_back(at);
}

bool LeaseTable::hold_slot(std::uint32_t at, const net::MacAddress& mac, WallTime now) {
  Slot& slot = slots_[at];
  slot.last_seen = now;
  if (slot.lease.state == LeaseState::kActive) return true;  // the machine's own: it stays in force as it is
  if (slot.lease.state != LeaseState::kOffered) {
    if (offers_ >= limits_.offer_holds_max) {
      ++stats_.hold_limit;
      return false;
    }
    unlist(at);
    set_mac(at, mac);
    set_state(at, LeaseState::kOffered);
    slot.durable = false;
  }
  deadlines_.set(at, now + limits_.offer_hold);
  return true;
}

void LeaseTable::set_mac(std::uint32_t at, const net::MacAddress& mac) {
  Slot& slot = slots_[at];
  Lease& lease = slot.lease;
  if (slot.keyed && lease.mac == mac) return;
  if (slot.keyed) by_mac_.erase(net::hash(lease.mac, seed_), at);
  const net::Ipv4Address address = lease.address;
  const LeaseState state = lease.state;
  lease = Lease{};
  lease.address = address;
  lease.state = state;
  lease.mac = mac;
  slot.keyed = true;
  by_mac_.insert(net::hash(mac, seed_), at);
}

void LeaseTable::set_state(std::uint32_t at, LeaseState state) {
  LeaseState& current = slots_[at].lease.state;
  if (current == LeaseState::kOffered) --offers_;
  if (state == LeaseState::kOffered) ++offers_;
  current = state;
}

void LeaseTable::end_others(const net::MacAddress& mac, std::uint32_t keep, WallTime now) {
  const auto pool = pool_of(slots_[keep].lease.address);
  if (!pool) return;
  const net::Ipv4Prefix subnet = pools_[*pool].facts.subnet;
  const std::uint64_t key = net::hash(mac, seed_);
  const auto other = [&](std::uint32_t at) {
    const Lease& lease = slots_[at].lease;
    return at != keep && lease.mac == mac && is_in_force(lease.state) && subnet.contains(lease.address);
  };
  for (std::uint32_t at = by_mac_.find(key, other); at != kNoSlot; at = by_mac_.find(key, other)) {
    if (slots_[at].lease.state == LeaseState::kOffered)
      end_offer(at);
    else
      end_lease(at, LeaseState::kReleased, now);
  }
}

void LeaseTable::end_lease(std::uint32_t at, LeaseState state, WallTime now) {
  Slot& slot = slots_[at];
  set_state(at, state);
  slot.durable = false;
  slot.last_seen = now;
  deadlines_.erase(at);
  unlist(at);
  if (slot.pool != kNoPool)
    list_last(at);
  else if (!reserved_for(slot.lease.address))
    drop_slot(at);  // of an earlier configuration
}

// An address that was only offered is the first to be offered again: nobody is likely to come back for it.
void LeaseTable::end_offer(std::uint32_t at) {
  set_state(at, LeaseState::kFree);
  deadlines_.erase(at);
  if (slots_[at].pool != kNoPool) list_first(at);
}

LeaseTable::List& LeaseTable::list_of(std::uint32_t at, ListName name) {
  Pool& pool = pools_[slots_[at].pool];
  return name == ListName::kResting ? pool.resting : pool.reusable;
}

void LeaseTable::list_first(std::uint32_t at) {
  link_after(kNoSlot, at, ListName::kReusable);
}

void LeaseTable::list_last(std::uint32_t at) {
  if (slots_[at].pool != kNoPool) link_after(list_of(at, ListName::kReusable).tail, at, ListName::kReusable);
}

// Every rest is equally long, so that a new one goes to the end; only restore(), or a clock that was set back, looks
// further.
void LeaseTable::list_resting(std::uint32_t at) {
  if (slots_[at].pool == kNoPool) return;
  std::uint32_t before = list_of(at, ListName::kResting).tail;
  while (before != kNoSlot && slots_[before].lease.ends > slots_[at].lease.ends) before = slots_[before].previous;
  link_after(before, at, ListName::kResting);
}

// `before` kNoSlot: at the head.
void LeaseTable::link_after(std::uint32_t before, std::uint32_t at, ListName name) {
  List& list = list_of(at, name);
  Slot& slot = slots_[at];
  std::uint32_t& link = before == kNoSlot ? list.head : slots_[before].next;
  slot.list = name;
  slot.previous = before;
  slot.next = link;
  (link == kNoSlot ? list.tail : slots_[link].previous) = at;
  link = at;
}

void LeaseTable::unlist(std::uint32_t at) {
  Slot& slot = slots_[at];
  if (slot.list == ListName::kNone) return;
  List& list = list_of(at, slot.list);
  (slot.previous == kNoSlot ? list.head : slots_[slot.previous].next) = slot.next;
  (slot.next == kNoSlot ? list.tail : slots_[slot.next].previous) = slot.previous;
  slot.list = ListName::kNone;
  slot.previous = slot.next = kNoSlot;
}

}  // namespace rackcast
