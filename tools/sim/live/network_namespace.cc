#include "tools/sim/live/network_namespace.h"

#include <sys/stat.h>

#include <string>

namespace rackcast::sim {

std::optional<NetworkId> network_of(std::string_view process) {
  struct stat status {};
  if (::stat(("/proc/" + std::string(process) + "/ns/net").c_str(), &status) != 0) return std::nullopt;
  return NetworkId{status.st_dev, status.st_ino};
}

}  // namespace rackcast::sim
