// An errno as words, for error sentences. Unlike std::strerror it may be called by several threads at once. Allocates:
// set-up and control code only.
#pragma once

#include <string>
#include <system_error>

namespace rackcast {

[[nodiscard]] inline std::string errno_text(int error) {
  return std::generic_category().message(error);
}

}  // namespace rackcast
