// The file of [tftp].map_file, read and checked: what `rackcast check-config` and the daemon's start share. Blocks on
// the disk; any thread.
#pragma once

#include <string>
#include <vector>

#include "core/config/problem.h"

namespace rackcast {

struct MapFile {
  std::string text;               // "" when it cannot be read
  std::vector<Problem> problems;  // any error: it cannot be used
  [[nodiscard]] bool usable() const;
};

// `path` "" gives an empty file, which changes no name.
[[nodiscard]] MapFile read_map_file(const std::string& path);

}  // namespace rackcast
