#include "core/engine/dhcp/class_limits.h"

#include <algorithm>
#include <array>

#include "core/leases/sha256.h"
#include "core/policy/rules.h"

namespace rackcast::engine {
namespace {

// Bills that have run out, taken off in one go; the rest goes with the next message.
constexpr std::size_t kStaleMax = 64;
// Places looked at for one that is free, before the oldest has to go.
constexpr int kLooksMax = 8;

}  // namespace

ClassLimits::Account ClassLimits::account_of(std::string_view class_name, std::span<const std::byte> value) {
  // The name's digest has one length, so that no name and value can be read as another pair.
  std::array<char, 32 + kRuleValueBytesMax> both{};
  const auto name = sha256(class_name);
  const std::size_t size = std::min(value.size(), kRuleValueBytesMax);
  std::transform(name.begin(), name.end(), both.begin(), [](std::uint8_t octet) { return static_cast<char>(octet); });
  std::transform(value.begin(), value.begin() + static_cast<std::ptrdiff_t>(size), both.begin() + name.size(),
                 [](std::byte octet) { return static_cast<char>(octet); });
  const auto digest = sha256({both.data(), name.size() + size});
  Account account = 0;
  for (std::size_t i = 0; i < sizeof(Account); ++i) account = account << 8U | digest.at(i);
  return std::max<Account>(account, 1);
}

std::uint64_t ClassLimits::hash(Account account) const {
  return net::hash(net::IpAddress(net::Ipv4Address(static_cast<std::uint32_t>(account >> 32U))), seed_ ^ account);
}

void ClassLimits::add(Account account, const MachineKey& key, net::Ipv4Address address) {
  const auto after = [this](std::uint32_t at) { return (at + 1) % static_cast<std::uint32_t>(bills_.size()); };
  for (int i = 0; i < kLooksMax && bills_[next_].used; ++i) next_ = after(next_);
  const std::uint32_t at = next_;
  next_ = after(next_);
  if (bills_[at].used) {
    ++forgotten_;
    remove(at);
  }
  bills_[at] = {account, {}, address, true};
  bills_[at].client.key = key;
  by_account_.insert(hash(account), at);
}

void ClassLimits::remove(std::uint32_t at) {
  by_account_.erase(hash(bills_[at].account), at);
  bills_[at].used = false;
}

bool ClassLimits::bill(Account account, std::uint32_t limit, const LeaseClient& client, net::Ipv4Address address,
                       const LeaseTable& leases) {
  std::array<std::uint32_t, kStaleMax> stale{};
  std::size_t stale_count = 0;
  std::uint32_t others = 0;
  std::uint32_t own = kNoSlot;
  (void)by_account_.find(hash(account), [&](std::uint32_t at) {
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
  if (own == kNoSlot) add(account, client.key, address);
  return true;
}

}  // namespace rackcast::engine
