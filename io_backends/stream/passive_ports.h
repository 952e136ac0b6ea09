// Ports for passive FTP data connections: the configured range in turn, so that a port rests as long as possible
// before it is used again, or the kernel's choice where none is configured.
//
// Thread: any; the turn is one shared atomic.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>

#include "core/config/config.h"
#include "core/file_descriptor.h"
#include "proto/net/address.h"

namespace rackcast::io {

struct PassiveListener {
  FileDescriptor socket;
  std::uint16_t port = 0;
};

class PassivePorts {
 public:
  // A listening socket on `local` (a local address of ours; `scope_id` for IPv6 link-local), or none: every port of
  // the range is taken.
  [[nodiscard]] std::optional<PassiveListener> open(const net::IpAddress& local, std::uint32_t scope_id,
                                                    const std::optional<PortRange>& range);

 private:
  std::atomic<std::uint32_t> turn_{0};
};

}  // namespace rackcast::io
