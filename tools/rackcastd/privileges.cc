#include "tools/rackcastd/privileges.h"

#include <grp.h>
#include <pwd.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <memory>
#include <vector>

#include "core/errno_text.h"

namespace rackcast {

namespace {

struct CapabilityFree {
  void operator()(cap_t caps) const { cap_free(caps); }
};

Result<void> keep_only_reload_capabilities() {
  constexpr std::array<cap_value_t, 2> kKept = {CAP_NET_RAW, CAP_NET_BIND_SERVICE};
  const std::unique_ptr<std::remove_pointer_t<cap_t>, CapabilityFree> caps(cap_init());
  if (caps == nullptr || cap_set_flag(caps.get(), CAP_PERMITTED, kKept.size(), kKept.data(), CAP_SET) != 0 ||
      cap_set_flag(caps.get(), CAP_EFFECTIVE, kKept.size(), kKept.data(), CAP_SET) != 0 ||
      cap_set_proc(caps.get()) != 0)
    return fail("cannot keep CAP_NET_RAW and CAP_NET_BIND_SERVICE for reload: " + errno_text(errno));
  return {};
}

}  // namespace

Result<UserIds> find_user(const std::string& user) {
  if (user == "root") return UserIds{};
  passwd entry{};
  passwd* found = nullptr;
  std::vector<char> buffer(16'384);
  const int error = getpwnam_r(user.c_str(), &entry, buffer.data(), buffer.size(), &found);
  if (error != 0 || found == nullptr) {
    return fail("user \"" + user + "\" does not exist: create it (useradd --system --no-create-home " + user +
                ") or set [server].user to one that does");
  }
  return UserIds{user, entry.pw_uid, entry.pw_gid};
}

Result<void> prepare_dir(std::string_view key, const std::string& dir, const UserIds& owner) {
  const std::string named = std::string(key) + " " + dir;
  const bool made = mkdir(dir.c_str(), 0750) == 0;
  if (!made && errno != EEXIST)
    return fail("cannot make " + named + ": " + errno_text(errno) + "; create it, or name another");
  struct stat facts {};
  if (stat(dir.c_str(), &facts) != 0 || !S_ISDIR(facts.st_mode))
    return fail(named + " is not a directory; name another");
  if (made && geteuid() == 0 && owner.uid != 0 && lchown(dir.c_str(), owner.uid, owner.gid) != 0)
    return fail("cannot give " + named + " to " + owner.name + ": " + errno_text(errno));
  return {};
}

Result<void> drop_privileges(const UserIds& user) {
  if (user.uid == 0 || geteuid() != 0) return {};
  if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) != 0 || initgroups(user.name.c_str(), user.gid) != 0 ||
      setresgid(user.gid, user.gid, user.gid) != 0 || setresuid(user.uid, user.uid, user.uid) != 0)
    return fail("cannot become user " + user.name + ": " + errno_text(errno));
  if (auto kept = keep_only_reload_capabilities(); !kept) return kept;
  // A changed uid makes the process non-dumpable, which hides /proc/self from ourselves.
  prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return fail("cannot set no_new_privs: " + errno_text(errno));
  return {};
}

}  // namespace rackcast
