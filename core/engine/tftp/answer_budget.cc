#include "core/engine/tftp/answer_budget.h"

#include <algorithm>

#include "core/engine/tftp/engine_limits.h"

namespace rackcast::engine::tftpd {
namespace {

std::uint64_t hash_of(const net::Endpoint& peer, std::uint64_t seed) {
  return hash(peer.address, seed + peer.port.value());
}

}  // namespace

AnswerBudget::AnswerBudget(std::size_t addresses_max, std::uint64_t seed)
    : seed_(seed),
      addresses_(std::max<std::size_t>(addresses_max, 1)),
      index_(addresses_.size()),
      ends_(addresses_.size()) {}

bool AnswerBudget::has_left(MonotonicTime now, const net::Endpoint& peer) const {
  if (known(now, peer.address)) return true;
  const std::uint32_t slot = find(peer);
  return slot == kNoSlot || addresses_[slot].until <= now || addresses_[slot].answers < kAnswersUnconfirmedMax;
}

bool AnswerBudget::take(MonotonicTime now, const net::Endpoint& peer) {
  if (known(now, peer.address)) return true;
  std::uint32_t slot = find(peer);
  if (slot == kNoSlot) slot = claim(peer);
  Address& entry = addresses_[slot];
  if (entry.until <= now) {
    entry.answers = 0;
    entry.until = now + kUnconfirmedHold;
    ends_.set(slot, entry.until);
  }
  if (entry.answers >= kAnswersUnconfirmedMax) return false;
  ++entry.answers;
  return true;
}

bool AnswerBudget::known(MonotonicTime now, const net::IpAddress& address) const {
  const std::uint32_t slot = find({address, net::UdpPort(0)});
  return slot != kNoSlot && addresses_[slot].known && now < addresses_[slot].until;
}

void AnswerBudget::prove(MonotonicTime now, const net::IpAddress& address) {
  const net::Endpoint all{address, net::UdpPort(0)};
  std::uint32_t slot = find(all);
  if (slot == kNoSlot) slot = claim(all);
  addresses_[slot].known = true;
  addresses_[slot].until = now + kKnownFor;
  ends_.set(slot, addresses_[slot].until);
}

std::uint32_t AnswerBudget::find(const net::Endpoint& peer) const {
  return index_.find(hash_of(peer, seed_), [&](std::uint32_t slot) { return addresses_[slot].peer == peer; });
}

std::uint32_t AnswerBudget::claim(const net::Endpoint& peer) {
  std::uint32_t slot = used_;
  if (used_ < addresses_.size()) {
    ++used_;
  } else {
    slot = ends_.top();
    index_.erase(addresses_[slot].hash, slot);
  }
  addresses_[slot] = Address{.peer = peer, .hash = hash_of(peer, seed_)};
  index_.insert(addresses_[slot].hash, slot);
  ends_.set(slot, addresses_[slot].until);
  return slot;
}

}  // namespace rackcast::engine::tftpd
