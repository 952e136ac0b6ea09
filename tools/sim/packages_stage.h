// Which packages the machines install, and what has to be said about it.
#pragma once

#include <string>
#include <vector>

#include "core/result.h"
#include "tools/sim/options.h"

namespace rackcast::sim {

struct PackagesStage {
  std::vector<std::string> paths;  // below the packages' URL
  std::vector<std::string> notes;  // why the stage is left out, or cut
};

// From --packages or --tree. A --packages folder inside the served tree is named as the server shows it.
[[nodiscard]] Result<PackagesStage> packages_stage(const SimOptions& options);

}  // namespace rackcast::sim
