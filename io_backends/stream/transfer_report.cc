#include "io_backends/stream/transfer_report.h"

namespace rackcast::io {

namespace {

Event make_event(EventKind kind, Protocol protocol, const net::IpAddress& peer) {
  Event event;
  event.kind = kind;
  event.protocol = protocol;
  event.address = peer;
  event.at = std::chrono::system_clock::now();
  return event;
}

}  // namespace

TransferReport::TransferReport(Worker& worker, Protocol protocol, const net::IpAddress& peer, const PathText& path,
                               std::uint64_t bytes_total)
    : worker_(worker),
      event_(make_event(EventKind::kTransferStarted, protocol, peer)),
      next_progress_(SteadyClock::now() + worker.limits().progress_interval) {
  event_.transfer = worker.next_transfer();
  event_.path = path;
  event_.bytes_total = bytes_total;
  worker_.counters().transfers_started.add();
  worker_.events().emit(event_);
}

void TransferReport::progress(std::uint64_t bytes) {
  event_.bytes_done += bytes;
  const SteadyTime now = SteadyClock::now();
  if (now < next_progress_ || event_.bytes_done == event_.bytes_total) return;
  next_progress_ = now + worker_.limits().progress_interval;
  event_.kind = EventKind::kTransferProgress;
  event_.at = std::chrono::system_clock::now();
  worker_.events().emit(event_);
}

void TransferReport::end(BodyOutcome outcome) {
  StreamCounters& counters = worker_.counters();
  if (outcome == BodyOutcome::kFileChanged) counters.files_changed.add();
  if (outcome == BodyOutcome::kReadFailed) counters.read_failed.add();
  if (outcome == BodyOutcome::kStalled) counters.timeouts.add();
  if (outcome != BodyOutcome::kDone) return fail(describe(outcome));
  counters.transfers_done.add();
  event_.kind = EventKind::kTransferDone;
  event_.at = std::chrono::system_clock::now();
  worker_.events().emit(event_);
}

void TransferReport::fail(std::string_view why) {
  worker_.counters().transfers_failed.add();
  event_.kind = EventKind::kTransferFailed;
  event_.detail = why;
  event_.at = std::chrono::system_clock::now();
  worker_.events().emit(event_);
}

void report_not_found(Worker& worker, Protocol protocol, const net::IpAddress& peer, const PathText& path) {
  worker.counters().not_found.add();
  Event event = make_event(EventKind::kNotFound, protocol, peer);
  event.path = path;
  worker.events().emit(event);
}

void report_refused(Worker& worker, Protocol protocol, const net::IpAddress& peer, std::string_view why) {
  Event event = make_event(EventKind::kRefused, protocol, peer);
  event.detail = why;
  worker.events().emit(event);
}

void report_not_admitted(Worker& worker, Protocol protocol, const net::IpAddress& peer, AdmissionReason reason,
                         const PathText& path, const AdmissionConfig& config) {
  Event event = make_event(EventKind::kRefused, protocol, peer);
  event.detail = describe(reason).word;
  event.path = path;
  event.xinetd = config.policy == AdmissionPolicy::kXinetd;
  event.quiet = !config.log_on_failure;
  worker.events().emit(event);
}

void report_sentence(Worker& worker, EventKind kind, Protocol protocol, std::string_view sentence) {
  Event event = make_event(kind, protocol, {});
  event.detail = sentence;
  worker.events().emit(event);
}

}  // namespace rackcast::io
