// Whether one folder lies in another, as their paths are written: links are not looked at. Pure.
#pragma once

#include <string>

namespace rackcast::config_detail {

// Either way round, and a folder in itself. Both absolute.
[[nodiscard]] bool one_in_the_other(const std::string& path, const std::string& other);

}  // namespace rackcast::config_detail
