// Quantities as an operator reads them, three digits or so. Off the data path.
#pragma once

#include <string>

#include "tools/sim/machines/time.h"

namespace rackcast::sim {

[[nodiscard]] std::string text_of(Span span);                  // "12 ms", "4.12 s", "41.2 s", "3 m 05 s", "2 h 07 m"
[[nodiscard]] std::string clock_text(Span span);               // "03:05", "2:03:05": for a line that is redrawn
[[nodiscard]] std::string rate_text(double bytes_per_second);  // "117.4 MB/s"
[[nodiscard]] double seconds_of(Span span);

}  // namespace rackcast::sim
