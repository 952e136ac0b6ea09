// What machines install: every *.rpm and *.deb below a folder.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"

namespace rackcast::sim {

inline constexpr std::size_t kPackagesMax = 20'000;         // a full distribution has half of that
inline constexpr std::size_t kPackageEntriesMax = 500'000;  // of folders looked into
inline constexpr int kPackageDepthMax = 16;                 // folders within folders

[[nodiscard]] bool is_package(std::string_view path);  // by its name

struct PackageList {
  std::vector<std::string> paths;  // relative to the folder, with '/', sorted
  bool cut = false;                // a limit was met: there are more
};

// Follows links to folders, each folder once. Blocks on the file system. Errors: no such folder, not readable.
[[nodiscard]] Result<PackageList> packages_below(const std::string& folder);

}  // namespace rackcast::sim
