// Who may not send all that its window allows at once, and who waits for others.
//
//   after loss          a burst, and the rest of the window by ticks of a millisecond (burst_limit.h)
//   no transmit slot    the machines take turns (fair_queue.h)
//   cap in total        the same: no turn is given before what was sent is paid for (rate_bucket.h)
//   cap of a machine    its transfers pause until it is their time (machine_rates.h)
//   cap of a network    the same for all its machines' (rate_caps.h)
//
// Under caps bursts are what the lowest of them carries in a tick, 8 blocks at most, so that no switch port has to hold
// more; and nobody falls below kFloorBytesPerSecond, since firmware and installers give up there: the floor wins. None
// of this costs those who meet neither loss nor a cap nor a full ring more than one branch.
#include <algorithm>

#include "core/engine/tftp/engine_limits.h"
#include "core/engine/tftp/tftp_engine.h"
#include "proto/tftp/encode.h"

namespace rackcast::engine {

using namespace tftpd;

namespace {

std::uint64_t full_burst(const Transfer& transfer) {
  const std::size_t fits = kBurstBytesMax / (std::size_t{transfer.terms.block_size} + tftp::kDataHeaderBytes);
  const std::uint64_t most = std::clamp<std::size_t>(fits, 1, kBurstDatagramsMax);
  return std::min<std::uint64_t>(transfer.terms.window, most);
}

std::uint64_t datagram_bytes(const Transfer& transfer) {
  return std::uint64_t{transfer.terms.block_size} + tftp::kDataHeaderBytes;
}

// At least one block a second, so that no client's own timer runs out; more often when that is below the floor.
MonotonicTime floor_at(const Transfer& transfer) {
  const Duration spacing = std::chrono::nanoseconds(transfer.terms.block_size * 1'000'000'000ULL / kFloorAim);
  return transfer.burst_at + std::min<Duration>(spacing, kFloorSpacingMax);
}

}  // namespace

// What one burst of it is now, in blocks.
std::uint64_t TftpEngine::burst_blocks(const Transfer& transfer) const {
  const std::uint64_t left = window_end(transfer) - std::min(transfer.next, window_end(transfer)) + 1;
  const std::uint64_t burst = std::min(left, transfer.burst.blocks(full_burst(transfer)));
  if (!caps_.any()) return burst;
  const std::uint64_t in_a_tick = caps_.in_span(transfer.to.peer.address, kPaceTick, datagram_bytes(transfer));
  return std::min(burst, std::clamp<std::uint64_t>(in_a_tick, 1, kPacedBurstMax));
}

// Bursts as long as it may send, unless it is pausing; the rest of the window later.
void TftpEngine::pump_paced(const Now& now, TransferIndex index, Sink& sink) {
  Transfer& transfer = table_.at(index);
  if (pauses_.armed(index)) return;
  while (transfer.state == TransferState::kSending && transfer.next <= window_end(transfer)) {
    if (!may_burst(now, index)) return;
    const std::uint64_t before = transfer.next;
    send_until(now, index, std::min(window_end(transfer), before + transfer.granted - 1), sink);
    if (transfer.next == before) return;
    caps_.take(now.monotonic, (transfer.next - before) * datagram_bytes(transfer));
    transfer.granted = 0;
    transfer.burst_at = now.monotonic;
    const bool more = transfer.state == TransferState::kSending && transfer.next <= window_end(transfer);
    if (!more || transfer.starved || transfer.awaits_piece) return;
    if (transfer.burst.limited()) return pause_until(index, now.monotonic + kPauseMin);
    if (feeding_) return queue_up(now, index);
  }
}

// True: Transfer::granted blocks may go. Else it waits for its time, or for its turn.
bool TftpEngine::may_burst(const Now& now, TransferIndex index) {
  Transfer& transfer = table_.at(index);
  if (transfer.granted == 0) {
    transfer.granted = static_cast<std::uint8_t>(burst_blocks(transfer));
    const MonotonicTime at =
        caps_.reserve(now.monotonic, transfer.to.peer.address, transfer.granted * datagram_bytes(transfer));
    if (at > now.monotonic) {
      pause_until(index, std::min(at, floor_at(transfer)));
      return false;
    }
  }
  if (!caps_.total() || feeding_ || (queue_.empty() && caps_.open(now.monotonic))) return true;
  counters_.add(Counter::kTotalRateWaits);
  queue_up(now, index);
  return false;
}

void TftpEngine::pause_until(TransferIndex index, MonotonicTime at) {
  counters_.add(Counter::kPauses);
  pauses_.arm(index, at);
}

// Who still waits for its turn when its pause ends has come down to the floor.
void TftpEngine::end_pauses(const Now& now, Sink& sink) {
  pauses_.advance(now.monotonic, [&](std::uint32_t index) {
    const bool floor = table_.at(index).starved;
    if (floor) {
      counters_.add(Counter::kFloorBursts);
      queue_.remove(index);
    }
    feeding_ = floor;
    pump(now, index, sink);
    feeding_ = false;
  });
}

void TftpEngine::starve(const Now& now, TransferIndex index) {
  counters_.add(Counter::kSlotsExhausted);
  queue_up(now, index);
}

void TftpEngine::queue_up(const Now& now, TransferIndex index) {
  const Transfer& transfer = table_.at(index);
  if (starved_retry_at_ == kNever) starved_retry_at_ = now.monotonic + kSlotRetry;
  if (transfer.starved) return;
  queue_.push(index);
  if (caps_.total() && transfer.state == TransferState::kSending) pauses_.arm(index, floor_at(transfer));
}

void TftpEngine::leave_queues(TransferIndex index) {
  pauses_.cancel(index);
  if (table_.at(index).starved) queue_.remove(index);
}

// One burst for each turn, until one finds no slot or the total is owed.
void TftpEngine::feed_starved(const Now& now, Sink& sink) {
  starved_retry_at_ = kNever;
  feeding_ = true;
  while (caps_.open(now.monotonic)) {
    std::uint64_t bytes = 0;
    const TransferIndex index = queue_.serve([&](TransferIndex first) {
      const Transfer& transfer = table_.at(first);
      bytes = transfer.state == TransferState::kSending ? burst_blocks(transfer) * datagram_bytes(transfer) : 0;
      return bytes;
    });
    if (index == kNoTransfer) break;
    pauses_.cancel(index);
    const Transfer& transfer = table_.at(index);
    const std::uint64_t next_before = transfer.next;
    if (transfer.state == TransferState::kOackSent)
      answer(now, index, sink);
    else if (transfer.state == TransferState::kSending)
      pump_paced(now, index, sink);
    const bool sent = !transfer.starved || transfer.next != next_before;
    queue_.served(index, sent ? bytes : 0);
    if (!sent) break;
  }
  feeding_ = false;
  if (!queue_.empty()) starved_retry_at_ = now.monotonic + kSlotRetry;
}

void TftpEngine::lost(Transfer& transfer) {
  if (transfer.burst.on_loss(full_burst(transfer))) counters_.add(Counter::kBurstsHalved);
}

// Called before `acked` moves up to `block`.
void TftpEngine::arrived(TransferIndex index, std::uint64_t block) {
  Transfer& transfer = table_.at(index);
  // Nothing that it waited for to be drained is under way any more.
  if (!caps_.any() && transfer.next <= block + 1) pauses_.cancel(index);
  if (block < transfer.resend_floor) return;
  const std::uint64_t blocks = block - transfer.acked;
  if (transfer.burst.on_clean(blocks, transfer.terms.window)) counters_.add(Counter::kBurstsRestored);
}

}  // namespace rackcast::engine
