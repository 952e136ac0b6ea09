// The scenarios there are: one table of names, descriptions and parameters, from which --help, the checks and the plans
// come. A parameter's bounds are what makes sense, not what the code could bear.
#pragma once

#include <string_view>

#include "tools/sim/scenario/scenario.h"

namespace rackcast::sim {

[[nodiscard]] const ScenarioInfo* find_scenario(std::string_view name);  // null: no such
[[nodiscard]] const ScenarioParameter* find_parameter(const ScenarioInfo& scenario, std::string_view name);

}  // namespace rackcast::sim
