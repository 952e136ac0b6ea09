// Turns: who may run a transfer now, and who waits (core/admission).
//
// Policy kXinetd decides when a request comes, for a file that is there: before it the server has done nothing for the
// client. Policy kQueue decides when the client has answered our first answer: until then its address may be forged,
// and whoever forges requests must not take places from machines, nor stand in the queue before them. What is sent to
// such a client is bounded anyway (kAnswersUnconfirmedMax). What needs no place is decided at once all the same: the
// address and the time, since a file of one block is over with its first answer. (Such a file takes no place then, and
// is no connection that cps counts.) Names that do not exist cost nobody a place under either.
//
// Those that wait are served by source, and each source's in order: a source that had its turn, or is held up by itself
// (per_source), goes behind all others and holds up nobody. What holds up the whole service (instances, cps) holds up
// all, newcomers too, in every lane: what comes free is for the source that stands longest where it stands. A source
// has kTurnsPerSourceMax waiting at most, so that none fills the table.
#include <algorithm>

#include "core/engine/tftp/engine_limits.h"
#include "core/engine/tftp/tftp_engine.h"

namespace rackcast::engine {

using namespace tftpd;

// False: the source is kept out, whatever it asks for, and hears nothing (as from xinetd).
bool TftpEngine::source_allowed(const Now& now, const ReceivedDatagram& datagram, std::string_view name, Sink& sink) {
  const AdmissionConfig& limits = config_->tftp->admission;
  const net::IpAddress& source = datagram.peer.address;
  if (address_allowed(source, limits)) return true;
  // Asked all the same: under xinetd's rules such an attempt counts as any other.
  report_not_admitted(now, source, name, admission_.ask(now, source, limits).reason, sink);
  return false;
}

bool TftpEngine::may_begin(const Now& now, TransferIndex index, Sink& sink) {
  if (!config_->tftp || config_->tftp->admission.policy != AdmissionPolicy::kQueue)
    return takes_its_turn(now, index, sink);
  const Transfer& transfer = table_.at(index);
  if (!admission_.refused_by_time(now, transfer.to.peer.address, config_->tftp->admission)) return true;
  report_not_admitted(now, transfer.to.peer.address, transfer.path, AdmissionReason::kTime, sink);
  finish(now, index, End::kNotAdmitted, {}, sink);
  return false;
}

// The peer is there. False: it waits for its turn, or is over.
bool TftpEngine::may_go_on(const Now& now, TransferIndex index, Sink& sink) {
  return table_.at(index).admitted || takes_its_turn(now, index, sink);
}

// True: the transfer runs, and counts as running until finish().
bool TftpEngine::takes_its_turn(const Now& now, TransferIndex index, Sink& sink) {
  Transfer& transfer = table_.at(index);
  if (!config_->tftp) {  // switched off meanwhile
    finish(now, index, End::kStopped, {}, sink);
    return false;
  }
  const net::IpAddress& source = transfer.to.peer.address;
  const bool waited = transfer.state == TransferState::kWaitingTurn;
  const auto place = turns_.waiting.empty() ? turns_.waiting.kNone : turns_.waiting.find(source);
  if (!waited && place != turns_.waiting.kNone) {  // not before its own others
    wait_for_turn(now, index, sink);
    return false;
  }
  const MonotonicTime since = waited ? turns_.waiting.at(place).note : now.monotonic + Duration(1);  // after all others
  const AdmissionVerdict verdict = admission_.ask(now, source, config_->tftp->admission, since);
  switch (verdict.kind) {
    case AdmissionVerdict::Kind::kAdmitted:
      if (waited) turns_.waiting.remove(index);
      transfer.admitted = true;
      return true;
    case AdmissionVerdict::Kind::kRefused:
      report_not_admitted(now, source, transfer.path, verdict.reason, sink);
      finish(now, index, End::kNotAdmitted, {}, sink);
      return false;
    case AdmissionVerdict::Kind::kWait:
      break;
  }
  turns_.look_at = std::min(turns_.look_at, verdict.ask_again_at);
  if (verdict.reason != AdmissionReason::kPerSource) hold_turns(now, verdict.reason, waited ? since : now.monotonic);
  if (!waited) wait_for_turn(now, index, sink);
  return false;
}

void TftpEngine::wait_for_turn(const Now& now, TransferIndex index, Sink& sink) {
  Transfer& transfer = table_.at(index);
  const auto place = turns_.waiting.find(transfer.to.peer.address);
  if (place != turns_.waiting.kNone && turns_.waiting.at(place).count >= kTurnsPerSourceMax)
    return finish(now, index, End::kTurnsTaken, {}, sink);
  counters_.add(Counter::kTurnsWaited);
  leave_queues(index);  // of those that send
  transfer.state = TransferState::kWaitingTurn;
  set_deadline(index, now.monotonic + kTurnPatience);
  auto& source = turns_.waiting.at(turns_.waiting.push(index));
  if (source.count == 1) source.note = now.monotonic;
}

// Who waits since then waits for the whole service. When a place comes free in another lane, nobody tells.
void TftpEngine::hold_turns(const Now& now, AdmissionReason reason, MonotonicTime since) {
  turns_.look_at = std::min(turns_.look_at, now.monotonic + kTurnsLook);
  if (turns_.held) return;
  turns_.held = true;
  admission_.waits(reason, since);
}

// A pass asks each source once, some at a time.
void TftpEngine::give_turns(const Now& now, Sink& sink) {
  turns_.look_at = kNever;
  turns_.held = false;
  admission_.waits_no_longer();
  if (turns_.left == 0) {
    turns_.left = turns_.waiting.sources();
    turns_.moved = false;
  }
  for (std::size_t i = 0; i < kTurnsGivenMax && turns_.left > 0 && !turns_.waiting.empty(); ++i) {
    --turns_.left;
    const auto place = turns_.waiting.turn();
    const TransferIndex index = turns_.waiting.at(place).transfers.front();
    if (takes_its_turn(now, index, sink)) {
      turns_.moved = true;
      go_on(now, index, sink);
    } else if (table_.at(index).state != TransferState::kWaitingTurn) {
      turns_.moved = true;
    } else if (turns_.held) {
      turns_.left = 0;
      return;
    }
    if (turns_.waiting.turn() != place) continue;  // it has no more that wait
    turns_.waiting.at(place).note = now.monotonic;
    turns_.waiting.pass();
  }
  if (turns_.waiting.empty()) turns_.left = 0;
  // The rest of this pass, or another one as long as they lead somewhere; else when a limit may have moved, which each
  // of those that have to wait on has said.
  else if (turns_.left > 0 || turns_.moved)
    turns_.look_at = std::min(turns_.look_at, now.monotonic + kSlotRetry);
}

// Where it was when it had to wait: the OACK was acknowledged, or the first block.
void TftpEngine::go_on(const Now& now, TransferIndex index, Sink& sink) {
  Transfer& transfer = table_.at(index);
  if (transfer.id == 0) return start_data(now, index, sink);
  transfer.state = TransferState::kSending;
  transfer.moved_at = now.monotonic;
  set_deadline(index, now.monotonic + wait_of(transfer));
  pump(now, index, sink);
}

void TftpEngine::end_turn(const Now& now, TransferIndex index, End end) {
  Transfer& transfer = table_.at(index);
  const net::IpAddress& source = transfer.to.peer.address;
  if (transfer.state == TransferState::kWaitingTurn) {
    turns_.waiting.remove(index);
    if (turns_.waiting.empty()) {
      turns_.held = false;
      admission_.waits_no_longer();
    }
  }
  if (!transfer.admitted) return;
  transfer.admitted = false;
  if (end == End::kSizeProbe)
    admission_.undo(now, source);
  else
    admission_.release(now, source);
  if (turns_.waiting.empty()) return;
  if (turns_.held) {
    turns_.look_at = now.monotonic;
  } else if (const auto own = turns_.waiting.find(source); own != turns_.waiting.kNone) {
    turns_.waiting.bring_forward(own);  // for nobody else it makes room
    turns_.left = std::max<std::size_t>(turns_.left, 1);
    turns_.look_at = now.monotonic;
  }
}

void TftpEngine::report_not_admitted(const Now& now, const net::IpAddress& source, std::string_view path,
                                     AdmissionReason reason, Sink& sink) {
  report_deactivation(now, sink);
  Event& event = new_event(now, EventKind::kRefused, source);
  event.path.assign(path);
  event.detail.assign(describe(reason).word);
  event.xinetd = config_->tftp->admission.policy == AdmissionPolicy::kXinetd;
  event.quiet = !config_->tftp->admission.log_on_failure;
  sink.event(event);
}

}  // namespace rackcast::engine
