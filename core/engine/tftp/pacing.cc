// Pauses: who may not send all that its window allows at once sends a burst, and the rest of the window by ticks of a
// millisecond. A peer gets here by reporting loss (burst_limit.h). All others never see this file.
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

}  // namespace

// One burst, unless it is pausing; the rest of the window later.
void TftpEngine::pump_paced(const Now& now, TransferIndex index, Sink& sink) {
  Transfer& transfer = table_.at(index);
  const std::uint64_t end = window_end(transfer);
  if (pauses_.armed(index) || transfer.next > end) return;
  const std::uint64_t burst = transfer.burst.blocks(full_burst(transfer));
  send_until(now, index, std::min(end, transfer.next + burst - 1), sink);
  if (transfer.state == TransferState::kSending && transfer.next <= end && !transfer.starved && !transfer.awaits_piece)
    pause_until(index, now.monotonic + kPauseMin);
}

void TftpEngine::pause_until(TransferIndex index, MonotonicTime at) {
  counters_.add(Counter::kPauses);
  pauses_.arm(index, at);
}

void TftpEngine::end_pauses(const Now& now, Sink& sink) {
  pauses_.advance(now.monotonic, [&](std::uint32_t index) { pump(now, index, sink); });
}

void TftpEngine::lost(Transfer& transfer) {
  if (transfer.burst.on_loss(full_burst(transfer))) counters_.add(Counter::kBurstsHalved);
}

// Called before `acked` moves up to `block`.
void TftpEngine::arrived(TransferIndex index, std::uint64_t block) {
  Transfer& transfer = table_.at(index);
  // Nothing that it waited for to be drained is under way any more.
  if (transfer.next <= block + 1) pauses_.cancel(index);
  if (block < transfer.resend_floor) return;
  const std::uint64_t blocks = block - transfer.acked;
  if (transfer.burst.on_clean(blocks, transfer.terms.window)) counters_.add(Counter::kBurstsRestored);
}

}  // namespace rackcast::engine
