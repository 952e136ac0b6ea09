// Uploads: requests, answers, timers, endings. What comes is in upload_receiving.cc.
#include "core/engine/tftp/uploads.h"

#include <algorithm>
#include <utility>

#include "core/engine/tftp/engine_limits.h"
#include "proto/tftp/encode.h"

namespace rackcast::engine::tftpd {

Terms upload_terms(const tftp::Request& request, TermLimits limits) {
  limits.block_size_max = std::min(limits.block_size_max, kUploadBlockMax);
  Terms terms = negotiate(request, limits);
  terms.window = static_cast<std::uint16_t>(
      std::clamp<std::size_t>(kUploadWindowBytesMax / terms.block_size, 1, std::max<std::uint16_t>(terms.window, 1)));
  return terms;
}

Uploads::Uploads(Setup setup)
    : all_(std::clamp<std::size_t>(setup.uploads_max, 1, std::size_t{1} << kTicketPlaceBits)),
      timers_(static_cast<std::uint32_t>(all_.size()), kUploadTimerTick),
      pace_(std::move(setup.pace)),
      counters_(*setup.counters),
      admission_(*setup.admission),
      answers_(*setup.answers),
      transfer_ids_(*setup.transfer_ids) {
  for (Upload& upload : all_) upload.buffer = std::make_shared<UploadBuffer>();
}

std::size_t Uploads::running() const {
  return static_cast<std::size_t>(std::count_if(all_.begin(), all_.end(), [](const Upload& upload) {
    return upload.state != UploadState::kFree && upload.state != UploadState::kDallying;
  }));
}

UploadIndex Uploads::find(SocketId socket, const net::Endpoint& peer) const {
  for (UploadIndex index = 0; index < all_.size(); ++index) {
    const Upload& upload = all_[index];
    if (upload.state != UploadState::kFree && upload.state != UploadState::kDraining && upload.to.socket == socket &&
        upload.to.peer == peer)
      return index;
  }
  return kNoUpload;
}

UploadIndex Uploads::unconfirmed_of(const net::Endpoint& peer) const {
  for (UploadIndex index = 0; index < all_.size(); ++index)
    if (all_[index].state == UploadState::kReceiving && !all_[index].confirmed && all_[index].to.peer == peer)
      return index;
  return kNoUpload;
}

UploadIndex Uploads::oldest(UploadState state, bool confirmed) const {
  UploadIndex found = kNoUpload;
  for (UploadIndex index = 0; index < all_.size(); ++index) {
    const Upload& upload = all_[index];
    if (upload.state != state || upload.confirmed != confirmed) continue;
    if (found == kNoUpload || upload.moved_at < all_[found].moved_at) found = index;
  }
  return found;
}

bool Uploads::answered_as_duplicate(const Now& now, const Ask& ask, Sink& sink) {
  for (UploadIndex index = 0; index < all_.size(); ++index) {
    Upload& upload = all_[index];
    if (upload.to.peer != ask.peer || upload.state == UploadState::kFree || upload.state == UploadState::kDallying ||
        upload.state == UploadState::kDraining)
      continue;
    if (upload.confirmed) {
      // All of it came: only the disk is slow, and what was sent once is not to lie there twice.
      const bool storing = upload.last && upload.state != UploadState::kReceiving;
      if (storing || now.monotonic - upload.moved_at < kUploadSupersede) return true;
    } else if (upload.name == ask.name && upload.terms == ask.terms) {
      if (may_repeat(now, upload)) answer(now, index, sink);
      return true;
    }
    end(now, index, Counter::kUploadSuperseded, sink);
    return false;
  }
  return false;
}

// As TftpEngine::may_repeat(), for an upload whose first data has not come.
bool Uploads::may_repeat(const Now& now, const Upload& upload) {
  if (now.monotonic - upload.answered_at < kRepeatSpacing) return false;
  const bool over = now.monotonic - upload.moved_at >= kUnconfirmedHold;
  if (!over && answers_.take_again(now.monotonic, upload.to.peer, upload.answers)) return true;
  counters_.add(Counter::kAnswersWithheld);
  return false;
}

bool Uploads::may_have_another(const net::IpAddress& source) const {
  const auto count = std::count_if(all_.begin(), all_.end(), [&](const Upload& upload) {
    return upload.state != UploadState::kFree && upload.state != UploadState::kDallying &&
           upload.to.peer.address == source;
  });
  return static_cast<std::size_t>(count) < kUploadsPerSourceMax;
}

// Ended ones first, then the oldest that never sent data: under a flood of forged requests those are the forged ones.
bool Uploads::make_room(const Now& now, Sink& sink) {
  const auto is_free = [](const Upload& upload) { return upload.state == UploadState::kFree; };
  if (std::any_of(all_.begin(), all_.end(), is_free)) return true;
  if (const UploadIndex ended = oldest(UploadState::kDallying, true); ended != kNoUpload) {
    free(ended);
    return true;
  }
  if (const UploadIndex idle = oldest(UploadState::kReceiving, false); idle != kNoUpload) {
    end(now, idle, Counter::kUploadsEvicted, sink);
    return true;
  }
  const UploadIndex silent = oldest(UploadState::kReceiving, true);
  if (silent == kNoUpload || now.monotonic - all_[silent].moved_at < kUploadGivesWay) return false;
  end(now, silent, Counter::kUploadGaveWay, sink);
  return all_[silent].state == UploadState::kFree;  // else once the store knows
}

void Uploads::start(const Now& now, const Ask& ask, const Destination& to, Sink& sink) {
  // A client that uses its port anew has its last ACK.
  if (const UploadIndex ended = find(to.socket, to.peer); ended != kNoUpload) free(ended);
  const auto place =
      std::find_if(all_.begin(), all_.end(), [](const Upload& upload) { return upload.state == UploadState::kFree; });
  const auto index = static_cast<UploadIndex>(place - all_.begin());
  place->state = UploadState::kReceiving;
  place->admitted = ask.admitted;
  place->to = to;
  place->terms = ask.terms;
  place->name = ask.name;
  place->expected_bytes = ask.expected_bytes;
  place->moved_at = now.monotonic;
  answer(now, index, sink);
}

// What the peer is to go on from: the OACK, or the ACK of what came last. Without a slot the timer tries again.
void Uploads::answer(const Now& now, UploadIndex index, Sink& sink) {
  Upload& upload = all_[index];
  upload.in_window = 0;
  upload.answered_at = now.monotonic;
  if (!upload.confirmed) ++upload.answers;
  set_deadline(index, upload.state == UploadState::kDallying ? upload.deadline : now.monotonic + wait_of(upload));
  TxSlot* const slot = sink.reserve();
  if (slot == nullptr) return counters_.add(Counter::kAnswersDropped);
  slot->destination = upload.to;
  const auto number = tftp::to_wire(tftp::BlockIndex(upload.block), upload.terms.rollover);
  const auto packet = upload.block == 0 && upload.terms.any()
                          ? tftp::encode_oack(slot->header_room(), granted(upload.terms, upload.expected_bytes))
                          : tftp::encode_ack(slot->header_room(), number);
  slot->add(packet.size());
  sink.commit(slot);
}

void Uploads::on_deadline(const Now& now, Sink& sink) {
  if (timers_.next_deadline() <= now.monotonic)
    timers_.advance(now.monotonic, [&](std::uint32_t index) { on_timer(now, index, sink); });
}

void Uploads::set_deadline(UploadIndex index, MonotonicTime deadline) {
  Upload& upload = all_[index];
  if (stopping_ && upload.state == UploadState::kReceiving)
    deadline = std::min(deadline, upload.moved_at + kStopSilenceMax);
  if (!upload.confirmed) deadline = std::min(deadline, upload.moved_at + kUnconfirmedHold);
  upload.deadline = deadline;
  if (deadline >= upload.armed_for) return;
  upload.armed_for = deadline;
  timers_.arm(index, deadline);
}

Duration Uploads::wait_of(const Upload& upload) {
  const Duration first = upload.terms.first_wait();
  return std::min(first * (1U << upload.tries), std::max(first, kRetransmitWaitMax));
}

void Uploads::on_timer(const Now& now, UploadIndex index, Sink& sink) {
  Upload& upload = all_[index];
  upload.armed_for = kNever;
  if (now.monotonic < upload.deadline) return set_deadline(index, upload.deadline);
  switch (upload.state) {
    case UploadState::kReceiving:
      return on_silence(now, index, sink);
    case UploadState::kHandingOver:
      return hand_over(now, index, sink);
    case UploadState::kPaced:
      return acknowledge(now, index, sink);
    case UploadState::kDallying:
      return free(index);
    case UploadState::kDraining:
      return drain(now, index, sink);
    case UploadState::kFree:
    case UploadState::kWriting:  // the store answers always
      return;
  }
}

void Uploads::on_silence(const Now& now, UploadIndex index, Sink& sink) {
  Upload& upload = all_[index];
  const bool held = now.monotonic - upload.moved_at >= kUnconfirmedHold;
  if (!upload.confirmed && held) return end(now, index, Counter::kUploadNeverBegun, sink);
  if (!upload.confirmed && upload.answers >= kAnswersUnconfirmedMax)
    return set_deadline(index, upload.moved_at + kUnconfirmedHold);
  const bool too_late = stopping_ && now.monotonic - upload.moved_at >= kStopSilenceMax;
  if (too_late) return end(now, index, Counter::kUploadStopped, sink);
  if (!upload.confirmed && !answers_.take(now.monotonic, upload.to.peer)) {
    counters_.add(Counter::kAnswersWithheld);
    upload.tries = static_cast<std::uint8_t>(std::min<int>(upload.tries + 1, kRetransmitsMax));
    return set_deadline(index, now.monotonic + wait_of(upload));
  }
  if (upload.tries >= kRetransmitsMax) return end(now, index, Counter::kUploadPeerSilent, sink);
  counters_.add(Counter::kUploadTimeouts);
  ++upload.tries;
  ++upload.retransmits;
  upload.gap_told = false;
  answer(now, index, sink);
}

void Uploads::begin_stop(const Now& now, Sink& sink) {
  stopping_ = true;
  for (UploadIndex index = 0; index < all_.size(); ++index)
    if (all_[index].state == UploadState::kReceiving && !all_[index].confirmed)
      end(now, index, Counter::kUploadStopped, sink);
    else if (all_[index].state == UploadState::kReceiving)
      set_deadline(index, all_[index].deadline);
}

bool Uploads::on_peer_error(const Now& now, const ReceivedDatagram& datagram, Sink& sink) {
  const UploadIndex index = find(datagram.socket, datagram.peer);
  if (index == kNoUpload) return false;
  if (all_[index].state == UploadState::kDallying)
    free(index);
  else
    end(now, index, Counter::kUploadPeerError, sink);
  return true;
}

void Uploads::fail(const Now& now, UploadIndex index, Refusal refusal, Sink& sink) {
  if (TxSlot* const slot = sink.reserve(); slot != nullptr) {
    slot->destination = all_[index].to;
    slot->add(tftp::encode_error(slot->header_room(), info(refusal).code, info(refusal).text).size());
    sink.commit(slot);
  } else {
    counters_.add(Counter::kAnswersDropped);
  }
  end(now, index, info(refusal).counter, sink);
}

void Uploads::end(const Now& now, UploadIndex index, Counter why, Sink& sink) {
  Upload& upload = all_[index];
  counters_.add(why);
  leave_admission(now, upload);
  // Requests alone may be forged: a flood of them is counted, and told only when nothing came for a while.
  if (upload.confirmed || why == Counter::kUploadNeverBegun)
    report(now, upload, EventKind::kTransferFailed, hint(why), sink);
  upload.abandon_due = upload.in_store;
  upload.state = UploadState::kDraining;
  drain(now, index, sink);
}

// The place is free once the store was told and gave the buffer back.
void Uploads::drain(const Now& now, UploadIndex index, Sink& sink) {
  Upload& upload = all_[index];
  if (upload.abandon_due && sink.submit(AbandonUpload{ticket_of(index)})) upload.abandon_due = false;
  if (upload.abandon_due)
    set_deadline(index, now.monotonic + kUploadStoreRetry);
  else if (upload.buffer != nullptr)
    free(index);
}

void Uploads::free(UploadIndex index) {
  timers_.cancel(index);
  Upload& upload = all_[index];
  Upload fresh;
  fresh.serial = upload.serial + 1;
  fresh.buffer = std::move(upload.buffer);
  fresh.buffer->size = 0;
  upload = std::move(fresh);
}

void Uploads::leave_admission(const Now& now, Upload& upload) {
  if (upload.admitted) admission_.release(now, upload.to.peer.address);
  upload.admitted = false;
}

void Uploads::report(const Now& now, const Upload& upload, EventKind kind, std::string_view detail, Sink& sink) {
  event_.kind = kind;
  event_.protocol = Protocol::kTftp;
  event_.upload = true;
  event_.at = now.wall;
  event_.address = upload.to.peer.address;
  event_.transfer = upload.id;
  event_.bytes_done = upload.bytes;
  event_.bytes_total = upload.expected_bytes;
  event_.retransmits = upload.retransmits;
  event_.path.assign(upload.name);
  event_.detail.assign(detail);
  sink.event(event_);
}

}  // namespace rackcast::engine::tftpd
