// Images: asked of the store, kept in the path cache, handed to the transfers that wait; pieces of those above the
// budget.
#include <utility>

#include "core/engine/tftp/engine_limits.h"
#include "core/engine/tftp/tftp_engine.h"

namespace rackcast::engine {

using namespace tftpd;

namespace {

std::uint64_t piece_ticket(TransferIndex index, std::uint32_t serial) {
  return index | (std::uint64_t{serial} << kTicketTransferBits);
}

// Pins what came. The reference is moved only once there is a pin: a last one must not die here. What stays in the
// completion, the lane hands back to the store.
PinId take(std::shared_ptr<const Image>& image, PinTable& pins) {
  const PinId pin = pins.acquire(image);
  if (pin != kNoPin) image.reset();
  return pin;
}

}  // namespace

bool TftpEngine::ask_store(const Now& now, CacheIndex index, Sink& sink) {
  CacheEntry& entry = cache_.at(index);
  if (!sink.submit(LoadImage{make_ticket(EngineTag::kTftp, index), cache_.path(index), entry.known})) return false;
  entry.loading = true;
  entry.load_asked_at = now.monotonic;
  return true;
}

// True: an answer is, or was already, on its way.
bool TftpEngine::ask_unless_under_way(const Now& now, CacheIndex index, Sink& sink) {
  CacheEntry& entry = cache_.at(index);
  const bool overdue = entry.loading && now.monotonic - entry.load_asked_at >= kImageAskAgain;
  if (!entry.loading) entry.load_tries = 0;
  return (entry.loading && !overdue) || ask_store(now, index, sink);
}

void TftpEngine::on_image(const Now& now, ImageLoaded& loaded, Sink& sink) {
  const auto index = static_cast<CacheIndex>(ticket_value(loaded.ticket));
  // Not loading, or another path: an answer that came after it had been asked for, and answered, again.
  if (index >= cache_.capacity() || !cache_.at(index).loading || cache_.path(index) != loaded.path) return;
  CacheEntry& entry = cache_.at(index);
  // Something changed while it was resolved, and a client may have asked after the change.
  if (loaded.epoch != epoch_.value() && entry.load_tries < kLoadTriesMax) {
    ++entry.load_tries;
    if (ask_store(now, index, sink)) return;
  }
  entry.loading = false;
  entry.load_tries = 0;
  entry.epoch = loaded.epoch;
  entry.resolved_at = now.monotonic;
  const bool kept = keep(index, loaded, sink);
  if (cache_.images() > 0 && sweep_at_ == kNever) sweep_at_ = now.monotonic + kSweepEvery;

  const PinId image = entry.pin;
  // Whoever looks under another name may take this entry's place in the cache.
  WaiterList waiters = std::exchange(entry.waiters, {});
  for (TransferIndex i = waiters.front(); i != kNoTransfer; i = table_.at(i).waiting.next)
    table_.at(i).cache_entry = kNoEntry;
  while (!waiters.empty()) {
    const TransferIndex waiter = waiters.front();
    waiters.remove(table_.all(), waiter);
    if (image != kNoPin)
      begin(now, waiter, image, sink);
    else
      end_without_image(now, waiter, loaded, kept, sink);
  }
}

void TftpEngine::end_without_image(const Now& now, TransferIndex index, const ImageLoaded& loaded, bool kept,
                                   Sink& sink) {
  if (!kept) return fail(now, index, Refusal::kPinsFull, sink);
  if (loaded.status == ImageStatus::kRefused) return fail(now, index, Refusal::kLinkRefused, sink);
  if (loaded.status != ImageStatus::kNotFound) return fail(now, index, Refusal::kReadFailed, sink);
  switch (look_elsewhere(now, index, sink)) {
    case Elsewhere::kGoesOn:
      return;
    case Elsewhere::kNowhere:
      return fail(now, index, Refusal::kNotFound, sink);
    case Elsewhere::kLinkRefused:
      return fail(now, index, Refusal::kLinkRefused, sink);
    case Elsewhere::kLater:  // in silence: the client repeats, and is told what is true then
      return finish(now, index, End::kNotLookedFor, {}, sink);
  }
}

// Makes the entry say what the store said; false when the lane cannot pin one more image.
bool TftpEngine::keep(CacheIndex index, ImageLoaded& loaded, Sink& sink) {
  CacheEntry& entry = cache_.at(index);
  PinTable& pins = sink.pins();
  if (loaded.status != ImageStatus::kLoaded || loaded.image == nullptr) {
    cache_.forget(index, pins);
    // A failure of the disk says nothing about the file: kUnresolved, so that the next request asks again.
    if (loaded.status == ImageStatus::kNotFound) entry.kind = CacheEntry::Kind::kNotFound;
    if (loaded.status == ImageStatus::kRefused) entry.kind = CacheEntry::Kind::kLinkRefused;
    entry.known = entry.known && loaded.status == ImageStatus::kFailed;
    return true;
  }
  if (entry.pin != kNoPin && &pins.image(entry.pin) == loaded.image.get()) {  // still the same generation
    loaded.image.reset();
    return true;
  }
  PinId pin = take(loaded.image, pins);
  if (pin == kNoPin && cache_.evict_one(pins)) pin = take(loaded.image, pins);
  if (pin == kNoPin) {
    cache_.forget(index, pins);
    return false;
  }
  cache_.hold(index, pin, pins);
  return true;
}

// Not for ever: whether it is never answered, cannot be asked for, or finds the store busy each time.
void TftpEngine::ask_piece(const Now& now, TransferIndex index, std::uint64_t offset, Sink& sink) {
  Transfer& transfer = table_.at(index);
  if (transfer.piece_wanted_at == kNever) transfer.piece_wanted_at = now.monotonic;
  if (now.monotonic - transfer.piece_wanted_at >= kImageWait)
    return fail(now, index, transfer.store_busy ? Refusal::kStoreBusy : Refusal::kImageLate, sink);
  transfer.awaits_piece = true;
  std::shared_ptr<const Image> whole = sink.pins().share(transfer.image);
  const Ticket ticket = make_ticket(EngineTag::kTftp, piece_ticket(index, transfer.serial));
  if (!sink.submit(ReadPiece{ticket, std::move(whole), offset})) {
    counters_.add(Counter::kDroppedLoadQueueFull);
    // Not among those that wait for a transmit slot: those hold up all others, which need no disk.
    return set_deadline(index, now.monotonic + kBusyAskAgain);
  }
  counters_.add(Counter::kPiecesAsked);
  set_deadline(index, now.monotonic + kImageAskAgain);
}

void TftpEngine::on_piece(const Now& now, PieceRead& read, Sink& sink) {
  const std::uint64_t value = ticket_value(read.ticket);
  const auto index = static_cast<TransferIndex>(value & ((1U << kTicketTransferBits) - 1));
  const auto serial = static_cast<std::uint32_t>(value >> kTicketTransferBits);
  if (index >= table_.capacity()) return;
  Transfer& transfer = table_.at(index);
  if (transfer.serial != serial || transfer.state != TransferState::kSending || !transfer.awaits_piece) return;
  if (read.status == PieceStatus::kBusy) return wait_for_room(now, index, sink);
  transfer.awaits_piece = transfer.store_busy = false;
  transfer.piece_wanted_at = kNever;
  if (read.status == PieceStatus::kChanged) return fail(now, index, Refusal::kImageChanged, sink);
  if (read.piece == nullptr) return fail(now, index, Refusal::kReadFailed, sink);
  sink.pins().release(transfer.piece);
  transfer.piece = take(read.piece, sink.pins());
  if (transfer.piece == kNoPin) return fail(now, index, Refusal::kPinsFull, sink);
  if (stopping_ || transfer.answers == 0) transfer.moved_at = now.monotonic;  // it was us who kept the peer waiting
  pump(now, index, sink);
}

// The store holds as many pieces as it may. Lets go of its own, so that transfers that all wait for their next piece do
// not wait for each other, and asks again soon.
void TftpEngine::wait_for_room(const Now& now, TransferIndex index, Sink& sink) {
  Transfer& transfer = table_.at(index);
  counters_.add(Counter::kPiecesBusy);
  transfer.store_busy = true;
  sink.pins().release(std::exchange(transfer.piece, kNoPin));
  set_deadline(index, now.monotonic + kBusyAskAgain);
}

}  // namespace rackcast::engine
