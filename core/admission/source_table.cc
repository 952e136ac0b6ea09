#include "core/admission/source_table.h"

namespace rackcast {

SourceTable::SourceTable(std::size_t capacity, std::uint64_t seed)
    : seed_(seed), sources_(capacity), index_(capacity), idle_(capacity) {
  free_.reserve(capacity);
}

Source* SourceTable::find(const net::IpAddress& address) {
  const std::uint32_t slot = index_.find(
      hash(address, seed_), [&](std::uint32_t candidate) { return sources_[candidate].address == address; });
  return slot == kNoSlot ? nullptr : &sources_[slot];
}

SourceTable::Added SourceTable::add(const net::IpAddress& address) {
  Added added{nullptr, false, {}};
  std::uint32_t slot = 0;
  if (!free_.empty()) {
    slot = free_.back();
    free_.pop_back();
  } else if (unused_ < sources_.size()) {
    slot = static_cast<std::uint32_t>(unused_++);
  } else {
    slot = idle_.top();
    added.evicted = true;
    added.evicted_idle_since = idle_.top_deadline();
    idle_.erase(slot);
    index_.erase(sources_[slot].hash, slot);
  }
  sources_[slot] = Source{.address = address, .hash = hash(address, seed_)};
  index_.insert(sources_[slot].hash, slot);
  added.source = &sources_[slot];
  return added;
}

void SourceTable::remove(Source& source) {
  const std::uint32_t slot = slot_of(source);
  index_.erase(source.hash, slot);
  free_.push_back(slot);
}

}  // namespace rackcast
