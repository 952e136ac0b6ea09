// ACKs, silence and endings: how a transfer goes on after every packet that may come back, or does not.
//
//   ACK n             lock-step (window 1)           window
//   n = acked         duplicate: ignored             the client lacks acked + 1: go back, once
//   acked < n < sent  (cannot be)                    the client lacks n + 1: go back, once
//   n = sent          next block                     next window
//   else              ignored and counted            ignored and counted
//
// "Once": after going back, ACKs below the highest block sent so far may be echoes of the first copy or of the second;
// they move the window on but cause no third copy (resend_floor). What is lost again is found by the timer.
#include <algorithm>

#include "core/engine/tftp/datagram_rules.h"
#include "core/engine/tftp/engine_limits.h"
#include "core/engine/tftp/tftp_engine.h"

namespace rackcast::engine {

using namespace tftpd;

namespace {

// It was answered, and has said nothing since. (While it waits for the disk, the silence is ours.)
bool may_be_forged(const Transfer& transfer) {
  const bool answered = transfer.state == TransferState::kOackSent || transfer.state == TransferState::kSending;
  return answered && !transfer.confirmed && !transfer.awaits_piece;
}

}  // namespace

void TftpEngine::on_ack(const Now& now, TransferIndex index, tftp::BlockNumber number, Sink& sink) {
  Transfer& transfer = table_.at(index);
  switch (transfer.state) {
    case TransferState::kOackSent:
      // RFC 2347: ACK 0 accepts the options. Nothing else has been sent that could be acknowledged.
      if (number.value() != 0) return counters_.add(Counter::kAcksBeyondWindow);
      confirm_over_rival(now, index, sink);
      if (transfer.answers == 1) measure_round_trip(transfer, now.monotonic - transfer.answered_at);
      return may_go_on(now, index, sink) ? start_data(now, index, sink) : void();
    case TransferState::kSending:
      break;
    case TransferState::kWaitingTurn:  // the client repeats its ACK: it is still there
      return set_deadline(index, now.monotonic + kTurnPatience);
    default:
      return counters_.add(Counter::kUnexpectedPackets);
  }
  const std::uint64_t block =
      tftp::from_wire(number, tftp::BlockIndex(transfer.acked), transfer.terms.rollover).value();
  if (block > transfer.highest) return counters_.add(Counter::kAcksBeyondWindow);
  if (block < transfer.acked) return counters_.add(Counter::kAcksStale);
  if (block == transfer.acked) return on_duplicate_ack(now, index, sink);
  on_progress(now, index, block, sink);
}

// The peer goes on with this one: what it asked from the same port before, or after, is over.
void TftpEngine::confirm_over_rival(const Now& now, TransferIndex index, Sink& sink) {
  if (!table_.at(index).confirmed) answers_.prove(now.monotonic, table_.at(index).to.peer.address);
  table_.confirm(index);
  const TransferIndex rival = table_.at(index).rival;
  if (rival != kNoTransfer) finish(now, rival, End::kSuperseded, {}, sink);
}

void TftpEngine::on_progress(const Now& now, TransferIndex index, std::uint64_t block, Sink& sink) {
  Transfer& transfer = table_.at(index);
  confirm_over_rival(now, index, sink);
  const std::uint64_t blocks = block - transfer.acked;
  const std::uint64_t bytes_before = std::min(transfer.acked * transfer.terms.block_size, transfer.size_bytes);
  const std::uint64_t bytes_now = std::min(block * transfer.terms.block_size, transfer.size_bytes);
  counters_.add(Counter::kBytesAcknowledged, bytes_now - bytes_before);
  if (transfer.terms.mode == tftp::Mode::kNetascii)
    skip_translated(sink.pins().image(transfer.image).bytes, transfer.translated_acked,
                    blocks * transfer.terms.block_size);
  // Of blocks that were sent once (Karn's rule), and without a pause between them.
  if (block == transfer.highest && block >= transfer.resend_floor && !transfer.burst.limited() && !caps_.any())
    measure_round_trip(transfer, now.monotonic - transfer.flight_at);
  if (transfer.burst.limited()) arrived(index, block);
  transfer.acked = block;
  transfer.moved_at = now.monotonic;
  transfer.tries = 0;
  // Below the floor it may be an echo, or say that the next block was lost: it causes no copy, so a short timer looks.
  transfer.gap = transfer.terms.window > 1 && block < transfer.resend_floor && block < transfer.highest;
  if (block == transfer.last) return finish(now, index, End::kDone, {}, sink);
  if (transfer.next <= block) {
    transfer.next = block + 1;  // what was about to be resent had arrived after all
    transfer.translated_next = transfer.translated_acked;
  }
  if (!may_go_on(now, index, sink)) return;
  if (bytes_now >= transfer.progress_next) report_progress(now, transfer, sink);
  if (!transfer.awaits_piece) set_deadline(index, now.monotonic + wait_of(transfer));

  if (block + 1 < transfer.next && transfer.terms.window > 1 && block >= transfer.resend_floor)
    return go_back(now, index, sink);
  pump(now, index, sink);
}

// Shows at least that the peer is there: its silence is counted anew. (Who never gets further ends by kStallMax.)
void TftpEngine::on_duplicate_ack(const Now& now, TransferIndex index, Sink& sink) {
  Transfer& transfer = table_.at(index);
  if (transfer.confirmed) transfer.tries = 0;
  const bool nothing_under_way = transfer.next == transfer.acked + 1;
  if (transfer.terms.window == 1 || nothing_under_way || transfer.acked < transfer.resend_floor || !transfer.confirmed)
    return counters_.add(Counter::kAcksDuplicate);
  if (is_echo(now, transfer)) {
    counters_.add(Counter::kAcksDuplicate);
    transfer.gap = true;
    return set_deadline(index, now.monotonic + wait_of(transfer));
  }
  go_back(now, index, sink);
}

void TftpEngine::measure_round_trip(Transfer& transfer, Duration time) {
  if (transfer.round_trip_min == Duration::zero() || time < transfer.round_trip_min) transfer.round_trip_min = time;
}

// It came sooner after the window than any answer can: the client said it before, about a copy that was late. If it was
// not, the short timer finds out.
bool TftpEngine::is_echo(const Now& now, const Transfer& transfer) {
  const Duration soonest = transfer.round_trip_min - transfer.round_trip_min / kRoundTripSlack;
  return now.monotonic - transfer.flight_at < soonest;
}

void TftpEngine::go_back(const Now& now, TransferIndex index, Sink& sink) {
  Transfer& transfer = table_.at(index);
  counters_.add(Counter::kGoBacks);
  lost(transfer);
  transfer.gap = true;
  rewind(transfer);
  pump(now, index, sink);
}

void TftpEngine::rewind(Transfer& transfer) {
  transfer.resend_floor = transfer.highest + 1;
  transfer.next = transfer.acked + 1;
  transfer.translated_next = transfer.translated_acked;
}

void TftpEngine::on_peer_error(const Now& now, TransferIndex index, const tftp::ErrorReport& error, Sink& sink) {
  const Transfer& transfer = table_.at(index);
  // It went on with the answer to another copy of its request.
  if (error.code == tftp::ErrorCode::kUnknownTid && !transfer.confirmed)
    return finish(now, index, End::kSuperseded, {}, sink);
  if (transfer.state == TransferState::kOackSent) {
    if (!transfer.error_strayed) answers_.prove(now.monotonic, transfer.to.peer.address);
    // EDK2 asks for the size and aborts with code 8 (pin/tftp#125), BIOS ROMs with code 0: no failure.
    const bool aborted = error.code == tftp::ErrorCode::kOptionRefused || error.code == tftp::ErrorCode::kUndefined;
    if (!aborted || !transfer.terms.tsize) return finish(now, index, End::kOptionsRefusedByPeer, error.text, sink);
    quirks_.add(Quirk::kSizeProbe);
    return finish(now, index, End::kSizeProbe, error.text, sink);
  }
  finish(now, index, End::kPeerError, error.text, sink);
}

// RFC 1350 section 4: the stray peer is told. Never in answer to an ERROR.
void TftpEngine::on_stray(const ReceivedDatagram& datagram, Sink& sink) {
  if (sockets_.of(datagram.socket) != Role::kTid || !answerable(datagram.peer) || sent_to_a_group(datagram))
    return counters_.add(Counter::kUnexpectedPackets);
  // What is no DATA, at the port of its upload: an ERROR would end it at the sender, and anybody can forge an ACK.
  if (uploads_ != nullptr && uploads_->has(datagram.socket, datagram.peer))
    return counters_.add(Counter::kUnexpectedPackets);
  // A socket bound to one address hears that address on every interface, and does not tell on which.
  const bool may_be_elsewhere = datagram.interface.value() == 0 && !unseen_interfaces_served_;
  if (may_be_elsewhere) return counters_.add(Counter::kStraysUntold);
  counters_.add(info(Refusal::kUnknownTid).counter);
  if (!serving() || !address_allowed(datagram.peer.address, config_->tftp->admission)) return;
  send_error(reply_to(datagram), Refusal::kUnknownTid, sink);
}

// An ACK or an ERROR came at a TID where the peer has no transfer, or had one that it never confirmed. Whoever reads
// our answers knows the TID; while nothing shows that this peer does, this is taken for a guess. (Many forged requests
// would leave ended transfers on most TIDs, so those count as misses too.) After an ERROR the transfer goes on: a
// client whose request came twice sends one to the answer that it does not take. A confirmed transfer is not touched:
// RFC 1350 section 4.
void TftpEngine::on_guess(const Now& now, const net::Endpoint& peer, bool by_error, Sink& sink) {
  const TransferIndex index = table_.running_of(peer);
  if (index == kNoTransfer || table_.at(index).confirmed) return;
  if (!by_error) return finish(now, index, End::kGuessedTid, {}, sink);
  counters_.add(Counter::kErrorsStray);
  table_.at(index).error_strayed = true;
}

// Lazy timers: an ACK only moves `deadline`; the wheel's entry, armed for an earlier time, finds that out once per
// wait.
void TftpEngine::set_deadline(TransferIndex index, MonotonicTime deadline) {
  Transfer& transfer = table_.at(index);
  if (stopping_ && !transfer.awaits_piece) deadline = std::min(deadline, transfer.moved_at + kStopSilenceMax);
  // However long the wait that the client asked for.
  if (may_be_forged(transfer)) deadline = std::min(deadline, transfer.moved_at + kUnconfirmedHold);
  transfer.deadline = deadline;
  if (deadline >= transfer.armed_for) return;
  transfer.armed_for = deadline;
  timers_.arm(index, deadline);
}

Duration TftpEngine::wait_of(const Transfer& transfer) {
  const Duration first = transfer.terms.first_wait();
  if (transfer.gap) return std::min(first, kGapWait);
  return std::min(first * (1U << transfer.tries), std::max(first, kRetransmitWaitMax));
}

void TftpEngine::on_timer(const Now& now, TransferIndex index, Sink& sink) {
  Transfer& transfer = table_.at(index);
  transfer.armed_for = kNever;
  if (now.monotonic < transfer.deadline) return set_deadline(index, transfer.deadline);
  on_silence(now, index, sink);
}

void TftpEngine::on_silence(const Now& now, TransferIndex index, Sink& sink) {
  Transfer& transfer = table_.at(index);
  if (transfer.state == TransferState::kWaitingImage) return fail(now, index, Refusal::kImageLate, sink);
  if (transfer.state == TransferState::kWaitingTurn) return finish(now, index, End::kTurnGivenUp, {}, sink);
  const bool held = now.monotonic - transfer.moved_at >= kUnconfirmedHold;
  if (transfer.state == TransferState::kHeldBack)
    return held ? finish(now, index, End::kHeldBack, {}, sink) : open(now, index, sink);
  if (silent_at_stop(now, transfer)) return end_silent(now, index, sink);
  if (may_be_forged(transfer) && held) return finish(now, index, End::kNeverAnswered, {}, sink);
  if (transfer.awaits_piece) {
    const std::uint64_t offset = (transfer.next - 1) * transfer.terms.block_size;
    return ask_piece(now, index, offset, sink);
  }
  // It waits for a slot or a tick, not for the peer.
  if (transfer.starved || pauses_.armed(index)) return set_deadline(index, now.monotonic + transfer.terms.first_wait());
  if (!transfer.confirmed) return answer_stranger(now, index, sink);
  counters_.add(Counter::kTimeouts);
  if (transfer.tries >= kRetransmitsMax || now.monotonic - transfer.moved_at >= kStallMax)
    return end_silent(now, index, sink);
  // The quick look after a gap is not counted against the peer.
  if (transfer.gap)
    transfer.gap = false;
  else
    ++transfer.tries;
  set_deadline(index, now.monotonic + wait_of(transfer));
  lost(transfer);
  rewind(transfer);
  pump(now, index, sink);
}

// Once more, if it may be; else nothing more is sent, but an ACK that was lost so far may still come.
void TftpEngine::answer_stranger(const Now& now, TransferIndex index, Sink& sink) {
  Transfer& transfer = table_.at(index);
  if (transfer.answers >= kAnswersUnconfirmedMax) return set_deadline(index, transfer.moved_at + kUnconfirmedHold);
  ++transfer.tries;
  if (answers_.take(now.monotonic, transfer.to.peer)) {
    counters_.add(Counter::kTimeouts);
    return answer(now, index, sink);
  }
  counters_.add(Counter::kAnswersWithheld);
  set_deadline(index, now.monotonic + wait_of(transfer));
}

// The peer no longer says anything.
void TftpEngine::end_silent(const Now& now, TransferIndex index, Sink& sink) {
  const Transfer& transfer = table_.at(index);
  const bool only_last = transfer.acked + 1 == transfer.last;
  const End end = only_last ? End::kDoneUnconfirmed : End::kPeerSilent;
  finish(now, index, transfer.confirmed ? end : End::kNeverAnswered, {}, sink);
}

bool TftpEngine::silent_at_stop(const Now& now, const Transfer& transfer) const {
  return stopping_ && !transfer.awaits_piece && now.monotonic - transfer.moved_at >= kStopSilenceMax;
}

// No new transfers. One that waits for its image has sent nothing: its client asks again, perhaps who serves after us.
// Those whose peers are gone end at once or soon; the others in their own time. One pass over the table.
void TftpEngine::begin_stop(const Now& now, Sink& sink) {
  stopping_ = true;
  for (TransferIndex index = 0; index < table_.capacity(); ++index) {
    const Transfer& transfer = table_.at(index);
    if (transfer.state == TransferState::kFree || transfer.state == TransferState::kLingering) continue;
    const bool unanswered =
        transfer.state == TransferState::kWaitingImage || transfer.state == TransferState::kHeldBack;
    if (unanswered || transfer.state == TransferState::kWaitingTurn)
      finish(now, index, End::kStopped, {}, sink);
    else if (silent_at_stop(now, transfer))
      end_silent(now, index, sink);
    else
      set_deadline(index, transfer.deadline);
  }
}

void TftpEngine::finish(const Now& now, TransferIndex index, End end, std::string_view detail, Sink& sink) {
  Transfer& transfer = table_.at(index);
  if (info(end).counter != Counter::kCount_) counters_.add(info(end).counter);
  if (transfer.cache_entry != kNoEntry) cache_.at(transfer.cache_entry).waiters.remove(table_.all(), index);
  transfer.cache_entry = kNoEntry;
  end_turn(now, index, end);
  sink.pins().release(transfer.image);
  sink.pins().release(transfer.piece);
  transfer.image = transfer.piece = kNoPin;
  timers_.cancel(index);
  leave_queues(index);
  transfer.armed_for = kNever;

  const bool done = end == End::kDone || end == End::kDoneUnconfirmed;
  const bool told_anyway = end == End::kNeverAnswered || end == End::kOptionsRefusedByPeer || end == End::kTurnGivenUp;
  if (end != End::kSizeProbe && end != End::kRefused && (transfer.id != 0 || told_anyway))
    report(now, transfer, done ? EventKind::kTransferDone : EventKind::kTransferFailed,
           detail.empty() ? info(end).text : detail, sink);
  // Refused before it began: nothing of it is under way.
  const bool before_start = end == End::kRefused || end == End::kNotAdmitted || end == End::kTurnGivenUp ||
                            end == End::kNotLookedFor || end == End::kHeldBack;
  if (before_start && !transfer.confirmed) return table_.remove(index);
  table_.linger(index, now.monotonic + kLinger);
}

// Ends a transfer by our ERROR.
void TftpEngine::fail(const Now& now, TransferIndex index, Refusal refusal, Sink& sink) {
  const Transfer& transfer = table_.at(index);
  counters_.add(info(refusal).counter);
  send_error(transfer.to, refusal, sink);
  const bool missing = refusal == Refusal::kNotFound;
  const EventKind before_start = missing ? EventKind::kNotFound : EventKind::kRefused;
  report(now, transfer, transfer.id != 0 ? EventKind::kTransferFailed : before_start,
         missing ? info(refusal).text : hint(info(refusal).counter), sink);
  finish(now, index, End::kRefused, {}, sink);
}

}  // namespace rackcast::engine
