// The boot board over HTTP, without HTTP: a method and a target in, a status and a body out. Read-only. Whoever serves
// it (io_backends/stream) brings the connection and the time. Thread: any; the model has its own lock.
//
//   GET /              the page, self-contained
//   GET /api/machines  JSON array, one object a machine
//   GET /healthz       JSON: status, version, lanes
//   GET /metrics       Prometheus text 0.0.4
#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/board/board_model.h"
#include "core/time.h"

namespace rackcast {

struct LaneStatus {
  unsigned lane = 0;
  std::optional<unsigned> core;  // absent: not pinned
  std::string backend;           // "io_uring", "socket"
};

struct DaemonStatus {
  std::string status = "starting";  // "starting", "ok", "stopping"
  std::string version;
  std::vector<LaneStatus> lanes;
};

// A counter or gauge of the daemon's own for /metrics, summed over lanes by whoever makes it. The name without the
// "rackcast_" prefix; a counter's ends in "_total". Never a machine in a label: labels are bounded.
struct Measure {
  std::string name;
  std::string help;
  double value = 0;
  std::vector<std::pair<std::string, std::string>> labels;
  bool counter = true;
};
using MeasureSource = std::function<std::vector<Measure>()>;

struct ApiAnswer {
  unsigned status = 200;
  std::string content_type;
  std::string body;  // also for HEAD: the server leaves it out
};

class BoardApi {
 public:
  // `model` outlives the API. `measures` (may be empty) is called on the thread that handles /metrics.
  explicit BoardApi(const BoardModel& model, MeasureSource measures = {});

  void set_status(DaemonStatus status);

  // `target`: as in the request line, query included (and ignored).
  [[nodiscard]] ApiAnswer handle(std::string_view method, std::string_view target, WallTime now) const;

 private:
  [[nodiscard]] std::string health() const;
  [[nodiscard]] std::string metrics(WallTime now) const;

  const BoardModel& model_;
  const MeasureSource measures_;
  mutable std::mutex mutex_;
  DaemonStatus status_;  // guarded by mutex_
};

// The machines as the API gives them.
[[nodiscard]] std::string machines_json(const std::vector<MachineView>& machines);
// "2026-11-24T05:08:58.123Z"
[[nodiscard]] std::string iso_time(WallTime at);
// The page's HTML.
[[nodiscard]] std::string_view board_page();

}  // namespace rackcast
