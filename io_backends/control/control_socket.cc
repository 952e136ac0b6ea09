#include "io_backends/control/control_socket.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "core/errno_text.h"
#include "io_backends/control/socket_path.h"

namespace rackcast::io {

namespace {

constexpr int kBacklog = 8;
constexpr mode_t kMask = 0117;  // a socket made under it has mode 0660

// The file gets its mode and group as it is made: nobody can meet it with others, and no path is followed twice.
class MadeWith {
 public:
  explicit MadeWith(std::optional<gid_t> group) : mask_(::umask(kMask)), group_(::getegid()) {
    if (group && ::geteuid() == 0) (void)!::setegid(*group);
  }
  ~MadeWith() {
    (void)!::setegid(group_);
    ::umask(mask_);
  }
  MadeWith(const MadeWith&) = delete;
  MadeWith& operator=(const MadeWith&) = delete;

 private:
  mode_t mask_;
  gid_t group_;
};

const sockaddr* base(const sockaddr_un& address) {
  return reinterpret_cast<const sockaddr*>(&address);
}

// Removes a socket nobody listens on.
Result<void> clear_way(const std::string& path, const sockaddr_un& address) {
  struct stat facts {};
  if (::lstat(path.c_str(), &facts) != 0) return {};
  if (!S_ISSOCK(facts.st_mode)) return fail("control socket: " + path + " is something else; remove it");
  const FileDescriptor probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const bool answers = probe && ::connect(probe.get(), base(address), sizeof address) == 0;
  if (answers || errno == EAGAIN) {
    return fail("control socket: another rackcastd answers at " + path +
                "; stop it, or give this one its own [server].state_dir");
  }
  if (::unlink(path.c_str()) != 0)
    return fail("control socket: cannot remove the old " + path + ": " + errno_text(errno));
  return {};
}

}  // namespace

Result<ControlSocket> ControlSocket::open(const std::string& path, std::optional<gid_t> group) {
  const auto address = socket_address(path);
  if (!address) return fail("control socket: the path " + path + " is too long; shorten [server].state_dir");
  if (auto cleared = clear_way(path, *address); !cleared) return tl::make_unexpected(cleared.error());
  FileDescriptor listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const MadeWith made_with(group);
  if (!listener || ::bind(listener.get(), base(*address), sizeof *address) != 0 ||
      ::listen(listener.get(), kBacklog) != 0)
    return fail("control socket: cannot make " + path + ": " + errno_text(errno));
  return ControlSocket(std::move(listener), path);
}

ControlSocket::~ControlSocket() {
  if (descriptor_) ::unlink(path_.c_str());
}

}  // namespace rackcast::io
