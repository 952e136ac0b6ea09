// From root to an unprivileged user once every socket is open, keeping only what a reload needs: CAP_NET_RAW (frames to
// a MAC on a new interface) and CAP_NET_BIND_SERVICE (ports below 1024). Called on the main thread before any other
// thread starts: capabilities belong to threads and are inherited.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>

#include "core/result.h"

namespace rackcast {

struct UserIds {
  std::string name = "root";
  uid_t uid = 0;
  gid_t gid = 0;
};

// Looks `user` up; the error says how to create it or which key to change.
[[nodiscard]] Result<UserIds> find_user(const std::string& user);

// Makes `dir` (one level, mode 0750) owned by the user if it does not exist; `key` names it, as [server].state_dir. An
// existing one keeps its owner: a mistyped path must not give /etc away. Whether it can be written is the store's own
// error.
[[nodiscard]] Result<void> prepare_dir(std::string_view key, const std::string& dir, const UserIds& owner);

// No-op for uid 0 ("root" keeps root) and when not running as root. The user's own groups come along (a tree may be
// readable by group). Also sets no_new_privs.
[[nodiscard]] Result<void> drop_privileges(const UserIds& user);

}  // namespace rackcast
