// Write requests: what may be sent to us, and when. The upload itself is in uploads.h.
#include "core/engine/tftp/tftp_engine.h"
#include "core/engine/tftp/upload_name.h"

namespace rackcast::engine {

using namespace tftpd;

void TftpEngine::on_write_request(const Now& now, const ReceivedDatagram& datagram, const tftp::Request& request,
                                  Sink& sink) {
  const TftpConfig& config = *config_->tftp;
  if (uploads_ == nullptr) return refuse_request(now, datagram, Refusal::kWrite, request.filename, sink);
  counters_.add(Counter::kUploadRequests);
  if (request.mode == tftp::Mode::kMail)
    return refuse_request(now, datagram, Refusal::kModeMail, request.filename, sink);
  PathText mapped;
  std::string_view asked = request.filename;
  if (name_map_ != nullptr && !name_to_write(now, datagram, asked, mapped, sink)) return;
  const auto name = upload_name(datagram.peer.address, asked);
  if (!name) return refuse_request(now, datagram, Refusal::kUploadName, request.filename, sink);
  const std::uint64_t size = request.options.tsize.value_or(0);
  if (size > config.upload.bytes_max)
    return refuse_request(now, datagram, Refusal::kUploadTooLarge, request.filename, sink);

  tftp::Request taken = request;
  drop_options(taken.options, config.refused_options);
  Uploads::Ask ask{datagram.peer, *name, upload_terms(taken, limits_for(datagram, taken.options)), size};
  if (uploads_->answered_as_duplicate(now, ask, sink)) return counters_.add(Counter::kDuplicateRequests);
  if (!uploads_->may_have_another(datagram.peer.address)) return counters_.add(Counter::kUploadsPerSource);
  if (!answers_.has_left(now.monotonic, datagram.peer.address)) return counters_.add(Counter::kAnswersWithheld);
  if (config.admission.policy == AdmissionPolicy::kXinetd) {
    const AdmissionVerdict verdict = admission_.ask(now, datagram.peer.address, config.admission);
    ask.admitted = verdict.kind == AdmissionVerdict::Kind::kAdmitted;
    if (!ask.admitted) return report_not_admitted(now, datagram.peer.address, request.filename, verdict.reason, sink);
  }
  const bool room = uploads_->make_room(now, sink);
  if (!room || !answers_.take(now.monotonic, datagram.peer.address)) {
    if (ask.admitted) admission_.undo(now, datagram.peer.address);
    return counters_.add(room ? Counter::kAnswersWithheld : Counter::kUploadsTableFull);
  }
  Destination to = reply_to(datagram);
  to.socket = free_tid(now, datagram, sink);
  uploads_->start(now, ask, to, sink);
}

// What the map file makes of a name that is written: `asked` is the result, in `mapped` when a rule changed it. There
// is nothing to find, so an E rule's first result counts. False: refused, and told.
bool TftpEngine::name_to_write(const Now& now, const ReceivedDatagram& datagram, std::string_view& asked,
                               PathText& mapped, Sink& sink) {
  switch (name_map_->apply(asked, {datagram.peer.address, true}, mapped)) {
    case MapOutcome::kUnchanged:
      return true;
    case MapOutcome::kMapped:
    case MapOutcome::kCandidate:
      counters_.add(Counter::kNamesMapped);
      asked = mapped;
      return true;
    case MapOutcome::kRefused:
      refuse_request(now, datagram, Refusal::kNameRefused, asked, sink, mapped);
      return false;
    case MapOutcome::kNoSuchCandidate:  // of the first, there is none
    case MapOutcome::kTooLong:
    case MapOutcome::kLoops:
      refuse_request(now, datagram, Refusal::kUploadName, asked, sink);
      return false;
  }
  return false;
}

}  // namespace rackcast::engine
