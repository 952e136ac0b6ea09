// Which network namespace a process is in, as /proc tells. namespaces(7)
#pragma once

#include <sys/types.h>

#include <optional>
#include <string_view>
#include <utility>

namespace rackcast::sim {

using NetworkId = std::pair<dev_t, ino_t>;

// `process`: a number, or "self". Nothing: no such process, or it may not be looked at.
[[nodiscard]] std::optional<NetworkId> network_of(std::string_view process);

}  // namespace rackcast::sim
