#include "core/engine/dhcp/delayed_replies.h"

namespace rackcast::engine {

DelayedReplies::DelayedReplies(std::size_t capacity) : slots_(capacity), due_(capacity) {
  free_.reserve(capacity);
  for (std::size_t i = capacity; i > 0; --i) free_.push_back(static_cast<std::uint32_t>(i - 1));
}

bool DelayedReplies::add(const ReadyReply& reply, MonotonicTime due) {
  if (free_.empty()) return false;
  const std::uint32_t at = free_.back();
  free_.pop_back();
  slots_[at].assign(reply);
  due_.set(at, due);
  return true;
}

const ReadyReply* DelayedReplies::first_due(MonotonicTime now) const {
  return due_.empty() || due_.top_deadline() > now ? nullptr : &slots_[due_.top()];
}

void DelayedReplies::remove_first() {
  const std::uint32_t at = due_.top();
  due_.erase(at);
  free_.push_back(at);
}

}  // namespace rackcast::engine
