// Whether two DHCP configurations say the same, member by member, rules as rules compare.
#pragma once

#include <string>

#include "core/config/config.h"

namespace rackcast::testing {

// "" when they are the same, else the first place where they differ: "subnets[1].pools[0].rules".
[[nodiscard]] std::string difference(const DhcpConfig& a, const DhcpConfig& b);

}  // namespace rackcast::testing
