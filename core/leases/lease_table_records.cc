// What a record goes through: made, held, ended, listed, counted, dropped.
#include <limits>

#include "core/leases/lease_table.h"

namespace rackcast {

// Seconds are enough to tell which of two leases ended first.
void LeaseTable::see(std::uint32_t at, WallTime now) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
  records_[at].last_seen = static_cast<std::uint32_t>(seconds);
}

// Of state kFree, on no list and no machine's yet.
std::uint32_t LeaseTable::make_record(net::Ipv4Address address) {
  std::uint32_t at = records_.make(address);
  if (at == kNoSlot && !retired_.empty()) {
    move_out(std::numeric_limits<std::size_t>::max());  // it drops those that belong nowhere any more
    at = records_.make(address);
  }
  if (at == kNoSlot) {
    ++stats_.table_full;
    return kNoSlot;
  }
  bring_home(at);
  if (const PoolId home = records_[at].pool; home != kNoPool) pools_[home]->fresh.clear(address);
  return at;
}

void LeaseTable::drop_record(std::uint32_t at) {
  const net::Ipv4Address address = records_[at].address;
  if (const PoolId home = home_of(address); home != kNoPool) pools_[home]->fresh.set(address);
  records_.drop(at);
}

void LeaseTable::hold_record(std::uint32_t at, const LeaseClient& client, WallTime now) {
  LeaseRecord& record = records_[at];
  see(at, now);
  record.reserved = has_reservation(record.address, client);
  if (is_in_force(record.state) && record.key != client.key) {  // the same machine, see is_own()
    records_.rename(at, client.key, client.mac);
    record.durable = false;
  }
  if (record.state == LeaseState::kActive) return;  // the machine's own: it stays in force as it is
  if (record.state != LeaseState::kOffered) {
    if (offers_ >= limits_.offer_holds_max) {
      ++stats_.offers_cut_short;
      end_offer(outstanding_.head);
    }
    const bool ended = record.state == LeaseState::kExpired || record.state == LeaseState::kReleased;
    record.returning = ended && is_own(at, client);
    unlist(at);
    bring_home(at);
    records_.set_owner(at, client.key, client.mac);
    set_state(at, LeaseState::kOffered);
    count_source(at, client.relay, client.relay_info);
    record.durable = false;
  }
  list_offer(at);
  deadlines_.set(at, now + limits_.offer_hold);
}

// All that the lease says but its state.
void LeaseTable::write(std::uint32_t at, const Lease& lease) {
  records_.set_owner(at, key_of(lease), lease.mac);
  LeaseRecord& record = records_[at];
  record.bootp = lease.bootp;
  record.starts = lease.starts;
  record.ends = lease.ends;
  record.relay = lease.relay;
  if (!records_.set_texts(at, lease)) ++stats_.texts_dropped;
}

void LeaseTable::set_state(std::uint32_t at, LeaseState state) {
  count_state(at, false);
  records_[at].state = state;
  count_state(at, true);
}

void LeaseTable::count_state(std::uint32_t at, bool more) {
  const LeaseRecord& record = records_[at];
  const std::uint64_t one = more ? 1 : ~std::uint64_t{0};
  if (record.state == LeaseState::kOffered) offers_ += one;
  if (record.pool == kNoPool) return;
  PoolUse& use = pools_[record.pool]->use;
  if (record.state == LeaseState::kOffered) use.offered += one;
  if (record.state == LeaseState::kActive) use.active += one;
  if (record.state == LeaseState::kAbandoned) use.resting += one;
}

void LeaseTable::end_others(const MachineKey& key, std::uint32_t keep, WallTime now) {
  const auto link = link_of(records_[keep].address);
  if (!link) return;
  const auto other = [&](std::uint32_t at) {
    return at != keep && is_in_force(records_[at].state) && link_of(records_[at].address) == link;
  };
  for (std::uint32_t at = records_.find(key, other); at != kNoSlot; at = records_.find(key, other)) {
    if (records_[at].state == LeaseState::kOffered)
      end_offer(at);
    else
      end_lease(at, LeaseState::kReleased, now);
  }
}

// Of a machine's leases on a link the latest stays in force, in whichever order they are restored.
void LeaseTable::keep_latest(std::uint32_t at) {
  const auto link = link_of(records_[at].address);
  if (!link) return;
  const std::uint32_t other = records_.find(records_[at].key, [&](std::uint32_t one) {
    return one != at && records_[one].state == LeaseState::kActive && link_of(records_[one].address) == link;
  });
  if (other == kNoSlot) return;
  const std::uint32_t earlier = records_[other].starts > records_[at].starts ? at : other;
  set_state(earlier, LeaseState::kReleased);
  uncount_source(earlier);
  records_[earlier].durable = false;
  deadlines_.erase(earlier);
}

void LeaseTable::end_lease(std::uint32_t at, LeaseState state, WallTime now) {
  unlist(at);
  set_state(at, state);
  uncount_source(at);
  records_[at].durable = false;
  see(at, now);
  deadlines_.erase(at);
  bring_home(at);
  put_away(at);
}

// The record as it is to be made durable.
Lease LeaseTable::end_by_release(std::uint32_t at, WallTime now) {
  records_[at].ends = now;
  Lease record = records_.lease(at);
  record.state = LeaseState::kReleased;
  end_lease(at, LeaseState::kReleased, now);
  return record;
}

// An address that was only offered is the first to be offered again: nobody is likely to come back for it. One that was
// the machine's before stays its, after all that ended earlier.
void LeaseTable::end_offer(std::uint32_t at) {
  LeaseRecord& record = records_[at];
  unlist(at);
  set_state(at, record.returning ? LeaseState::kExpired : LeaseState::kFree);
  uncount_source(at);
  deadlines_.erase(at);
  bring_home(at);
  if (record.pool == kNoPool || record.returning) return put_away(at);
  record.list = LeaseListName::kReusable;
  records_.link_after(pools_[record.pool]->reusable, kNoSlot, at);
}

// Counted in the pool its address is in now. Precondition: on no list of its pool's.
void LeaseTable::bring_home(std::uint32_t at) {
  const PoolId home = home_of(records_[at].address);
  const PoolId before = records_[at].pool;
  if (home == before) return;
  count_state(at, false);
  records_[at].pool = home;
  count_state(at, true);
  if (before != kNoPool) free_if_done(before);
}

// A record that is not in force goes onto its list, as the last; one that belongs nowhere is forgotten. A reservation's
// record stays, on no list, and so does a rest until it is over. Precondition: at home, on no list.
void LeaseTable::put_away(std::uint32_t at) {
  LeaseRecord& record = records_[at];
  if (record.state == LeaseState::kAbandoned) return list_resting(at);
  if (record.pool != kNoPool) {
    record.list = LeaseListName::kReusable;
    LeaseList& list = pools_[record.pool]->reusable;
    records_.link_after(list, list.tail, at);
  } else if (reserved_for(record.address) == nullptr) {
    drop_record(at);
  }
}

void LeaseTable::list_resting(std::uint32_t at) {
  LeaseRecord& record = records_[at];
  if (record.pool == kNoPool) return;
  record.list = LeaseListName::kResting;
  LeaseList& list = pools_[record.pool]->resting;
  records_.link_after(list, list.tail, at);
}

void LeaseTable::unlist(std::uint32_t at) {
  LeaseRecord& record = records_[at];
  if (record.list == LeaseListName::kNone) return;
  records_.unlink(list_of(record), at);
  record.list = LeaseListName::kNone;
}

// As the newest.
void LeaseTable::list_offer(std::uint32_t at) {
  unlist(at);
  records_[at].list = LeaseListName::kOffers;
  records_.link_after(outstanding_, outstanding_.tail, at);
}

// Precondition: it is on one.
LeaseList& LeaseTable::list_of(const LeaseRecord& record) {
  if (record.list == LeaseListName::kOffers) return outstanding_;
  Pool& pool = *pools_[record.pool];
  return record.list == LeaseListName::kResting ? pool.resting : pool.reusable;
}

// A record counts for the relay and the port it was last offered or granted through, while a cap is set.
void LeaseTable::count_source(std::uint32_t at, net::Ipv4Address relay, std::string_view relay_info) {
  uncount_source(at);
  if (layout_.caps == LeaseCaps{}) return;
  LeaseRecord& record = records_[at];
  if (const auto tag = port_tag(relay, relay_info, seed_)) record.counted_port = sources_.add(*tag);
  if (const auto tag = relay_tag(relay, seed_)) record.counted_relay = sources_.add(*tag);
}

void LeaseTable::uncount_source(std::uint32_t at) {
  LeaseRecord& record = records_[at];
  for (std::uint32_t* counted : {&record.counted_port, &record.counted_relay}) {
    if (*counted != kNoSlot) sources_.remove(*counted);
    *counted = kNoSlot;
  }
}

// Those in force that were granted before there was a cap, a few at a time.
void LeaseTable::count_earlier(std::size_t records_max) {
  const std::uint32_t end = records_.made();
  for (; records_max > 0 && counted_from_ < end; --records_max, ++counted_from_) {
    const LeaseRecord& record = records_[counted_from_];
    if (!record.used || record.state != LeaseState::kActive || record.relay.is_any()) continue;
    if (record.counted_port != kNoSlot || record.counted_relay != kNoSlot) continue;
    const Lease lease = records_.lease(counted_from_);
    count_source(counted_from_, lease.relay, lease.relay_info);
  }
  if (counted_from_ >= end) counted_from_ = kNoSlot;
}

// May one more address of the pools be held through the client's relay?
OfferFailure LeaseTable::over_cap(const LeaseClient& client) {
  const LeaseCaps& caps = layout_.caps;
  if (caps == LeaseCaps{}) return OfferFailure::kNone;
  const auto port = port_tag(client.relay, client.relay_info, seed_);
  if (caps.per_port && port && sources_.count(*port) >= *caps.per_port) {
    ++stats_.port_cap;
    return OfferFailure::kPortCap;
  }
  const auto relay = relay_tag(client.relay, seed_);
  if (caps.per_relay && relay && sources_.count(*relay) >= *caps.per_relay) {
    ++stats_.relay_cap;
    return OfferFailure::kRelayCap;
  }
  return OfferFailure::kNone;
}

}  // namespace rackcast
