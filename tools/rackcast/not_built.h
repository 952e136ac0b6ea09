// Commands whose names are taken but which are not built yet: they exist, have help, and fail saying so.
#pragma once

#include <span>
#include <string_view>

namespace rackcast {

struct NotBuiltCommand {
  std::string_view name;
  std::string_view help;
  std::string_view examples;
  std::string_view instead;  // what to do meanwhile
};

[[nodiscard]] std::span<const NotBuiltCommand> not_built_commands();

}  // namespace rackcast
