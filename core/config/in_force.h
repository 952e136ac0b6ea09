// What a reload puts in force: the running snapshot with the live keys of the loaded one. Keys that wait for a restart,
// and sections that came or went, keep what runs, so that lanes, stream threads and the log line all see one truth. A
// test holds this against the key table.
#pragma once

#include "core/config/config.h"

namespace rackcast {

[[nodiscard]] Config in_force(const Config& running, const Config& loaded);

}  // namespace rackcast
