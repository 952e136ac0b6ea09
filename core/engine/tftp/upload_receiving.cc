// Uploads: DATA in, ACKs out, buffers to the store and back.
#include <algorithm>
#include <cassert>
#include <utility>

#include "core/engine/tftp/engine_limits.h"
#include "core/engine/tftp/netascii.h"
#include "core/engine/tftp/uploads.h"

namespace rackcast::engine::tftpd {
namespace {

// Room for so many bytes more, and for a CR that netascii held back before them.
bool holds(const UploadBuffer& buffer, std::size_t bytes) {
  return buffer.size + bytes + 1 <= kUploadBufferBytes;
}

}  // namespace

bool Uploads::on_data(const Now& now, const ReceivedDatagram& datagram, const tftp::Data& data,
                      const TftpConfig& config, Sink& sink) {
  const UploadIndex index = find(datagram.socket, datagram.peer);
  if (index == kNoUpload) {
    const UploadIndex guessed = unconfirmed_of(datagram.peer);
    if (guessed != kNoUpload) end(now, guessed, Counter::kGuessedTid, sink);
    return false;
  }
  Upload& upload = all_[index];
  const std::uint64_t block =
      tftp::from_wire(data.block, tftp::BlockIndex(upload.block), upload.terms.rollover).value();
  if (upload.state == UploadState::kReceiving && block == upload.block + 1)
    receive(now, index, data.payload, config, sink);
  else
    on_other_block(now, index, block, sink);
  return true;
}

void Uploads::receive(const Now& now, UploadIndex index, std::span<const std::byte> payload, const TftpConfig& tftp,
                      Sink& sink) {
  const UploadConfig& config = tftp.upload;
  Upload& upload = all_[index];
  upload.moved_at = now.monotonic;
  upload.tries = 0;
  upload.gap_told = false;
  if (!upload.confirmed) answers_.prove(now.monotonic, upload.to.peer.address);
  upload.confirmed = true;
  if (!upload.admitted && !takes_its_turn(now, index, tftp.admission, sink)) return;
  if (upload.id == 0) begin(now, index, sink);
  if (payload.size() > upload.terms.block_size) return fail(now, index, Refusal::kUploadBlockTooLong, sink);
  if (upload.bytes + payload.size() > config.bytes_max) return fail(now, index, Refusal::kUploadTooLarge, sink);
  take(upload, payload);
  if (now.monotonic - upload.progress_at >= kProgressEvery) {
    upload.progress_at = now.monotonic;
    report(now, upload, EventKind::kTransferProgress, {}, sink);
  }
  upload.last = payload.size() < upload.terms.block_size;
  // Windows that never end, each broken by a gap or a silence, fill the buffer all the same.
  const bool window_ends = ++upload.in_window >= upload.terms.window || !holds(*upload.buffer, upload.terms.block_size);
  if (upload.last || window_ends) return end_window(now, index, config.rate_mbit, sink);
  set_deadline(index, now.monotonic + wait_of(upload));
}

// False: it has to wait, or is refused and over.
bool Uploads::takes_its_turn(const Now& now, UploadIndex index, const AdmissionConfig& config, Sink& sink) {
  Upload& upload = all_[index];
  upload.waits_since = std::min(upload.waits_since, now.monotonic);
  const AdmissionVerdict verdict = admission_.ask(now, upload.to.peer.address, config, upload.waits_since);
  upload.admitted = verdict.kind == AdmissionVerdict::Kind::kAdmitted;
  if (upload.admitted) return true;
  if (verdict.kind == AdmissionVerdict::Kind::kWait) {
    counters_.add(Counter::kUploadsDelayed);
    upload.gap_told = true;  // what follows in its window is no gap
    set_deadline(index, now.monotonic + wait_of(upload));
    return false;
  }
  event_.quiet = !config.log_on_failure;
  report(now, upload, EventKind::kRefused, describe(verdict.reason).word, sink);
  event_.quiet = false;
  upload.state = UploadState::kDraining;
  drain(now, index, sink);
  return false;
}

void Uploads::begin(const Now& now, UploadIndex index, Sink& sink) {
  Upload& upload = all_[index];
  upload.id = (std::uint64_t{sink.lane().value()} << 48U) | ++transfer_ids_;
  upload.progress_at = now.monotonic;
  counters_.add(Counter::kUploadsStarted);
  report(now, upload, EventKind::kTransferStarted, {}, sink);
}

// The one copy of the bytes.
void Uploads::take(Upload& upload, std::span<const std::byte> payload) {
  UploadBuffer& buffer = *upload.buffer;
  assert(holds(buffer, payload.size()) && "a buffer that is full goes to the store before the next block");
  const std::span<std::byte> room = std::span(buffer.bytes).subspan(buffer.size);
  if (upload.terms.mode == tftp::Mode::kNetascii) {
    buffer.size += translate_back(payload, upload.after_cr, room);
    const bool last = payload.size() < upload.terms.block_size;
    if (last && std::exchange(upload.after_cr, false)) buffer.bytes[buffer.size++] = std::byte{'\r'};
  } else {
    std::copy(payload.begin(), payload.end(), room.begin());
    buffer.size += payload.size();
  }
  ++upload.block;
  upload.bytes += payload.size();
  upload.unpaced += payload.size();
  counters_.add(Counter::kUploadBytes, payload.size());
}

void Uploads::on_other_block(const Now& now, UploadIndex index, std::uint64_t block, Sink& sink) {
  Upload& upload = all_[index];
  const bool waits = upload.state == UploadState::kReceiving;
  if (block == upload.block && block > 0 &&
      (upload.state == UploadState::kDallying || (waits && upload.in_window == 0))) {
    // All of a window came again: our ACK was lost.
    counters_.add(Counter::kUploadBlocksDuplicate);
    ++upload.retransmits;
    return answer(now, index, sink);
  }
  if (waits && upload.confirmed && !upload.gap_told && block > upload.block + 1 &&
      block <= upload.block + upload.terms.window) {
    counters_.add(Counter::kUploadGaps);
    upload.gap_told = true;
    ++upload.retransmits;
    return answer(now, index, sink);
  }
  counters_.add(Counter::kUploadBlocksIgnored);
}

// The buffer has room for one window more, or goes to the store now.
void Uploads::end_window(const Now& now, UploadIndex index, std::uint32_t rate_mbit, Sink& sink) {
  const Upload& upload = all_[index];
  const std::size_t next_window = std::size_t{upload.terms.window} * upload.terms.block_size;
  if (upload.last || !holds(*upload.buffer, next_window)) return hand_over(now, index, sink);
  pace(now, index, rate_mbit, sink);
}

void Uploads::hand_over(const Now& now, UploadIndex index, Sink& sink) {
  Upload& upload = all_[index];
  Work work = WriteUpload{ticket_of(index), upload.name, upload.buffer, !upload.in_store, upload.last};
  if (!sink.submit(work)) {
    counters_.add(Counter::kUploadStoreBusy);
    upload.state = UploadState::kHandingOver;
    return set_deadline(index, now.monotonic + kUploadStoreRetry);
  }
  upload.buffer = nullptr;
  upload.in_store = true;
  upload.state = UploadState::kWriting;
  upload.deadline = kNever;
}

void Uploads::on_written(const Now& now, UploadWritten& written, const UploadConfig& config, Sink& sink) {
  const std::uint64_t value = ticket_value(written.ticket);
  const auto index = static_cast<UploadIndex>(value & ((1U << kTicketPlaceBits) - 1));
  if (index >= all_.size() || ticket_of(index) != written.ticket || all_[index].buffer != nullptr) return;
  Upload& upload = all_[index];
  upload.buffer = std::move(written.buffer);
  upload.buffer->size = 0;
  if (upload.state == UploadState::kDraining) return drain(now, index, sink);
  if (written.status != UploadStatus::kWritten) upload.in_store = false;
  switch (written.status) {
    case UploadStatus::kWritten:
      if (upload.last) return complete(now, index, written.name, sink);
      return pace(now, index, config.rate_mbit, sink);
    case UploadStatus::kFull:
      return fail(now, index, Refusal::kUploadDiskFull, sink);
    case UploadStatus::kNamesTaken:
      return fail(now, index, Refusal::kUploadNamesTaken, sink);
    case UploadStatus::kFailed:
      return fail(now, index, Refusal::kUploadFailed, sink);
  }
}

void Uploads::pace(const Now& now, UploadIndex index, std::uint32_t rate_mbit, Sink& sink) {
  Upload& upload = all_[index];
  const MonotonicTime at = pace_->pass(now.monotonic, std::exchange(upload.unpaced, 0), rate_mbit);
  if (at <= now.monotonic) return acknowledge(now, index, sink);
  counters_.add(Counter::kUploadAcksPaced);
  upload.state = UploadState::kPaced;
  set_deadline(index, at);
}

void Uploads::acknowledge(const Now& now, UploadIndex index, Sink& sink) {
  all_[index].state = UploadState::kReceiving;
  all_[index].moved_at = now.monotonic;
  answer(now, index, sink);
}

// The last ACK, which is repeated as long as the client repeats its last block.
void Uploads::complete(const Now& now, UploadIndex index, const UploadName& name, Sink& sink) {
  Upload& upload = all_[index];
  upload.in_store = false;
  upload.state = UploadState::kDallying;
  upload.name = name;
  counters_.add(Counter::kUploadsDone);
  leave_admission(now, upload);
  report(now, upload, EventKind::kTransferDone, {}, sink);
  upload.deadline = now.monotonic + kUploadDally;
  answer(now, index, sink);
}

}  // namespace rackcast::engine::tftpd
