#include "core/leases/lease_records.h"

namespace rackcast {

void LeaseRecords::grow(std::size_t capacity) {
  if (capacity <= capacity_) return;
  slots_.grow(capacity);
  texts_.grow(capacity * kTextCellsEach);
  by_address_.grow(capacity);
  by_key_.grow(capacity);
  capacity_ = capacity;
}

Lease LeaseRecords::lease(std::uint32_t at) const {
  const LeaseRecord& record = slots_[at];
  Lease lease;
  lease.address = record.address;
  lease.mac = record.mac;
  lease.key = record.key;
  lease.state = record.state;
  lease.bootp = record.bootp;
  lease.starts = record.starts;
  lease.ends = record.ends;
  lease.relay = record.relay;
  texts_.read(record.texts, lease);
  return lease;
}

std::uint32_t LeaseRecords::make(net::Ipv4Address address) {
  std::uint32_t at = unused_;
  if (at != kNoSlot) {
    unused_ = slots_[at].next;
  } else if (made_ < capacity_) {
    at = made_++;
  } else {
    return kNoSlot;
  }
  ++size_;
  slots_[at] = LeaseRecord{};
  slots_[at].used = true;
  slots_[at].address = address;
  by_address_.insert(net::hash(net::IpAddress(address), seed_), at);
  return at;
}

void LeaseRecords::drop(std::uint32_t at) {
  LeaseRecord& record = slots_[at];
  by_address_.erase(net::hash(net::IpAddress(record.address), seed_), at);
  if (record.keyed) by_key_.erase(record.key.hash(seed_), at);
  texts_.release(record.texts);
  record = LeaseRecord{};
  record.next = unused_;
  unused_ = at;
  --size_;
}

void LeaseRecords::set_owner(std::uint32_t at, const MachineKey& key, const net::MacAddress& mac) {
  LeaseRecord& record = slots_[at];
  const bool same = record.keyed && record.key == key;
  rename(at, key, mac);
  if (same) return;
  texts_.release(record.texts);
  record.texts = TextCells::kNone;
  record.relay = {};
  record.bootp = false;
  record.starts = record.ends = {};
}

void LeaseRecords::rename(std::uint32_t at, const MachineKey& key, const net::MacAddress& mac) {
  LeaseRecord& record = slots_[at];
  record.mac = mac;
  if (record.keyed && record.key == key) return;
  if (record.keyed) by_key_.erase(record.key.hash(seed_), at);
  record.key = key;
  record.keyed = true;
  by_key_.insert(key.hash(seed_), at);
}

bool LeaseRecords::set_texts(std::uint32_t at, const Lease& lease) {
  texts_.release(slots_[at].texts);
  const auto kept = texts_.keep(lease);
  slots_[at].texts = kept.value_or(TextCells::kNone);
  return kept.has_value();
}

std::uint32_t LeaseRecords::find(net::Ipv4Address address) const {
  return by_address_.find(net::hash(net::IpAddress(address), seed_),
                          [&](std::uint32_t at) { return slots_[at].address == address; });
}

void LeaseRecords::link_after(LeaseList& list, std::uint32_t before, std::uint32_t at) {
  LeaseRecord& record = slots_[at];
  std::uint32_t& link = before == kNoSlot ? list.head : slots_[before].next;
  record.previous = before;
  record.next = link;
  (link == kNoSlot ? list.tail : slots_[link].previous) = at;
  link = at;
}

void LeaseRecords::unlink(LeaseList& list, std::uint32_t at) {
  LeaseRecord& record = slots_[at];
  (record.previous == kNoSlot ? list.head : slots_[record.previous].next) = record.next;
  (record.next == kNoSlot ? list.tail : slots_[record.next].previous) = record.previous;
  record.previous = record.next = kNoSlot;
}

}  // namespace rackcast
