// Who a run's machines are: MAC addresses and UUIDs by number, the same in every run. Locally administered MACs
// (02:52:43:nn:nn:nn), so that they meet no real one.
#pragma once

#include <optional>

#include "tools/sim/machines/machine_facts.h"

namespace rackcast::sim {

inline constexpr std::uint32_t kMacsMax = std::uint32_t{1} << 24U;  // what three octets can tell apart

// Precondition: machine.value() < kMacsMax.
[[nodiscard]] MachineIdentity identity_of(MachineId machine);
// Which machine has this MAC; nothing for a foreign one. O(1).
[[nodiscard]] std::optional<MachineId> machine_of(const net::MacAddress& mac);

}  // namespace rackcast::sim
