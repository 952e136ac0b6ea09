// `rackcast record`, the daemon's half: the control channel's "record" command over core/recording. One recording at a
// time.
//
//   {"command":"record","lane":0,"seconds":60,"bytes":268435456}   with the output's descriptor; "lane" absent: all
//   ->
//   {"ok":true,"end":"stopped|seconds|bytes","received":…,"sent":…,"bytes":…,"dropped":…,"unwritable":…,"truncated":…}
//   -> {"ok":false,"error":"one sentence", and the counts, when it had begun}
//
// The answer comes when the recording has ended: by its bounds, or because whoever asked hung up. Threads:
// construction, open and destruction on the main one; the rest is the control server's and the recording's.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "core/recording/recording.h"
#include "core/result.h"
#include "io_backends/control/control_server.h"

namespace rackcast {

// Most a request may ask for; a recording is never without bounds.
inline constexpr std::int64_t kRecordSecondsMax = 86'400;
inline constexpr std::int64_t kRecordBytesMax = std::int64_t{1} << 40U;

struct RecordRequest {
  std::optional<std::size_t> lane;
  RecordLimits limits;
};
// A request line of the channel; the error is the answer's sentence.
[[nodiscard]] Result<RecordRequest> parse_record_request(const std::string& line, std::size_t lanes);
[[nodiscard]] std::string record_answer(const RecordReport& report);

class Recorder final : public io::ControlHandler {
 public:
  // What is recorded: outlives the recorder.
  Recorder(std::vector<RecordedLane> lanes, std::vector<RecordedInterface> interfaces);
  ~Recorder() override;  // ends a recording; its answer still goes out

  [[nodiscard]] Result<void> open(io::ControlSocket socket, uid_t user);

  [[nodiscard]] std::optional<std::string> on_request(io::ControlRequest request) override;
  void on_hang_up(io::ControlConnectionId from) override;
  [[nodiscard]] std::string refusal(const std::string& sentence) override;

 private:
  [[nodiscard]] Result<void> begin(io::ControlRequest& request);

  std::vector<RecordedLane> lanes_;
  std::vector<RecordedInterface> interfaces_;
  std::mutex mutex_;  // of the three below: a request may come while the daemon stops
  bool closing_ = false;
  std::unique_ptr<Recording> recording_;
  io::ControlConnectionId asked_by_;
  std::unique_ptr<io::ControlServer> server_;
};

}  // namespace rackcast
