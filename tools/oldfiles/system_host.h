// This machine, for an import of old files. Blocking (the name service may take its time); any one thread.
#pragma once

#include <memory>
#include <string>

#include "core/oldfiles/old_files_host.h"

namespace rackcast {

[[nodiscard]] std::unique_ptr<OldFilesHost> system_host();

// As seen from the working folder of today; "" stays "".
[[nodiscard]] std::string absolute_path(const std::string& path);

}  // namespace rackcast
