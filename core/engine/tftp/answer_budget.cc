#include "core/engine/tftp/answer_budget.h"

#include <algorithm>

#include "core/engine/tftp/engine_limits.h"

namespace rackcast::engine::tftpd {
AnswerBudget::AnswerBudget(std::size_t entries_max, std::uint64_t seed)
    : seed_(seed), entries_(std::max<std::size_t>(entries_max, 1)), index_(entries_.size()), ends_(entries_.size()) {}

bool AnswerBudget::has_left(MonotonicTime now, const net::Endpoint& peer) const {
  if (known(now, peer.address)) return true;
  const std::uint32_t slot = find(peer);
  return slot == kNoSlot || entries_[slot].until <= now || entries_[slot].answers < kAnswersUnconfirmedMax;
}

bool AnswerBudget::take(MonotonicTime now, const net::Endpoint& peer) {
  if (known(now, peer.address)) return true;
  const std::uint32_t slot = find_or_claim(peer);
  Entry& entry = entries_[slot];
  if (entry.until <= now) {
    entry.answers = 0;
    entry.until = now + kUnconfirmedHold;
    ends_.set(slot, entry.until);
  }
  if (entry.answers >= kAnswersUnconfirmedMax) return false;
  ++entry.answers;
  return true;
}

bool AnswerBudget::take_again(MonotonicTime now, const net::Endpoint& peer, unsigned answers) {
  return answers < (known(now, peer.address) ? kAnswersKnownMax : kAnswersUnconfirmedMax) && take(now, peer);
}

bool AnswerBudget::known(MonotonicTime now, const net::IpAddress& address) const {
  const std::uint32_t slot = find({address, net::UdpPort(0)});
  return slot != kNoSlot && now < entries_[slot].until;
}

void AnswerBudget::prove(MonotonicTime now, const net::IpAddress& address) {
  const std::uint32_t slot = find_or_claim({address, net::UdpPort(0)});
  entries_[slot].until = now + kKnownFor;
  ends_.set(slot, entries_[slot].until);
}

std::uint32_t AnswerBudget::find(const net::Endpoint& peer) const {
  return index_.find(hash(peer, seed_), [&](std::uint32_t slot) { return entries_[slot].peer == peer; });
}

std::uint32_t AnswerBudget::find_or_claim(const net::Endpoint& peer) {
  if (const std::uint32_t there = find(peer); there != kNoSlot) return there;
  std::uint32_t slot = used_;
  if (used_ < entries_.size()) {
    ++used_;
  } else {
    slot = ends_.top();
    index_.erase(entries_[slot].hash, slot);
  }
  entries_[slot] = Entry{.peer = peer, .hash = hash(peer, seed_)};
  index_.insert(entries_[slot].hash, slot);
  ends_.set(slot, entries_[slot].until);
  return slot;
}

}  // namespace rackcast::engine::tftpd
