#include "tools/sim/scenario/parameters.h"

#include <charconv>
#include <cmath>
#include <cstdio>
#include <optional>

#include "core/events/format.h"
#include "core/near_name.h"
#include "tools/sim/scenario/catalogue.h"

namespace rackcast::sim {
namespace {

std::string quoted(std::string_view text) {
  constexpr std::size_t kShownMax = 60;
  return "\"" + printable(text.substr(0, kShownMax)) + (text.size() > kShownMax ? "...\"" : "\"");
}

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.10g", value);
  return text;
}

// A decimal number, with or without the parameter's unit behind it.
std::optional<double> parse_value(std::string_view text, std::string_view unit) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || !std::isfinite(value)) return std::nullopt;
  const std::string_view rest = text.substr(static_cast<std::size_t>(end - text.data()));
  if (!rest.empty() && rest != unit) return std::nullopt;
  return value;
}

Error unknown(const ScenarioInfo& scenario, std::string_view name) {
  NearName near(name);
  for (const ScenarioParameter& parameter : scenario.parameters) near.consider(parameter.name);
  std::string message = std::string(scenario.name) + " has no parameter " + quoted(name);
  if (!near.best().empty()) return {message + "; did you mean " + quoted(near.best()) + "?"};
  message += "; it takes";
  for (const ScenarioParameter& parameter : scenario.parameters) message += " " + std::string(parameter.name);
  return {message};
}

}  // namespace

Result<NameAndValue> split_parameter(std::string_view text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos || equals == 0) return fail(quoted(text) + " is no parameter; write NAME=VALUE");
  return NameAndValue(text.substr(0, equals), text.substr(equals + 1));
}

Result<Recipe> recipe_of(const ScenarioInfo& scenario, std::span<const NameAndValue> given) {
  Recipe recipe;
  for (const ScenarioParameter& parameter : scenario.parameters) recipe.*parameter.sets = parameter.value;
  for (std::size_t i = 0; i < given.size(); ++i) {
    const auto& [name, text] = given[i];
    const ScenarioParameter* const parameter = find_parameter(scenario, name);
    if (parameter == nullptr) return tl::make_unexpected(unknown(scenario, name));
    for (const NameAndValue& earlier : given.first(i))
      if (earlier.first == name) return fail(std::string(scenario.name) + ": " + name + " is given twice");
    const std::optional<double> value = parse_value(text, parameter->unit);
    const bool fits = value && *value >= parameter->min && *value <= parameter->max &&
                      (!parameter->whole || *value == std::floor(*value));
    if (!fits)
      return fail(std::string(scenario.name) + ": " + name + "=" + quoted(text) + ": must be a " +
                  (parameter->whole ? "whole " : "") + "number from " + number(parameter->min) + " to " +
                  number(parameter->max) + (parameter->unit.empty() ? "" : " " + std::string(parameter->unit)));
    recipe.*parameter->sets = *value;
  }
  return recipe;
}

}  // namespace rackcast::sim
