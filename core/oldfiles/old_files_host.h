// What an import needs to know of the machine it runs on, as one seam: tests give their own, the tools the real one
// (tools/oldfiles/system_host.h). Blocking; called off the data path only.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "core/result.h"
#include "proto/net/address.h"

namespace rackcast {

struct HostInterface {
  std::string name;
  std::vector<net::IpAddress> addresses;
};

class OldFilesHost {
 public:
  virtual ~OldFilesHost() = default;
  // The whole file; an error when it cannot be read or is larger than `bytes_max`.
  [[nodiscard]] virtual Result<std::string> read(const std::string& path, std::size_t bytes_max) = 0;
  // Nothing of that name is there; false also where that cannot be told.
  [[nodiscard]] virtual bool is_missing(const std::string& path) = 0;
  // Names of the regular files in a folder, any order.
  [[nodiscard]] virtual Result<std::vector<std::string>> list(const std::string& folder) = 0;
  // Every address of a host name; empty: there is none.
  [[nodiscard]] virtual std::vector<net::IpAddress> resolve(const std::string& name) = 0;
  // Those that are up, the loopback included.
  [[nodiscard]] virtual std::vector<HostInterface> interfaces() = 0;
};

}  // namespace rackcast
