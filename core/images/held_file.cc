#include "core/images/held_file.h"

#include <optional>
#include <thread>
#include <utility>

#include "core/images/open_beneath.h"

namespace rackcast {
namespace {

// rename(2) moves the change time some microseconds before the name. A move that nothing explains yet is looked at
// again so often, about 100 us, before it is taken for a rewrite.
constexpr int kLooksMax = 50;

std::optional<FileStanding> look(int descriptor) {
  std::string name = real_path_of(descriptor).value_or("");
  struct stat facts {};
  if (::fstat(descriptor, &facts) != 0) return std::nullopt;
  return standing_of(facts, std::move(name));
}

bool same_but_ctime(FileIdentity a, const FileIdentity& b) {
  a.ctime_ns = b.ctime_ns;
  return a == b;
}

bool explained(const FileStanding& now, const FileStanding& known) {
  return now.links != known.links || now.mode != known.mode || now.owner != known.owner || now.group != known.group ||
         now.name != known.name;
}

}  // namespace

FileStanding standing_of(const struct stat& facts, std::string name) {
  return {identity_of(facts), facts.st_mode, facts.st_nlink, facts.st_uid, facts.st_gid, std::move(name)};
}

bool content_stands(int descriptor, FileStanding& known) {
  struct stat facts {};
  if (::fstat(descriptor, &facts) != 0) return false;
  if (identity_of(facts) == known.identity) return true;
  for (int looks = 0; looks < kLooksMax; ++looks) {
    auto now = look(descriptor);
    if (!now || !same_but_ctime(now->identity, known.identity)) return false;
    if (explained(*now, known)) {
      known = std::move(*now);
      return true;
    }
    std::this_thread::yield();
  }
  return false;
}

}  // namespace rackcast
