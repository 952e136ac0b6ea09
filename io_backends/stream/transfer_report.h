// Tells the board and the log about one transfer: started, progress now and then, how it ended. Counts too.
// Thread: the stream thread of the worker. One object per transfer; a transfer that was started must be ended.
#pragma once

#include <string_view>

#include "core/admission/reason.h"
#include "core/config/config.h"
#include "core/event.h"
#include "io_backends/stream/body_sender.h"
#include "io_backends/stream/worker.h"

namespace rackcast::io {

class TransferReport {
 public:
  TransferReport(Worker& worker, Protocol protocol, const net::IpAddress& peer, const PathText& path,
                 std::uint64_t bytes_total);

  void progress(std::uint64_t bytes);
  void end(BodyOutcome outcome);
  void fail(std::string_view why);

 private:
  Worker& worker_;
  Event event_;
  SteadyTime next_progress_;
};

// A path that is not there (or a refusal with its reason): one event, one counter.
void report_not_found(Worker& worker, Protocol protocol, const net::IpAddress& peer, const PathText& path);
void report_refused(Worker& worker, Protocol protocol, const net::IpAddress& peer, std::string_view why);
// ... by the limits of `config`, which also say whether and how the log has it.
void report_not_admitted(Worker& worker, Protocol protocol, const net::IpAddress& peer, AdmissionReason reason,
                         const PathText& path, const AdmissionConfig& config);
// A sentence of the service's for the log.
void report_sentence(Worker& worker, EventKind kind, Protocol protocol, std::string_view sentence);

}  // namespace rackcast::io
