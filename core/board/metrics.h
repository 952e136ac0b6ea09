// Measures as Prometheus text (0.0.4), written by the Prometheus client library's serializer. Pure.
#pragma once

#include <string>
#include <vector>

#include "core/board/board_api.h"
#include "core/board/board_model.h"

namespace rackcast {

[[nodiscard]] std::vector<Measure> board_measures(const BoardStats& stats);

// Measures of one name become one family, in the order of first appearance; all get the prefix "rackcast_".
[[nodiscard]] std::string metrics_text(const std::vector<Measure>& measures);

}  // namespace rackcast
