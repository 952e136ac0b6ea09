// Whether a file that is held open still has the content it was opened with. Used by everything that sends from a held
// descriptor: tree files of HTTP and FTP, pieces of images above the budget.
//
// The rule. Another inode, size or modification time: new content. The same with another change time: the change time
// also moves when the file is renamed (away, or another over its name), linked, unlinked, chmodded or chowned, which
// leaves its bytes alone; so it is the old content when link count, mode, owner or the name behind the descriptor moved
// too, and new content when nothing explains it. What was accepted is what the next look compares with.
//
// What this takes for old content, and is not: a rewrite in place that keeps the size, puts the modification time back
// (touch -r, cp -p of a twin) and between the same two looks also renames, links, chmods or chowns the file; a rewrite
// within the clock tick of the file's last write before it was opened. Whoever does the first means to.
// What this takes for new content, and is not: a change time that moved alone, by chmod or chown to what was set
// already, new extended attributes, a rename of another hard link, a link made and removed between two looks. Nothing
// the kernel tells sets those apart from a rewrite that put the time back, and a body that ends short is asked for
// again, while one that mixes two versions is believed.
//
// Thread: any, one at a time per object. Costs one fstat while nothing moved.
#pragma once

#include <sys/stat.h>
#include <sys/types.h>

#include <string>

#include "core/images/image.h"

namespace rackcast {

struct FileStanding {
  FileIdentity identity;
  mode_t mode = 0;
  nlink_t links = 0;
  uid_t owner = 0;
  gid_t group = 0;
  std::string name;  // where the kernel says the descriptor lies; "" when it does not say
};

// `name`: of open_beneath.h's real_path_of(), read before `facts`, so that a rename between the two is no surprise
// later.
[[nodiscard]] FileStanding standing_of(const struct stat& facts, std::string name);

// Whether `descriptor` still has the content of `known`, which is brought up to date; false also when it cannot be
// told.
[[nodiscard]] bool content_stands(int descriptor, FileStanding& known);

}  // namespace rackcast
