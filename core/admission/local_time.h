// The local time of day, which access_times are written in. A strategy, so that tests and simulations need no time
// zone.
#pragma once

#include "core/time.h"

namespace rackcast {

class LocalTime {
 public:
  virtual ~LocalTime() = default;
  // Minutes since local midnight, 0..1439, at `at`. Called at most once a minute and owner; from any thread.
  [[nodiscard]] virtual unsigned minute_of_day(WallTime at) const = 0;
};

// The machine's own time zone and its daylight saving, as the C library knows them when it is first asked.
[[nodiscard]] const LocalTime& system_local_time();

}  // namespace rackcast
