// The listening end of the control channel. Made before privileges drop, so that it belongs to root, with the daemon's
// group: mode 0660. Who may connect is decided again, by peer credentials, for each connection (control_server.h).
//
// Main thread, before any other thread starts: the file mode mask is the process's.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "core/file_descriptor.h"
#include "core/result.h"

namespace rackcast::io {

// Where a daemon's socket is, by its [server].state_dir.
[[nodiscard]] inline std::string control_path(const std::string& state_dir) {
  return state_dir + "/control";
}

class ControlSocket {
 public:
  // `group`: who shares it with root; absent: the caller's own. A socket that a dead daemon left is replaced; one that
  // answers is another daemon's: an error. So is a path that is taken by something else, or too long for a socket.
  [[nodiscard]] static Result<ControlSocket> open(const std::string& path, std::optional<gid_t> group);

  ControlSocket(ControlSocket&& other) noexcept = default;
  ControlSocket& operator=(ControlSocket&&) = delete;
  ~ControlSocket();  // removes the file where the daemon's user may; the next start removes it otherwise

  [[nodiscard]] int get() const { return descriptor_.get(); }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  ControlSocket(FileDescriptor descriptor, std::string path)
      : descriptor_(std::move(descriptor)), path_(std::move(path)) {}

  FileDescriptor descriptor_;
  std::string path_;
};

}  // namespace rackcast::io
