// Every counter of the daemon as measures for /metrics: lanes summed, streams summed, stores. The tables beside the
// counters give names and help texts.
#pragma once

#include <vector>

#include "core/board/board_api.h"
#include "core/counter_row.h"
#include "core/images/image_store.h"
#include "core/leases/lease_store.h"
#include "core/uploads/upload_store.h"
#include "io_backends/stream/server.h"
#include "tools/rackcastd/lane_group.h"

namespace rackcast {

// Null: that part is off or not started. Any thread.
[[nodiscard]] std::vector<Measure> measures_of(const LaneGroup* lanes, const ImageStore* images,
                                               const LeaseStore* leases, const UploadStore* uploads,
                                               const io::StreamServer* streams);

}  // namespace rackcast
