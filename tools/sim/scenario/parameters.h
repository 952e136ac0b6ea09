// What an operator wrote after the scenario's name, checked against its table: numbers within bounds, known names, each
// once. Total: anything else is one sentence.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "core/result.h"
#include "tools/sim/scenario/recipe.h"
#include "tools/sim/scenario/scenario.h"

namespace rackcast::sim {

using NameAndValue = std::pair<std::string, std::string>;

// "loss=5" -> {"loss", "5"}. Error: no "=", or nothing before it.
[[nodiscard]] Result<NameAndValue> split_parameter(std::string_view text);

// The scenario's defaults, changed by what was given.
[[nodiscard]] Result<Recipe> recipe_of(const ScenarioInfo& scenario, std::span<const NameAndValue> given);

}  // namespace rackcast::sim
