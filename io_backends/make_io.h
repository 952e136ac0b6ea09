// Makes a lane's packet backend by kind, once, on the lane's thread. io_uring falls back to socket where it cannot run,
// and says why in one line for the log.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/packet_io.h"
#include "core/result.h"
#include "io_backends/socket/io_options.h"
#include "io_backends/socket/socket_set.h"

namespace rackcast::io {

enum class IoKind : std::uint8_t { kIoUring, kSocket };

// "io_uring" or "socket"; nothing for any other name.
[[nodiscard]] std::optional<IoKind> parse_io_kind(std::string_view name);

struct MadeIo {
  std::unique_ptr<PacketIo> io;
  std::string fallback_reason;  // empty: the kind that was asked for
};

// Takes the sockets over. Error: not even the socket backend can be made.
[[nodiscard]] Result<MadeIo> make_packet_io(IoKind kind, SocketSet sockets, IoOptions options = {});

}  // namespace rackcast::io
