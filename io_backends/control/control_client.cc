#include "io_backends/control/control_client.h"

#include <cerrno>

#include "core/errno_text.h"
#include "io_backends/control/socket_path.h"

namespace rackcast::io {

Result<ControlClient> ControlClient::connect(const std::string& path) {
  const auto address = socket_address(path);
  if (!address) return fail("the control socket's path " + path + " is empty or too long for a socket");
  FileDescriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket) return fail("no socket to ask rackcastd with: " + errno_text(errno));
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&*address), sizeof *address) == 0)
    return ControlClient(std::move(socket), path);
  switch (errno) {
    case EACCES:
    case EPERM:
      return fail("may not use " + path + ": ask as root or as the daemon's user");
    case ENOENT:
    case ECONNREFUSED:
      return fail("no rackcastd answers at " + path + ": start it, or name its socket with --socket or --config");
    default:
      return fail("cannot use " + path + ": " + errno_text(errno));
  }
}

Result<void> ControlClient::ask(std::string_view line, int attached) {
  const std::string text = std::string(line) + '\n';
  // A request is far smaller than a fresh socket's buffer, so it goes at once.
  const long count = send_text(socket_.get(), text, attached);
  // A daemon that refuses this peer answers and closes before it hears the question; its words are waiting to be read.
  if (count < 0 && (errno == EPIPE || errno == ECONNRESET)) return {};
  if (count != static_cast<long>(text.size())) return fail("rackcastd at " + path_ + " does not take the request");
  return {};
}

void ControlClient::hang_up() {
  ::shutdown(socket_.get(), SHUT_WR);
}

Result<std::optional<std::string>> ControlClient::read_answer() {
  switch (reader_.read(socket_.get())) {
    case LineStatus::kMore:
      return std::optional<std::string>();
    case LineStatus::kLine:
      return std::optional(reader_.line());
    case LineStatus::kTooLong:
      return fail("rackcastd at " + path_ + " answers without end; is it another program?");
    case LineStatus::kEnd:
    case LineStatus::kFailed:
      break;
  }
  return fail("rackcastd at " + path_ + " went away without an answer");
}

}  // namespace rackcast::io
