#include "core/engine/tftp/answer_budget.h"

#include <algorithm>

#include "core/engine/tftp/engine_limits.h"

namespace rackcast::engine::tftpd {

AnswerBudget::AnswerBudget(std::size_t addresses_max, std::uint64_t seed)
    : seed_(seed),
      addresses_(std::max<std::size_t>(addresses_max, 1)),
      index_(addresses_.size()),
      ends_(addresses_.size()) {}

bool AnswerBudget::has_left(MonotonicTime now, const net::IpAddress& address) const {
  const std::uint32_t slot = find(address);
  if (slot == kNoSlot || addresses_[slot].until <= now) return true;
  return addresses_[slot].known || addresses_[slot].answers < kAnswersUnconfirmedMax;
}

bool AnswerBudget::take(MonotonicTime now, const net::IpAddress& address) {
  std::uint32_t slot = find(address);
  if (slot == kNoSlot) slot = claim(address);
  Address& entry = addresses_[slot];
  if (entry.until <= now) {
    entry.known = false;
    entry.answers = 0;
    entry.until = now + kUnconfirmedHold;
    ends_.set(slot, entry.until);
  }
  if (entry.known) return true;
  if (entry.answers >= kAnswersUnconfirmedMax) return false;
  ++entry.answers;
  return true;
}

bool AnswerBudget::known(MonotonicTime now, const net::IpAddress& address) const {
  const std::uint32_t slot = find(address);
  return slot != kNoSlot && addresses_[slot].known && now < addresses_[slot].until;
}

void AnswerBudget::prove(MonotonicTime now, const net::IpAddress& address) {
  std::uint32_t slot = find(address);
  if (slot == kNoSlot) slot = claim(address);
  addresses_[slot].known = true;
  addresses_[slot].until = now + kKnownFor;
  ends_.set(slot, addresses_[slot].until);
}

std::uint32_t AnswerBudget::find(const net::IpAddress& address) const {
  return index_.find(hash(address, seed_), [&](std::uint32_t slot) { return addresses_[slot].address == address; });
}

std::uint32_t AnswerBudget::claim(const net::IpAddress& address) {
  std::uint32_t slot = used_;
  if (used_ < addresses_.size()) {
    ++used_;
  } else {
    slot = ends_.top();
    index_.erase(addresses_[slot].hash, slot);
  }
  addresses_[slot] = Address{.address = address, .hash = hash(address, seed_)};
  index_.insert(addresses_[slot].hash, slot);
  ends_.set(slot, addresses_[slot].until);
  return slot;
}

}  // namespace rackcast::engine::tftpd
