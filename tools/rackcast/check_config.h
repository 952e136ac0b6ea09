// `rackcast check-config FILE`.
#pragma once

#include <iosfwd>
#include <string>

namespace rackcast {

// Every problem on `err`, one a line; a closing line on `out` when the file can be used. Returns the exit code: 0 also
// with warnings.
[[nodiscard]] int check_config(const std::string& path, std::ostream& out, std::ostream& err);

}  // namespace rackcast
