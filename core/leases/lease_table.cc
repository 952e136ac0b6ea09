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

std::size_t wanted_capacity(const LeaseLayout& layout, std::size_t others, std::size_t leases_max) {
  std::uint64_t wanted = layout.reservations.size() + others;
  for (const LeasePool& pool : layout.pools)
    for (const AddressRange& range : pool.ranges) wanted += std::uint64_t{range.last.value()} - range.first.value() + 1;
  return static_cast<std::size_t>(std::min<std::uint64_t>(wanted, leases_max));
}

}  // namespace

LeaseTable::LeaseTable(LeaseLayout layout, std::size_t extra, const LeaseLimits& limits, std::uint64_t seed)
    : limits_(limits),
      seed_(seed),
      layout_(std::move(layout)),
      reservations_(layout_.reservations),
      slots_(wanted_capacity(layout_, extra, limits.leases_max)),
      by_address_(slots_.size()),
      by_key_(slots_.size()),
      deadlines_(slots_.size()) {
  std::stable_sort(reservations_.begin(), reservations_.end(),
                   [](const Reservation& a, const Reservation& b) { return a.address < b.address; });
  pools_.reserve(layout_.pools.size());
  for (const LeasePool& facts : layout_.pools) {
    Pool pool;
    pool.ranges = facts.ranges;
    if (!pool.ranges.empty()) pool.next_fresh = pool.ranges.front().first.value();
    pools_.push_back(std::move(pool));
  }
  index_layout();
  free_slots_.reserve(slots_.size());
  for (std::size_t i = slots_.size(); i > 0; --i) free_slots_.push_back(static_cast<std::uint32_t>(i - 1));
}

void LeaseTable::index_layout() {
  for (const LeaseSubnet& subnet : layout_.subnets)
    subnets_.push_back({subnet.prefix.base, subnet.prefix.broadcast(), static_cast<std::uint32_t>(subnets_.size())});
  for (std::uint32_t number = 0; number < pools_.size(); ++number)
    for (const AddressRange& range : pools_[number].ranges) ranges_.push_back({range.first, range.last, number});
  const auto by_address = [](const Stretch& a, const Stretch& b) { return a.first < b.first; };
  std::sort(subnets_.begin(), subnets_.end(), by_address);
  std::sort(ranges_.begin(), ranges_.end(), by_address);
}

void LeaseTable::reconfigure(LeaseLayout layout, WallTime now) {
  std::vector<Lease> kept;
  for_each([&](const Lease& lease) { kept.push_back(lease); });
  // The latest of a machine's leases is the one that stays in force, and rests go by their end.
  std::sort(kept.begin(), kept.end(), [](const Lease& a, const Lease& b) {
    const auto moment = [](const Lease& lease) {
      return lease.state == LeaseState::kAbandoned ? lease.ends : lease.starts;
    };
    return moment(a) < moment(b);
  });
  LeaseTable next(std::move(layout), kept.size(), limits_, seed_);
  for (const Lease& lease : kept)
    if (lease.state != LeaseState::kOffered) (void)next.restore(lease, now);
  for (const Lease& lease : kept)
    if (lease.state == LeaseState::kOffered)
      (void)next.hold(lease.address, {lease.key, {}, lease.mac, lease.relay, lease.relay_info}, now);
  for (const CounterRow<LeaseTableStats>& row : kLeaseTableRows) next.stats_.*row.value += stats_.*row.value;
  *this = std::move(next);
}

bool LeaseTable::restore(const Lease& lease, WallTime now) {
  const bool resting = lease.state == LeaseState::kAbandoned && lease.ends > now;
  const bool active = lease.state == LeaseState::kActive && lease.ends > now;
  const bool ours = range_pool(lease.address) != kNoPool || reserved_for(lease.address) != nullptr;
  if (slot_of(lease.address) != kNoSlot || (!ours && !active)) return true;  // nothing worth remembering
  const std::uint32_t at = make_slot(lease.address);
  if (at == kNoSlot) return false;
  slots_[at].lease = lease;
  slots_[at].lease.key = key_of(lease);
  slots_[at].lease.state = LeaseState::kFree;
  slots_[at].last_seen = lease.starts;
  slots_[at].keyed = true;
  by_key_.insert(slots_[at].lease.key.hash(seed_), at);
  if (active || resting) {
    set_state(at, active ? LeaseState::kActive : LeaseState::kAbandoned);
    slots_[at].durable = true;
    if (lease.ends != WallTime::max()) deadlines_.set(at, lease.ends);
    if (active) end_others(slots_[at].lease.key, at, now);
    if (resting) list_resting(at);
  } else {
    set_state(at, ended_state(lease.state));
    list_last(at);
  }
  return true;
}

std::optional<Lease> LeaseTable::find(net::Ipv4Address address) const {
  const std::uint32_t at = slot_of(address);
  return at == kNoSlot ? std::nullopt : std::optional(slots_[at].lease);
}

std::optional<Lease> LeaseTable::find(const MachineKey& key, std::uint32_t link) const {
  const std::uint32_t at = slot_of(key, link);
  return at == kNoSlot ? std::nullopt : std::optional(slots_[at].lease);
}

bool LeaseTable::is_reserved_from(net::Ipv4Address address, const LeaseClient& client) const {
  const MachineKey* owner = reserved_for(address);
  return owner != nullptr && *owner != client.key && (client.host.is_none() || *owner != client.host);
}

// A subnet's own name and its broadcast address are nobody's, whatever the range says (RFC 1122 §3.2.1.3).
bool LeaseTable::is_assignable(net::Ipv4Address address) const {
  const std::uint32_t number = number_at(subnets_, address);
  if (number == kNoPool) return true;
  const net::Ipv4Prefix& subnet = layout_.subnets[number].prefix;
  return subnet.length >= 31 || (address != subnet.base && address != subnet.broadcast());
}

Availability LeaseTable::availability(net::Ipv4Address address, const LeaseClient& client) const {
  if (is_reserved_from(address, client)) return Availability::kReserved;
  const std::uint32_t at = slot_of(address);
  if (at == kNoSlot) {
    if (reserved_for(address) != nullptr) return Availability::kFree;
    return range_pool(address) == kNoPool || !is_assignable(address) ? Availability::kOutside : Availability::kFree;
  }
  const Lease& lease = slots_[at].lease;
  const bool own = lease.key == client.key;
  if (lease.state == LeaseState::kAbandoned) return Availability::kResting;
  if (is_in_force(lease.state)) return own ? Availability::kOwn : Availability::kTaken;
  return own && lease.state != LeaseState::kFree ? Availability::kPrevious : Availability::kFree;
}

std::optional<std::uint32_t> LeaseTable::pool_of(net::Ipv4Address address) const {
  const std::uint32_t pool = range_pool(address);
  return pool == kNoPool ? std::nullopt : std::optional(pool);
}

std::optional<std::uint32_t> LeaseTable::link_of(net::Ipv4Address address) const {
  const std::uint32_t subnet = number_at(subnets_, address);
  return subnet == kNoPool ? std::nullopt : std::optional(layout_.subnets[subnet].link);
}

bool LeaseTable::is_durable(net::Ipv4Address address) const {
  const std::uint32_t at = slot_of(address);
  return at != kNoSlot && slots_[at].durable;
}

// The machine's own, current or previous, where it may have it still.
std::uint32_t LeaseTable::known_slot(const LeaseClient& client, std::span<const std::uint32_t> pools) const {
  const auto used = std::find_if(pools.begin(), pools.end(), [&](auto pool) { return !pools_[pool].ranges.empty(); });
  const auto link = link_of(pools_[*used].ranges.front().first);
  const std::uint32_t at = link ? slot_of(client.key, *link) : kNoSlot;
  if (at == kNoSlot || is_reserved_from(slots_[at].lease.address, client)) return kNoSlot;
  const std::uint32_t pool = slots_[at].pool;
  const bool in_force_outside = pool == kNoPool && is_in_force(slots_[at].lease.state);
  const bool given = std::find(pools.begin(), pools.end(), pool) != pools.end();
  return in_force_outside || given ? at : kNoSlot;
}

std::uint32_t LeaseTable::new_slot(const LeaseClient& client, std::span<const std::uint32_t> pools,
                                   std::optional<net::Ipv4Address> requested) {
  if (requested && availability(*requested, client) == Availability::kFree &&
      std::find(pools.begin(), pools.end(), range_pool(*requested)) != pools.end()) {
    const std::uint32_t at = slot_of(*requested);
    return at == kNoSlot ? make_slot(*requested) : at;
  }
  for (const std::uint32_t pool : pools)
    if (const std::uint32_t at = take_fresh(pool); at != kNoSlot) return at;
  for (const std::uint32_t pool : pools)
    if (pools_[pool].reusable.head != kNoSlot) return pools_[pool].reusable.head;
  return kNoSlot;
}

OfferResult LeaseTable::offer(const LeaseClient& client, std::span<const std::uint32_t> pools,
                              std::optional<net::Ipv4Address> requested, WallTime now) {
  const auto has_none = [&](std::uint32_t pool) { return pools_[pool].ranges.empty(); };
  if (std::all_of(pools.begin(), pools.end(), has_none)) return {OfferFailure::kPoolEmpty, {}};
  std::uint32_t at = known_slot(client, pools);
  // Past the limit nothing new is held; a machine that holds something is still answered.
  const bool holds_one = at != kNoSlot && is_in_force(slots_[at].lease.state);
  if (!holds_one && offers_ >= limits_.offer_holds_max) {
    ++stats_.hold_limit;
    return {OfferFailure::kHoldLimit, {}};
  }
  if (at == kNoSlot) at = new_slot(client, pools, requested);
  if (at == kNoSlot) {
    ++stats_.pool_exhausted;
    return {OfferFailure::kPoolExhausted, {}};
  }
  if (!hold_slot(at, client, now)) return {OfferFailure::kHoldLimit, {}};
  return {OfferFailure::kNone, slots_[at].lease.address};
}

OfferResult LeaseTable::reclaim(const LeaseClient& client, std::span<const std::uint32_t> pools, WallTime now) {
  std::uint32_t at = kNoSlot;
  for (const std::uint32_t pool : pools) {
    const std::uint32_t head = pools_[pool].resting.head;
    if (head != kNoSlot && (at == kNoSlot || slots_[head].lease.ends < slots_[at].lease.ends)) at = head;
  }
  if (at == kNoSlot) return {OfferFailure::kPoolExhausted, {}};
  if (!hold_slot(at, client, now)) return {OfferFailure::kHoldLimit, {}};
  ++stats_.reclaimed;
  return {OfferFailure::kNone, slots_[at].lease.address};
}

OfferFailure LeaseTable::hold(net::Ipv4Address address, const LeaseClient& client, WallTime now) {
  const Availability state = availability(address, client);
  if (state != Availability::kOwn && state != Availability::kPrevious && state != Availability::kFree)
    return OfferFailure::kPoolExhausted;
  std::uint32_t at = slot_of(address);
  if (at == kNoSlot) {
    if (offers_ >= limits_.offer_holds_max) {
      ++stats_.hold_limit;
      return OfferFailure::kHoldLimit;
    }
    at = make_slot(address);
  }
  return at != kNoSlot && hold_slot(at, client, now) ? OfferFailure::kNone : OfferFailure::kHoldLimit;
}

bool LeaseTable::activate(const Lease& lease, WallTime now) {
  const MachineKey key = key_of(lease);
  std::uint32_t at = slot_of(lease.address);
  if (at != kNoSlot) {
    const Lease& old = slots_[at].lease;
    if (old.state == LeaseState::kAbandoned || (is_in_force(old.state) && old.key != key)) return false;
  } else {
    at = make_slot(lease.address);
    if (at == kNoSlot) return false;
  }
  unlist(at);
  set_owner(at, key, lease.mac);
  Slot& slot = slots_[at];
  const LeaseState before = slot.lease.state;
  slot.lease = lease;
  slot.lease.key = key;
  slot.lease.state = before;  // set_state keeps the count of offers
  set_state(at, LeaseState::kActive);
  slot.durable = true;
  slot.last_seen = now;
  if (lease.ends == WallTime::max())
    deadlines_.erase(at);
  else
    deadlines_.set(at, lease.ends);
  end_others(key, at, now);
  return true;
}

void LeaseTable::withdraw_offers(const MachineKey& key) {
  const std::uint64_t hash = key.hash(seed_);
  const auto offered = [&](std::uint32_t at) {
    return slots_[at].lease.key == key && slots_[at].lease.state == LeaseState::kOffered;
  };
  for (std::uint32_t at = by_key_.find(hash, offered); at != kNoSlot; at = by_key_.find(hash, offered)) end_offer(at);
}

std::optional<Lease> LeaseTable::release(const MachineKey& key, net::Ipv4Address address, WallTime now) {
  const std::uint32_t at = slot_of(address);
  if (at == kNoSlot || slots_[at].lease.state != LeaseState::kActive || slots_[at].lease.key != key)
    return std::nullopt;
  slots_[at].lease.ends = now;
  Lease record = slots_[at].lease;
  record.state = LeaseState::kReleased;
  end_lease(at, LeaseState::kReleased, now);
  return record;
}

std::optional<Lease> LeaseTable::abandon(const MachineKey& key, net::Ipv4Address address, WallTime now) {
  const std::uint32_t at = slot_of(address);
  if (at == kNoSlot || !is_in_force(slots_[at].lease.state) || slots_[at].lease.key != key) return std::nullopt;
  if (reserved_for(address) != nullptr) return std::nullopt;
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

std::optional<WallTime> LeaseTable::next_deadline() const {
  if (deadlines_.empty()) return std::nullopt;
  return deadlines_.top_deadline();
}

std::uint32_t LeaseTable::slot_of(net::Ipv4Address address) const {
  return by_address_.find(net::hash(net::IpAddress(address), seed_),
                          [&](std::uint32_t at) { return slots_[at].lease.address == address; });
}

std::uint32_t LeaseTable::slot_of(const MachineKey& key, std::uint32_t link) const {
  std::uint32_t best = kNoSlot;
  const auto rank = [&](std::uint32_t at) {
    const LeaseState state = slots_[at].lease.state;
    return state == LeaseState::kActive ? 2 : state == LeaseState::kOffered ? 1 : 0;
  };
  (void)by_key_.find(key.hash(seed_), [&](std::uint32_t at) {
    const Slot& slot = slots_[at];
    if (slot.lease.key != key || slot.lease.state == LeaseState::kAbandoned || link_of(slot.lease.address) != link)
      return false;
    if (best == kNoSlot || rank(at) > rank(best) || (rank(at) == rank(best) && slot.last_seen > slots_[best].last_seen))
      best = at;
    return false;
  });
  return best;
}

std::uint32_t LeaseTable::number_at(const std::vector<Stretch>& stretches, net::Ipv4Address address) {
  const auto after = std::upper_bound(stretches.begin(), stretches.end(), address,
                                      [](net::Ipv4Address a, const Stretch& stretch) { return a < stretch.first; });
  if (after == stretches.begin() || std::prev(after)->last < address) return kNoPool;
  return std::prev(after)->number;
}

std::uint32_t LeaseTable::range_pool(net::Ipv4Address address) const {
  return number_at(ranges_, address);
}

const MachineKey* LeaseTable::reserved_for(net::Ipv4Address address) const {
  const auto at = std::lower_bound(reservations_.begin(), reservations_.end(), address,
                                   [](const Reservation& r, net::Ipv4Address a) { return r.address < a; });
  return at == reservations_.end() || at->address != address ? nullptr : &at->key;
}

std::uint32_t LeaseTable::take_fresh(std::uint32_t number) {
  Pool& pool = pools_[number];
  while (pool.range < pool.ranges.size()) {
    const AddressRange& range = pool.ranges[pool.range];
    for (; pool.next_fresh <= range.last.value(); ++pool.next_fresh) {
      const net::Ipv4Address address(static_cast<std::uint32_t>(pool.next_fresh));
      if (!is_assignable(address) || reserved_for(address) != nullptr || slot_of(address) != kNoSlot) continue;
      const std::uint32_t at = make_slot(address);
      if (at != kNoSlot) ++pool.next_fresh;
      return at;
    }
    ++pool.range;
    if (pool.range < pool.ranges.size()) pool.next_fresh = pool.ranges[pool.range].first.value();
  }
  return kNoSlot;
}

// A used slot of state kFree that is in no list and no machine's yet.
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
  if (reserved_for(address) == nullptr) slot.pool = range_pool(address);
  by_address_.insert(net::hash(net::IpAddress(address), seed_), at);
  return at;
}

void LeaseTable::drop_slot(std::uint32_t at) {
  Slot& slot = slots_[at];
  by_address_.erase(net::hash(net::IpAddress(slot.lease.address), seed_), at);
  if (slot.keyed) by_key_.erase(slot.lease.key.hash(seed_), at);
  slot.used = false;
  free_slots_.push_back(at);
}

bool LeaseTable::hold_slot(std::uint32_t at, const LeaseClient& client, WallTime now) {
  Slot& slot = slots_[at];
  slot.last_seen = now;
  if (slot.lease.state == LeaseState::kActive) return true;  // the machine's own: it stays in force as it is
  if (slot.lease.state != LeaseState::kOffered) {
    if (offers_ >= limits_.offer_holds_max) {
      ++stats_.hold_limit;
      return false;
    }
    unlist(at);
    set_owner(at, client.key, client.mac);
    set_state(at, LeaseState::kOffered);
    slot.durable = false;
  }
  deadlines_.set(at, now + limits_.offer_hold);
  return true;
}

void LeaseTable::set_owner(std::uint32_t at, const MachineKey& key, const net::MacAddress& mac) {
  Slot& slot = slots_[at];
  Lease& lease = slot.lease;
  if (slot.keyed && lease.key == key) {
    lease.mac = mac;
    return;
  }
  if (slot.keyed) by_key_.erase(lease.key.hash(seed_), at);
  const net::Ipv4Address address = lease.address;
  const LeaseState state = lease.state;
  lease = Lease{};
  lease.address = address;
  lease.state = state;
  lease.key = key;
  lease.mac = mac;
  slot.keyed = true;
  by_key_.insert(key.hash(seed_), at);
}

void LeaseTable::set_state(std::uint32_t at, LeaseState state) {
  LeaseState& current = slots_[at].lease.state;
  if (current == LeaseState::kOffered) --offers_;
  if (state == LeaseState::kOffered) ++offers_;
  current = state;
}

void LeaseTable::end_others(const MachineKey& key, std::uint32_t keep, WallTime now) {
  const auto link = link_of(slots_[keep].lease.address);
  if (!link) return;
  const std::uint64_t hash = key.hash(seed_);
  const auto other = [&](std::uint32_t at) {
    const Lease& lease = slots_[at].lease;
    return at != keep && lease.key == key && is_in_force(lease.state) && link_of(lease.address) == link;
  };
  for (std::uint32_t at = by_key_.find(hash, other); at != kNoSlot; at = by_key_.find(hash, other)) {
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
  else if (reserved_for(slot.lease.address) == nullptr)
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
