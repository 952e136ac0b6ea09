// What may be promised while the lease store cannot write.
#include <algorithm>

#include "core/engine/dhcp/dhcp_engine.h"

namespace rackcast::engine {
namespace {

// A renewal that cannot be written is answered with what is left, down to this: RFC 2131 §4.4.5 has clients ask again
// after a minute at the earliest.
constexpr std::int64_t kShortenedSecondsMin = 60;
// While the store fails one machine in so long is offered a lease, to see whether it can be written.
constexpr Duration kTrialAgain = std::chrono::seconds(1);

}  // namespace

// The row could not be written. What the disk says of this machine and this address still holds, and no more may be
// promised: the rest of that lease. So a machine keeps running on a full disk until its lease ends, and nobody is told
// anything that a restart would not know. (A lease made longer in memory alone would be free again after a crash while
// its machine uses it.)
bool DhcpEngine::answer_as_it_stands(const Now& now, HeldReply& held, Sink& sink) {
  const auto known = leases_.find(held.lease.address);
  if (!known || known->state != LeaseState::kActive || known->key != held.key || known->bootp || held.lease.bootp ||
      !leases_.is_durable(held.lease.address) || !network_.is_on() || !network_.serves(held.lease.address))
    return false;
  const auto left = std::chrono::duration_cast<std::chrono::seconds>(known->ends - now.wall).count();
  if (left < kShortenedSecondsMin) return false;
  if (known->ends < held.lease.ends && !held.reply.shorten_lease(static_cast<std::uint32_t>(left))) return false;
  ++stats_.acks_shortened;
  leave(now, held.reply, held.asked, sink);
  return true;
}

// May this machine be offered something? While the store fails only what needs no new row, but for a trial now and
// then: an offer that no ACK follows keeps the machine from a server that could serve it.
bool DhcpEngine::may_promise(const Exchange& exchange) {
  if (!store_failing_) return true;
  for (const std::size_t subnet : exchange.link.subnets()) {
    const auto known = leases_.find(exchange.client, network_.link_number(subnet));
    if (known && known->state == LeaseState::kActive && leases_.is_durable(known->address)) return true;
  }
  if (exchange.now.monotonic < next_trial_) return false;
  next_trial_ = exchange.now.monotonic + kTrialAgain;
  return true;
}

}  // namespace rackcast::engine
