// A configuration as TOML text that parse_config() reads back to the same. Writes what an import can make: [server],
// [dhcp], [tftp], [ftp] and [log]; values that are their defaults are left out. Pure.
#pragma once

#include <string>

#include "core/config/config.h"
#include "core/result.h"

namespace rackcast {

// Error: a text that TOML cannot hold (not UTF-8).
[[nodiscard]] Result<std::string> toml_text(const Config& config);

}  // namespace rackcast
