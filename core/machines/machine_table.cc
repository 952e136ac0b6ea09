#include "core/machines/machine_table.h"

#include <algorithm>

namespace rackcast {

MachineTable::MachineTable(std::size_t capacity, std::uint64_t seed)
    : seed_(seed), slots_(std::max<std::size_t>(capacity, 1)), by_mac_(slots_.size()), by_address_(slots_.size()) {}

const Machine* MachineTable::find(const net::MacAddress& mac) const {
  const std::uint32_t at = slot_of(mac);
  return at == kNoSlot ? nullptr : &slots_[at].machine;
}

const Machine* MachineTable::find(net::Ipv4Address address) const {
  if (address.is_any()) return nullptr;
  const std::uint32_t at = slot_of(address);
  return at == kNoSlot ? nullptr : &slots_[at].machine;
}

void MachineTable::upsert(const Machine& machine) {
  std::uint32_t at = slot_of(machine.mac);
  if (at == kNoSlot) {
    at = room();
    slots_[at].machine = Machine{};
    slots_[at].machine.mac = machine.mac;
    by_mac_.insert(net::hash(machine.mac, seed_), at);
  } else {
    take_out(at);
  }
  put_newest(at);
  if (!machine.address.is_any()) {
    const std::uint32_t holder = slot_of(machine.address);
    if (holder != kNoSlot && holder != at) set_address(holder, {});
  }
  set_address(at, machine.address);
  slots_[at].machine = machine;
}

std::uint32_t MachineTable::slot_of(const net::MacAddress& mac) const {
  return by_mac_.find(net::hash(mac, seed_), [&](std::uint32_t at) { return slots_[at].machine.mac == mac; });
}

std::uint32_t MachineTable::slot_of(net::Ipv4Address address) const {
  return by_address_.find(net::hash(net::IpAddress(address), seed_),
                          [&](std::uint32_t at) { return slots_[at].machine.address == address; });
}

// A slot in no list and no index: a fresh one, else the oldest machine's.
std::uint32_t MachineTable::room() {
  if (size_ < slots_.size()) return static_cast<std::uint32_t>(size_++);
  const std::uint32_t at = oldest_;
  take_out(at);
  set_address(at, {});
  by_mac_.erase(net::hash(slots_[at].machine.mac, seed_), at);
  ++evicted_;
  return at;
}

void MachineTable::set_address(std::uint32_t at, net::Ipv4Address address) {
  Machine& machine = slots_[at].machine;
  if (machine.address == address) return;
  if (!machine.address.is_any()) by_address_.erase(net::hash(net::IpAddress(machine.address), seed_), at);
  machine.address = address;
  if (!address.is_any()) by_address_.insert(net::hash(net::IpAddress(address), seed_), at);
}

void MachineTable::put_newest(std::uint32_t at) {
  Slot& slot = slots_[at];
  slot.newer = kNoSlot;
  slot.older = newest_;
  (newest_ == kNoSlot ? oldest_ : slots_[newest_].newer) = at;
  newest_ = at;
}

void MachineTable::take_out(std::uint32_t at) {
  const Slot& slot = slots_[at];
  (slot.newer == kNoSlot ? newest_ : slots_[slot.newer].older) = slot.older;
  (slot.older == kNoSlot ? oldest_ : slots_[slot.older].newer) = slot.newer;
}

}  // namespace rackcast
