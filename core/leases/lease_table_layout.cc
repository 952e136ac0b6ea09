// Where addresses belong: subnets, pools, reservations, and how the table passes from one layout to the next.
#include <algorithm>
#include <iterator>
#include <utility>

#include "core/leases/lease_table.h"

namespace rackcast {
namespace {

std::uint64_t count_addresses(const std::vector<AddressRange>& ranges) {
  std::uint64_t count = 0;
  for (const AddressRange& range : ranges) count += std::uint64_t{range.last.value()} - range.first.value() + 1;
  return count;
}

bool is_for(const MachineKey& owner, const LeaseClient& client) {
  return owner == client.key || (!client.host.is_none() && owner == client.host);
}

bool by_address(const Reservation& a, const Reservation& b) {
  return a.address < b.address;
}

}  // namespace

LeaseTable::LeaseTable(LeaseLayout layout, const LeaseLimits& limits, std::uint64_t seed)
    : limits_(limits), seed_(seed), layout_(std::move(layout)), records_(seed), deadlines_(0) {
  limits_.offer_holds_max = std::max<std::size_t>(limits.offer_holds_max, 1);
  index_subnets();
  set_pools({});
  index_ranges();
  index_reservations();
  make_room(0);
}

void LeaseTable::reconfigure(LeaseLayout layout) {
  if (layout == layout_) return;
  if (layout_.caps == LeaseCaps{} && layout.caps != LeaseCaps{}) counted_from_ = 0;
  layout_ = std::move(layout);
  index_subnets();
  const std::vector<Stretch> old_ranges = std::exchange(ranges_, {});
  const std::vector<PoolId> old_ids = std::exchange(ids_, {});
  set_pools(old_ranges);
  index_ranges();
  std::vector<bool> was_there(pools_.size());
  std::vector<bool> is_there(pools_.size());
  for (const PoolId id : old_ids) was_there[id] = true;
  for (const PoolId id : ids_) is_there[id] = true;
  for (const PoolId id : ids_)
    if (!was_there[id]) inherit(id, old_ranges);
  for (const PoolId id : old_ids)
    if (!is_there[id]) retire(id);
  const std::vector<Reservation> old_reservations = std::exchange(reservations_, {});
  index_reservations();
  reservations_changed(old_reservations);
  make_room(records_.size());
}

// The pools of layout_: those whose ranges are as they were keep their ids, and so all that is known of them.
void LeaseTable::set_pools(const std::vector<Stretch>& old) {
  for (const LeasePool& pool : layout_.pools) {
    const PoolId same = unchanged_pool(pool, old);
    const PoolId id = same != kNoPool ? same : add_pool(pool);
    pools_[id]->number = static_cast<std::uint32_t>(ids_.size());
    ids_.push_back(id);
  }
}

LeaseTable::PoolId LeaseTable::unchanged_pool(const LeasePool& pool, const std::vector<Stretch>& old) const {
  const PoolId id = pool.ranges.empty() ? kNoPool : number_at(old, pool.ranges.front().first);
  return id != kNoPool && LeasePool{pools_[id]->ranges} == pool ? id : kNoPool;
}

LeaseTable::PoolId LeaseTable::add_pool(const LeasePool& pool) {
  auto added = std::make_unique<Pool>();
  added->ranges = pool.ranges;
  added->fresh = FreshAddresses(pool.ranges);
  added->use.addresses = count_addresses(pool.ranges);
  const auto unused = std::find(pools_.begin(), pools_.end(), nullptr);
  const auto id = static_cast<PoolId>(unused - pools_.begin());
  if (unused == pools_.end())
    pools_.push_back(std::move(added));
  else
    *unused = std::move(added);
  return id;
}

void LeaseTable::index_subnets() {
  subnets_.clear();
  for (const LeaseSubnet& subnet : layout_.subnets)
    subnets_.push_back({subnet.prefix.base, subnet.prefix.broadcast(), static_cast<std::uint32_t>(subnets_.size())});
  std::sort(subnets_.begin(), subnets_.end(), [](const Stretch& a, const Stretch& b) { return a.first < b.first; });
}

void LeaseTable::index_ranges() {
  ranges_.clear();
  for (const PoolId id : ids_)
    for (const AddressRange& range : pools_[id]->ranges) ranges_.push_back({range.first, range.last, id});
  std::sort(ranges_.begin(), ranges_.end(), [](const Stretch& a, const Stretch& b) { return a.first < b.first; });
}

void LeaseTable::index_reservations() {
  reservations_ = layout_.reservations;
  std::stable_sort(reservations_.begin(), reservations_.end(), by_address);  // of two for one address the first counts
}

// What a new pool's addresses were, in whichever pool, to know without a look-up each which of them have a record.
void LeaseTable::inherit(PoolId id, const std::vector<Stretch>& old) {
  for (const AddressRange& range : pools_[id]->ranges) {
    auto stretch = std::partition_point(old.begin(), old.end(), [&](const Stretch& s) { return s.last < range.first; });
    for (; stretch != old.end() && stretch->first <= range.last; ++stretch) {
      const net::Ipv4Address last = std::min(range.last, stretch->last);
      std::uint64_t from = std::max(range.first, stretch->first).value();  // 64 bits: it can pass 255.255.255.255
      while (from <= last.value()) {
        const auto taken =
            pools_[stretch->number]->fresh.next_taken(net::Ipv4Address(static_cast<std::uint32_t>(from)), last);
        if (!taken) break;
        pools_[id]->fresh.clear(*taken);
        from = std::uint64_t{taken->value()} + 1;
      }
    }
  }
}

void LeaseTable::retire(PoolId id) {
  Pool& pool = *pools_[id];
  pool.retired = true;
  pool.heir = pool.ranges.empty() ? kNoPool : number_at(ranges_, pool.ranges.front().first);
  for (const auto& other : pools_)
    if (other != nullptr && other->retired && other->heir == id) other->heir = pool.heir;
  pool.ranges.clear();
  pool.fresh = {};
  pool.use.addresses = 0;
  pool.moving = pool.reusable.head != kNoSlot || pool.resting.head != kNoSlot;
  if (pool.moving) retired_.push_back(id);
  free_if_done(id);
}

// What lies on the lists of pools that are no more goes where it belongs now, in its order.
void LeaseTable::move_out(std::size_t records_max) {
  while (records_max > 0 && !retired_.empty()) {
    const PoolId id = retired_.back();
    Pool& pool = *pools_[id];
    const std::uint32_t at = pool.reusable.head != kNoSlot ? pool.reusable.head : pool.resting.head;
    if (at == kNoSlot) {
      pool.moving = false;
      retired_.pop_back();
      free_if_done(id);
      continue;
    }
    unlist(at);
    bring_home(at);
    put_away(at);
    --records_max;
  }
}

void LeaseTable::free_if_done(PoolId id) {
  const Pool& pool = *pools_[id];
  if (pool.retired && !pool.moving && pool.use == PoolUse{}) pools_[id].reset();
}

void LeaseTable::reservations_changed(const std::vector<Reservation>& old) {
  std::vector<Reservation> changed;
  std::set_symmetric_difference(old.begin(), old.end(), reservations_.begin(), reservations_.end(),
                                std::back_inserter(changed), by_address);
  for (const Reservation& reservation : changed) {
    const net::Ipv4Address address = reservation.address;
    const std::uint32_t at = records_.find(address);
    if (at != kNoSlot && is_in_force(records_[at].state)) {
      bring_home(at);
    } else if (at != kNoSlot) {
      unlist(at);
      bring_home(at);
      put_away(at);
    } else if (const PoolId home = home_of(address); home != kNoPool) {
      pools_[home]->fresh.set(address);
    }
  }
  // Another machine's now, or nobody's: who has the address keeps it until its lease ends, by its own key.
  for (auto was = old.begin(); was != old.end(); ++was) {
    if (was != old.begin() && std::prev(was)->address == was->address) continue;
    const MachineKey* owner = reserved_for(was->address);
    const std::uint32_t at = records_.find(was->address);
    if (at != kNoSlot && (owner == nullptr || *owner != was->key)) records_[at].reserved = false;
  }
}

void LeaseTable::make_room(std::size_t others) {
  std::uint64_t wanted = layout_.reservations.size() + others;
  for (const PoolId id : ids_) wanted += pools_[id]->use.addresses;
  records_.grow(static_cast<std::size_t>(std::min<std::uint64_t>(wanted, limits_.leases_max)));
  deadlines_.grow(records_.capacity());
  if (layout_.caps != LeaseCaps{}) sources_.grow(2 * records_.capacity());
}

PoolUse LeaseTable::use_of(std::uint32_t pool) const {
  PoolUse use = pools_[ids_[pool]]->use;
  for (const auto& other : pools_) {
    if (other == nullptr || other->heir != ids_[pool]) continue;
    use.active += other->use.active;
    use.offered += other->use.offered;
    use.resting += other->use.resting;
  }
  return use;
}

std::optional<std::uint32_t> LeaseTable::pool_of(net::Ipv4Address address) const {
  const PoolId id = number_at(ranges_, address);
  return id == kNoPool ? std::nullopt : std::optional(pools_[id]->number);
}

std::optional<std::uint32_t> LeaseTable::link_of(net::Ipv4Address address) const {
  const std::uint32_t subnet = number_at(subnets_, address);
  return subnet == kNoPool ? std::nullopt : std::optional(layout_.subnets[subnet].link);
}

std::uint32_t LeaseTable::number_at(const std::vector<Stretch>& stretches, net::Ipv4Address address) {
  const auto after = std::upper_bound(stretches.begin(), stretches.end(), address,
                                      [](net::Ipv4Address a, const Stretch& stretch) { return a < stretch.first; });
  if (after == stretches.begin() || std::prev(after)->last < address) return kNoPool;
  return std::prev(after)->number;
}

// A subnet's own name and its broadcast address are nobody's, whatever the range says (RFC 1122 §3.2.1.3).
bool LeaseTable::is_assignable(net::Ipv4Address address) const {
  const std::uint32_t number = number_at(subnets_, address);
  if (number == kNoPool) return true;
  const net::Ipv4Prefix& subnet = layout_.subnets[number].prefix;
  return subnet.length >= 31 || (address != subnet.base && address != subnet.broadcast());
}

LeaseTable::PoolId LeaseTable::home_of(net::Ipv4Address address) const {
  return reserved_for(address) != nullptr ? kNoPool : number_at(ranges_, address);
}

const MachineKey* LeaseTable::reserved_for(net::Ipv4Address address) const {
  const auto at = std::lower_bound(reservations_.begin(), reservations_.end(), address,
                                   [](const Reservation& r, net::Ipv4Address a) { return r.address < a; });
  return at == reservations_.end() || at->address != address ? nullptr : &at->key;
}

bool LeaseTable::has_reservation(net::Ipv4Address address, const LeaseClient& client) const {
  const MachineKey* owner = reserved_for(address);
  return owner != nullptr && is_for(*owner, client);
}

bool LeaseTable::is_reserved_from(net::Ipv4Address address, const LeaseClient& client) const {
  const MachineKey* owner = reserved_for(address);
  return owner != nullptr && !is_for(*owner, client);
}

}  // namespace rackcast
