// What goes out: OACK, DATA in bursts, ERROR.
#include <algorithm>

#include "core/engine/tftp/engine_limits.h"
#include "core/engine/tftp/tftp_engine.h"
#include "proto/tftp/encode.h"

namespace rackcast::engine {

using namespace tftpd;

namespace {

// Blocks that may be under way. A peer that stays silent after a whole window was resent is sent ever less: it is gone,
// or its network drops long bursts.
std::uint64_t window_of(const Transfer& transfer) {
  if (!transfer.confirmed) return 1;
  const unsigned halvings = transfer.tries > 1 ? transfer.tries - 1U : 0U;
  return std::max<std::uint64_t>(std::uint64_t{transfer.terms.window} >> halvings, 1);
}

std::size_t body_size(const Transfer& transfer, std::uint64_t block) {
  const std::uint64_t offset = (block - 1) * transfer.terms.block_size;
  return static_cast<std::size_t>(std::min<std::uint64_t>(transfer.terms.block_size, transfer.size_bytes - offset));
}

}  // namespace

void TftpEngine::begin(const Now& now, TransferIndex index, PinId image, Sink& sink) {
  Transfer& transfer = table_.at(index);
  const Image& bytes = sink.pins().image(image);
  sink.pins().add(image);
  table_.image_came(index);
  transfer.image = image;
  transfer.size_bytes = bytes.size_bytes;
  count_name(transfer);
  if (transfer.terms.mode == tftp::Mode::kOctet) {
    transfer.last = bytes.size_bytes / transfer.terms.block_size + 1;
  } else if (!bytes.resident()) {
    return fail(now, index, Refusal::kNetasciiTooLarge, sink);
  }
  if (may_begin(now, index, sink)) open(now, index, sink);
}

void TftpEngine::open(const Now& now, TransferIndex index, Sink& sink) {
  Transfer& transfer = table_.at(index);
  if (!answers_.take(now.monotonic, transfer.to.peer)) return hold_back(now, index);
  transfer.tries = 0;
  transfer.moved_at = now.monotonic;
  if (!transfer.terms.any()) return start_data(now, index, sink);
  transfer.state = TransferState::kOackSent;
  answer(now, index, sink);
}

void TftpEngine::hold_back(const Now& now, TransferIndex index) {
  Transfer& transfer = table_.at(index);
  if (transfer.state != TransferState::kHeldBack) {
    counters_.add(Counter::kAnswersWithheld);
    transfer.state = TransferState::kHeldBack;
    transfer.moved_at = now.monotonic;
    transfer.tries = 0;
  } else if (transfer.tries < kHeldBackDoublingsMax) {
    ++transfer.tries;
  }
  const MonotonicTime look_at = now.monotonic + kHeldBackLook * (1U << transfer.tries);
  set_deadline(index, std::min(look_at, transfer.moved_at + kUnconfirmedHold));
}

void TftpEngine::start_data(const Now& now, TransferIndex index, Sink& sink) {
  Transfer& transfer = table_.at(index);
  transfer.state = TransferState::kSending;
  transfer.tries = 0;
  transfer.id = (std::uint64_t{sink.lane().value()} << 48U) | ++transfer_ids_;
  transfer.moved_at = transfer.progress_at = transfer.burst_at = now.monotonic;
  transfer.progress_next = transfer.size_bytes / kProgressParts;
  counters_.add(Counter::kStarted);
  report(now, transfer, EventKind::kTransferStarted, {}, sink);
  set_deadline(index, now.monotonic + wait_of(transfer));
  pump(now, index, sink);
}

// The first answer, or once more what the peer has not answered: the OACK, or DATA 1.
void TftpEngine::answer(const Now& now, TransferIndex index, Sink& sink) {
  Transfer& transfer = table_.at(index);
  set_deadline(index, now.monotonic + wait_of(transfer));
  if (transfer.state == TransferState::kSending) {
    rewind(transfer);
    return pump(now, index, sink);
  }
  if (!send_oack(index, sink)) return starve(now, index);
  // The ACK of the second copy must not be taken for a report that block 1 is missing.
  if (transfer.answers > 0) transfer.resend_floor = 1;
  ++transfer.answers;
  transfer.answered_at = now.monotonic;
}

bool TftpEngine::send_oack(TransferIndex index, Sink& sink) {
  const Transfer& transfer = table_.at(index);
  TxSlot* const slot = in_turn() ? sink.reserve() : nullptr;
  if (slot == nullptr) return false;
  const auto oack = tftp::encode_oack(slot->header_room(), granted(transfer.terms, transfer.size_bytes));
  slot->destination = transfer.to;
  slot->add(oack.size());
  sink.commit(slot);
  return true;
}

// Sends what the window allows; after loss and under caps, a part of it.
void TftpEngine::pump(const Now& now, TransferIndex index, Sink& sink) {
  const Transfer& transfer = table_.at(index);
  if (caps_.any() || transfer.burst.limited()) return pump_paced(now, index, sink);
  send_until(now, index, window_end(transfer), sink);
}

std::uint64_t TftpEngine::window_end(const Transfer& transfer) {
  return std::min(transfer.acked + window_of(transfer), transfer.last);
}

void TftpEngine::send_until(const Now& now, TransferIndex index, std::uint64_t until, Sink& sink) {
  Transfer& transfer = table_.at(index);
  bool sent = false;
  if (transfer.next == transfer.acked + 1) transfer.flight_at = now.monotonic;
  while (transfer.next <= std::min(until, transfer.last)) {  // `last` may show on the way
    const PinId source = source_of(now, index, transfer.next, sink);
    if (source == kNoPin) break;
    TxSlot* const slot = in_turn() ? sink.reserve() : nullptr;
    if (slot == nullptr) {
      starve(now, index);
      break;
    }
    slot->destination = transfer.to;
    if (transfer.terms.mode == tftp::Mode::kOctet)
      fill_octet(transfer, source, until, *slot, sink);
    else
      fill_netascii(transfer, *slot, sink);
    sink.commit(slot);
    sent = true;
  }
  if (!sent || transfer.state != TransferState::kSending) return;
  if (!transfer.awaits_piece) set_deadline(index, now.monotonic + wait_of(transfer));
  if (transfer.confirmed) return;
  ++transfer.answers;
  transfer.answered_at = now.monotonic;
}

// The pinned bytes that hold `block`; kNoPin while its piece is being read.
PinId TftpEngine::source_of(const Now& now, TransferIndex index, std::uint64_t block, Sink& sink) {
  Transfer& transfer = table_.at(index);
  const PinTable& pins = sink.pins();
  if (pins.image(transfer.image).resident()) return transfer.image;
  const std::size_t size = body_size(transfer, block);
  if (size == 0) return transfer.image;  // the empty final block
  const std::uint64_t offset = (block - 1) * transfer.terms.block_size;
  if (transfer.piece != kNoPin && pins.image(transfer.piece).covers(offset, size)) {
    if (!transfer.awaits_piece) transfer.piece_wanted_at = kNever;  // it could not be asked for, and is not wanted now
    return transfer.piece;
  }
  if (!transfer.awaits_piece) ask_piece(now, index, offset, sink);
  return kNoPin;
}

void TftpEngine::fill_octet(Transfer& transfer, PinId source, std::uint64_t until, TxSlot& slot, Sink& sink) {
  const Image& image = sink.pins().image(source);
  const std::size_t block_size = transfer.terms.block_size;
  const std::size_t count_max =
      std::clamp<std::size_t>(kBurstBytesMax / (block_size + tftp::kDataHeaderBytes), 1, kBurstDatagramsMax);
  slot.pin = source;
  while (slot.count() < count_max && transfer.next <= until) {
    const std::uint64_t offset = (transfer.next - 1) * block_size;
    const std::size_t size = body_size(transfer, transfer.next);
    if (size > 0 && !image.covers(offset, size)) return;  // the rest lies in the next piece
    const auto number = tftp::to_wire(tftp::BlockIndex(transfer.next), transfer.terms.rollover);
    const auto header = tftp::encode_data_header(slot.header_room(), number);
    const auto body = size == 0 ? std::span<const std::byte>{} : image.bytes.subspan(offset - image.offset, size);
    slot.add(header.size(), body);
    count_sent(transfer, transfer.next++);
  }
}

// Translated text is written into the slot, so nothing is borrowed and one block fills it.
void TftpEngine::fill_netascii(Transfer& transfer, TxSlot& slot, Sink& sink) {
  const Image& image = sink.pins().image(transfer.image);
  const auto room = slot.header_room();
  const auto number = tftp::to_wire(tftp::BlockIndex(transfer.next), transfer.terms.rollover);
  const auto header = tftp::encode_data_header(room, number);
  const auto body = room.subspan(header.size(), transfer.terms.block_size);
  const std::size_t size = translate(image.bytes, transfer.translated_next, body);
  slot.add(header.size() + size);
  if (size < body.size()) transfer.last = transfer.next;
  count_sent(transfer, transfer.next++);
}

void TftpEngine::count_sent(Transfer& transfer, std::uint64_t block) {
  counters_.add(Counter::kBlocksSent);
  if (block > transfer.highest) {
    transfer.highest = block;
    return;
  }
  counters_.add(Counter::kBlocksResent);
  ++transfer.retransmits;
}

// Short answers are not queued for a slot: whoever does not get one asks again.
bool TftpEngine::send_error(const Destination& to, Refusal refusal, Sink& sink, std::string_view text) {
  TxSlot* const slot = sink.reserve();
  if (slot == nullptr) {
    counters_.add(Counter::kAnswersDropped);
    return false;
  }
  slot->destination = to;
  slot->add(
      tftp::encode_error(slot->header_room(), info(refusal).code, text.empty() ? info(refusal).text : text).size());
  sink.commit(slot);
  return true;
}

}  // namespace rackcast::engine
