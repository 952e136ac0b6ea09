// PXE clients may look for boot servers by multicast (43.7): the group that we tell them is joined on every interface.
//
// Thread: the lane's. A group is never left: machines remember one that was told them longer than we do.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "core/config/config.h"
#include "core/packet_io.h"

namespace rackcast {

// A socket on port 4011.
struct BootSocket {
  SocketId socket{};
  InterfaceIndex interface {};
  std::string name;  // of the interface
};

class DiscoveryGroup {
 public:
  // `io` outlives it. `warn`: one clear line for each interface where it cannot be joined.
  DiscoveryGroup(std::vector<BootSocket> sockets, PacketIo& io, std::function<void(std::string)> warn)
      : sockets_(std::move(sockets)), io_(io), warn_(std::move(warn)) {}

  // At start, and with every new configuration.
  void join(const Config& config);

 private:
  std::vector<BootSocket> sockets_;
  PacketIo& io_;
  std::function<void(std::string)> warn_;
};

}  // namespace rackcast
