#include "core/engine/dhcp/class_limits.h"

#include <array>

namespace rackcast::engine {
namespace {

// Bills that have run out, taken off in one go; the rest goes with the next message.
constexpr std::size_t kStaleMax = 64;
// Places looked at for one that is free, before the oldest has to go.
constexpr int kLooksMax = 8;

}  // namespace

void ClassLimits::remove(std::uint32_t at) {
  by_account_.erase(bills_[at].account, at);
  bills_[at].used = false;
}

bool ClassLimits::bill(std::uint64_t account, std::uint32_t limit, const LeaseClient& client, net::Ipv4Address address,
                       const LeaseTable& leases) {
  std::array<std::uint32_t, kStaleMax> stale{};
  std::size_t stale_count = 0;
  std::uint32_t others = 0;
  std::uint32_t own = kNoSlot;
  (void)by_account_.find(account, [&](std::uint32_t at) {
    const Bill& bill = bills_[at];
    if (bill.account != account) return false;
    if (bill.client.key == client.key && bill.address == address)
      own = at;
    else if (leases.availability(bill.address, bill.client) == Availability::kOwn)
      ++others;
    else if (stale_count < kStaleMax)
      stale[stale_count++] = at;
    return false;
  });
  for (std::size_t i = 0; i < stale_count; ++i) remove(stale[i]);
  if (others >= limit) return false;
  if (own != kNoSlot) return true;
  for (int i = 0; i < kLooksMax && bills_[next_].used; ++i)
    next_ = (next_ + 1) % static_cast<std::uint32_t>(bills_.size());
  const std::uint32_t at = next_;
  next_ = (next_ + 1) % static_cast<std::uint32_t>(bills_.size());
  if (bills_[at].used) {
    ++forgotten_;
    remove(at);
  }
  bills_[at] = {account, {}, address, true};
  bills_[at].client.key = client.key;
  by_account_.insert(account, at);
  return true;
}

}  // namespace rackcast::engine
