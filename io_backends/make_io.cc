#include "io_backends/make_io.h"

#include <utility>

#include "io_backends/io_uring/io_uring_io.h"
#include "io_backends/socket/socket_io.h"

namespace rackcast::io {

Result<MadeIo> make_packet_io(IoKind kind, SocketSet sockets, IoOptions options) {
  if (kind != IoKind::kIoUring && kind != IoKind::kSocket)
    return fail("this packet I/O backend is not built yet; set [server].io to io_uring or socket");
  MadeIo made;
  if (kind == IoKind::kIoUring) {
    auto ring = IoUringIo::create(sockets, options);
    if (ring) {
      made.io = std::move(*ring);
      return made;
    }
    made.fallback_reason = ring.error().message + "; packet I/O falls back to sockets";
  }
  auto socket = SocketIo::create(std::move(sockets), options);
  if (!socket) return tl::make_unexpected(socket.error());
  made.io = std::move(*socket);
  return made;
}

}  // namespace rackcast::io
