// Opens a normalised path below a root, and nothing else: openat2 with RESOLVE_BENEATH and RESOLVE_NO_MAGICLINKS. Links
// that stay below the root work, absolute ones included when what they name lies below the root; all others are
// kLeavesRoot. Blocks on the file system: off-lane threads only. Any thread, no shared state.
#pragma once

#include <sys/stat.h>

#include <optional>
#include <string>
#include <string_view>

#include "core/file_descriptor.h"
#include "core/images/image.h"
#include "core/result.h"

namespace rackcast {

enum class OpenStatus : std::uint8_t {
  kOpened,
  kNotFound,
  kLeavesRoot,  // a link that ends outside
  kUnreadable,  // permissions; a client is told "not found"
  kFailed,      // out of descriptors, I/O error: says nothing about the file
};

struct OpenedFile {
  OpenStatus status = OpenStatus::kFailed;
  FileDescriptor descriptor;  // read-only, close-on-exec; valid when kOpened
  FileIdentity identity;
  mode_t mode = 0;  // st_mode: what kind of file it is

  [[nodiscard]] bool regular() const { return S_ISREG(mode); }
  [[nodiscard]] bool directory() const { return S_ISDIR(mode); }
};

// The root of a tree, held open: one directory, whatever happens to its path.
struct RootDirectory {
  FileDescriptor descriptor;
  dev_t device = 0;
  ino_t inode = 0;
  std::string path;       // as configured
  std::string real_path;  // without links, no trailing '/'
};

// Errors: missing, not a directory, not accessible, or a kernel without openat2 (before 5.6).
[[nodiscard]] Result<RootDirectory> open_root(const std::string& path);

// `path`: relative and normalised (core/images/path.h); empty opens the root itself.
[[nodiscard]] OpenedFile open_beneath(const RootDirectory& root, std::string_view path);

[[nodiscard]] FileIdentity identity_of(const struct stat& facts);

// Where the kernel says `descriptor` lies now, without links; " (deleted)" behind it when its name is gone. nullopt:
// no /proc, or longer than PATH_MAX.
[[nodiscard]] std::optional<std::string> real_path_of(int descriptor);

}  // namespace rackcast
