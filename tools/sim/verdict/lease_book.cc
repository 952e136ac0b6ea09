#include "tools/sim/verdict/lease_book.h"

#include <utility>

namespace rackcast::sim {
namespace {

constexpr std::uint32_t kInfiniteSeconds = 0xFFFF'FFFF;  // RFC 2131 section 3.3

}  // namespace

std::optional<LeaseBook::Holder> LeaseBook::give(Instant now, MachineId machine, const LeaseReceived& lease) {
  Lease& own = leases_[machine.value()];
  const bool again = own.address == lease.address && own.until > now;
  turns_.renewed += again ? 1U : 0U;
  if (own.address != lease.address) take_back(machine);
  own = {lease.address, lease.seconds == kInfiniteSeconds ? kNever : lease.since + std::chrono::seconds(lease.seconds)};
  const auto [entry, fresh] = holders_.try_emplace(lease.address.value(), Holder{machine, own.until});
  if (fresh) return std::nullopt;
  const Holder before = std::exchange(entry->second, {machine, own.until});
  if (again || before.machine == machine) return std::nullopt;
  if (before.until > now) return before;
  ++turns_.reused;
  return std::nullopt;
}

void LeaseBook::take_back(MachineId machine) {
  Lease& own = leases_[machine.value()];
  const auto holder = holders_.find(own.address.value());
  if (holder != holders_.end() && holder->second.machine == machine) holders_.erase(holder);
  own = {};
}

}  // namespace rackcast::sim
