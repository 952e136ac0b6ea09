// Whether one folder lies in another, as their paths are written: links are not looked at. Pure.
#pragma once

#include <string>
#include <vector>

#include "core/config/config.h"

namespace rackcast::config_detail {

// Either way round, and a folder in itself. Both absolute.
[[nodiscard]] bool one_in_the_other(const std::string& path, const std::string& other);

// What strangers send must not be served, by whatever protocol: a sentence for each root that upload_dir lies in, or
// that lies in it. A reload asks again, since roots may change at once and upload_dir may not.
[[nodiscard]] std::vector<std::string> served_uploads(const Config& config);

}  // namespace rackcast::config_detail
