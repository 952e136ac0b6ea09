// Turns: who may run a transfer now, and who waits (core/admission).
//
// Policy kXinetd decides when a request comes, for a file that is there: before it the server has done nothing for the
// client. Policy kQueue decides when the client has answered our first answer: until then its address may be forged,
// and whoever forges requests must not take places from machines, nor stand in the queue before them. What is sent to
// such a client is bounded anyway (kAnswersUnconfirmedMax). Names that do not exist cost nobody a place under either.
//
// Those that wait are served in order. What holds up one source only (per_source) sends it to the back of the queue and
// holds up nobody else; what holds up the service (instances, cps) holds up all.
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
  if (config_->tftp && config_->tftp->admission.policy == AdmissionPolicy::kQueue) return true;
  return takes_its_turn(now, index, sink);
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
  const bool waited = transfer.state == TransferState::kWaitingTurn;
  const AdmissionVerdict verdict = admission_.ask(now, transfer.to.peer.address, config_->tftp->admission);
  switch (verdict.kind) {
    case AdmissionVerdict::Kind::kAdmitted:
      if (waited) turns_.remove(table_.all(), index);
      transfer.admitted = true;
      return true;
    case AdmissionVerdict::Kind::kRefused:
      report_not_admitted(now, transfer.to.peer.address, transfer.path, verdict.reason, sink);
      finish(now, index, End::kNotAdmitted, {}, sink);
      return false;
    case AdmissionVerdict::Kind::kWait:
      break;
  }
  if (waited) {
    turns_.remove(table_.all(), index);
  } else {
    counters_.add(Counter::kTurnsWaited);
    leave_queues(index);  // of those that send
    transfer.state = TransferState::kWaitingTurn;
    set_deadline(index, now.monotonic + kTurnPatience);
  }
  turns_.push_back(table_.all(), index);
  turns_at_ = std::min(turns_at_, verdict.ask_again_at);
  held_up_by_ = verdict.reason;
  return false;
}

void TftpEngine::give_turns(const Now& now, Sink& sink) {
  turns_at_ = kNever;
  const TransferIndex last = turns_.back();
  bool moved = false;  // somebody started, or is over
  for (std::size_t i = 0; i < kTurnsGivenMax && !turns_.empty(); ++i) {
    const TransferIndex index = turns_.front();
    if (takes_its_turn(now, index, sink)) {
      moved = true;
      go_on(now, index, sink);
    } else if (table_.at(index).state != TransferState::kWaitingTurn) {
      moved = true;
    } else if (turns_.back() == index && held_up_by_ != AdmissionReason::kPerSource) {
      turns_.remove(table_.all(), index);
      turns_.push_front(table_.all(), index);
      return;
    }
    if (index == last) return;
  }
  // More than were looked at: at once when that leads somewhere, else when a limit may have moved, which each of those
  // that have to wait on has said.
  if (!turns_.empty() && (moved || turns_at_ == kNever)) turns_at_ = now.monotonic + kSlotRetry;
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
  if (transfer.state == TransferState::kWaitingTurn) turns_.remove(table_.all(), index);
  if (!transfer.admitted) return;
  transfer.admitted = false;
  if (end == End::kSizeProbe)
    admission_.undo(now, transfer.to.peer.address);
  else
    admission_.release(now, transfer.to.peer.address);
  if (!turns_.empty()) turns_at_ = now.monotonic;
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
