#include "core/engine/dhcp/held_replies.h"

#include <algorithm>

namespace rackcast::engine {

HeldReplies::HeldReplies(std::size_t capacity, std::uint64_t seed)
    : seed_(seed),
      slots_(std::clamp<std::size_t>(capacity, 1, (std::size_t{1} << kSlotBits) - 1)),
      by_key_(slots_.size()),
      due_(slots_.size()) {
  free_.reserve(slots_.size());
  for (std::size_t i = slots_.size(); i > 0; --i) free_.push_back(static_cast<std::uint32_t>(i - 1));
}

HeldReply* HeldReplies::add(const Request& request, const Lease& lease, MonotonicTime due) {
  if (free_.empty()) return nullptr;
  const std::uint32_t at = free_.back();
  free_.pop_back();
  HeldReply& held = slots_[at];
  held.request = request;
  held.lease = lease;
  held.used = true;
  ++held.sequence;  // from 1: ticket value 0 is nobody's
  by_key_.insert(lease.key.hash(seed_), at);
  due_.set(at, due);
  return &held;
}

HeldReply* HeldReplies::find(Ticket ticket) {
  const std::uint64_t value = ticket_value(ticket);
  const std::size_t at = value & ((std::uint64_t{1} << kSlotBits) - 1);
  if (at >= slots_.size() || !slots_[at].used || ticket_of(slots_[at]) != ticket) return nullptr;
  return &slots_[at];
}

HeldReply* HeldReplies::find(const MachineKey& key) {
  const std::uint32_t at =
      by_key_.find(key.hash(seed_), [&](std::uint32_t slot) { return slots_[slot].lease.key == key; });
  return at == kNoSlot ? nullptr : &slots_[at];
}

void HeldReplies::remove(const HeldReply& held) {
  const auto at = static_cast<std::uint32_t>(&held - slots_.data());
  by_key_.erase(held.lease.key.hash(seed_), at);
  due_.erase(at);
  slots_[at].used = false;
  free_.push_back(at);
}

Ticket HeldReplies::ticket_of(const HeldReply& held) const {
  const auto at = static_cast<std::uint64_t>(&held - slots_.data());
  return make_ticket(EngineTag::kDhcp, (held.sequence << kSlotBits) | at);
}

HeldReply* HeldReplies::first_due(MonotonicTime now) {
  return due_.empty() || due_.top_deadline() > now ? nullptr : &slots_[due_.top()];
}

}  // namespace rackcast::engine
