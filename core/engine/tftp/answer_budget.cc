#include "core/engine/tftp/answer_budget.h"

#include <algorithm>

#include "core/engine/tftp/engine_limits.h"

namespace rackcast::engine::tftpd {
namespace {

net::Endpoint all_ports(const net::IpAddress& address) {
  return {address, net::UdpPort(0)};
}

}  // namespace

AnswerBudget::AnswerBudget(std::size_t entries_max, std::uint64_t seed)
    : seed_(seed), entries_(std::max<std::size_t>(entries_max, 1)), index_(entries_.size()), ends_(entries_.size()) {}

bool AnswerBudget::has_left(MonotonicTime now, const net::Endpoint& peer) const {
  const Entry* const address = alive(now, all_ports(peer.address));
  if (address != nullptr && address->known) return true;
  const Entry* const stranger = alive(now, peer);
  if (stranger != nullptr && stranger->answers >= kAnswersUnconfirmedMax) return false;
  if (address == nullptr) return true;
  return stranger == nullptr ? address->answers < kFirstAnswersMax : address->repeated < kRepeatedAnswersMax;
}

bool AnswerBudget::take(MonotonicTime now, const net::Endpoint& peer) {
  if (known(now, peer.address)) return true;
  if (!has_left(now, peer)) return false;
  const bool first = ++counted(now, peer).answers == 1;
  Entry& address = counted(now, all_ports(peer.address));
  ++(first ? address.answers : address.repeated);
  return true;
}

bool AnswerBudget::take_again(MonotonicTime now, const net::Endpoint& peer, unsigned answers) {
  return answers < (known(now, peer.address) ? kAnswersKnownMax : kAnswersUnconfirmedMax) && take(now, peer);
}

bool AnswerBudget::known(MonotonicTime now, const net::IpAddress& address) const {
  const Entry* const entry = alive(now, all_ports(address));
  return entry != nullptr && entry->known;
}

void AnswerBudget::prove(MonotonicTime now, const net::IpAddress& address) {
  const std::uint32_t slot = find_or_claim(all_ports(address));
  entries_[slot].known = true;
  entries_[slot].until = now + kKnownFor;
  ends_.set(slot, entries_[slot].until);
}

const AnswerBudget::Entry* AnswerBudget::alive(MonotonicTime now, const net::Endpoint& peer) const {
  const std::uint32_t slot = find(peer);
  return slot != kNoSlot && now < entries_[slot].until ? &entries_[slot] : nullptr;
}

AnswerBudget::Entry& AnswerBudget::counted(MonotonicTime now, const net::Endpoint& peer) {
  const std::uint32_t slot = find_or_claim(peer);
  Entry& entry = entries_[slot];
  if (entry.until <= now) {
    entry.known = false;
    entry.answers = entry.repeated = 0;
    entry.until = now + kUnconfirmedHold;
    ends_.set(slot, entry.until);
  }
  return entry;
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
