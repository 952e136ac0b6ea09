// This machine, for an import of old files. Blocking (the name service may take its time); any one thread.
#pragma once

#include <memory>

#include "core/oldfiles/old_files_host.h"

namespace rackcast {

[[nodiscard]] std::unique_ptr<OldFilesHost> system_host();

}  // namespace rackcast
