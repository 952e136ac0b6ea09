// Makes a lane's packet backend by kind, once, on the lane's thread. io_uring falls back to socket where it cannot run,
// and says why in one line for the log.
#pragma once

#include <memory>
#include <string>

#include "core/config/config.h"
#include "core/packet_io.h"
#include "core/result.h"
#include "io_backends/socket/io_options.h"
#include "io_backends/socket/socket_set.h"

namespace rackcast::io {

struct MadeIo {
  std::unique_ptr<PacketIo> io;
  std::string fallback_reason;  // empty: the kind that was asked for
};

// Takes the sockets over. Error: a kind that is not built, or not even the socket backend can be made.
[[nodiscard]] Result<MadeIo> make_packet_io(IoKind kind, SocketSet sockets, IoOptions options = {});

}  // namespace rackcast::io
