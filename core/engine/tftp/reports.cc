// Events: one record per step worth telling, never one per packet.
#include <algorithm>

#include "core/engine/tftp/engine_limits.h"
#include "core/engine/tftp/tftp_engine.h"

namespace rackcast::engine {

using namespace tftpd;

namespace {

constexpr std::string_view kServiceName = "tftp";

}  // namespace

// The scratch event with the fields TFTP uses reset; the texts keep their size at zero, which is cheaper than clearing.
Event& TftpEngine::new_event(const Now& now, EventKind kind, const net::IpAddress& address) {
  event_.kind = kind;
  event_.protocol = Protocol::kTftp;
  event_.at = now.wall;
  event_.address = address;
  event_.transfer = 0;
  event_.bytes_done = 0;
  event_.bytes_total = 0;
  event_.retransmits = 0;
  event_.upload = false;
  event_.xinetd = false;
  event_.quiet = false;
  event_.path.clear();
  event_.detail.clear();
  return event_;
}

// Of the service: that it began, and that it is over.
void TftpEngine::report_deactivation(const Now& now, Sink& sink) {
  if (deactivation_.ended(now.monotonic)) {
    Event& event = new_event(now, EventKind::kNotice, {});
    event.detail = Deactivation::ended_sentence(kServiceName);
    sink.event(event);
  }
  if (config_->tftp && deactivation_.began(admission_.counters(), config_->tftp->admission, now.monotonic)) {
    Event& event = new_event(now, EventKind::kWarning, {});
    event.detail = deactivation_.began_sentence(kServiceName);
    sink.event(event);
  }
}

void TftpEngine::report(const Now& now, const Transfer& transfer, EventKind kind, std::string_view detail, Sink& sink) {
  Event& event = new_event(now, kind, transfer.to.peer.address);
  event.transfer = transfer.id;
  event.bytes_done = std::min(transfer.acked * transfer.terms.block_size, transfer.size_bytes);
  event.bytes_total = transfer.size_bytes;
  event.retransmits = transfer.retransmits;
  event.path.assign(transfer.path);
  event.detail.assign(detail);
  sink.event(event);
}

void TftpEngine::report_progress(const Now& now, Transfer& transfer, Sink& sink) {
  if (now.monotonic - transfer.progress_at < kProgressEvery) return;
  const std::uint64_t bytes = std::min(transfer.acked * transfer.terms.block_size, transfer.size_bytes);
  transfer.progress_at = now.monotonic;
  transfer.progress_next = bytes + transfer.size_bytes / kProgressParts;
  report(now, transfer, EventKind::kTransferProgress, {}, sink);
}

}  // namespace rackcast::engine
