// Whether one folder lies in another, as their paths are written: links are not looked at. Pure.
#pragma once

#include <string>

namespace rackcast::config_detail {

// True also for a folder and itself. Both absolute.
[[nodiscard]] bool lies_in(const std::string& path, const std::string& folder);

}  // namespace rackcast::config_detail
