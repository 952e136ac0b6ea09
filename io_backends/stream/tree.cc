#include "io_backends/stream/tree.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <cerrno>
#include <memory>

#include "core/engine/ftp/listing.h"
#include "core/images/open_beneath.h"

namespace rackcast::io {

using Kind = engine::FileFacts::Kind;

namespace {

// What the kernel has at hand, without a link out of the root; EAGAIN: not at hand.
FileDescriptor open_cached(const std::string& root, const char* path) {
  const FileDescriptor directory(::open(root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  open_how how{};
  // O_NONBLOCK: a FIFO in the tree must not hang its reader.
  how.flags = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS | RESOLVE_CACHED;
  return FileDescriptor(static_cast<int>(::syscall(SYS_openat2, directory.get(), path, &how, sizeof how)));
}

Kind kind_of(OpenStatus status) {
  switch (status) {
    case OpenStatus::kUnreadable:
      return Kind::kForbidden;
    case OpenStatus::kFailed:
      return Kind::kUnavailable;
    case OpenStatus::kOpened:
    case OpenStatus::kNotFound:
    case OpenStatus::kLeavesRoot:
      break;
  }
  return Kind::kMissing;
}

void fill(TreeEntry& entry, const struct stat& status) {
  entry.directory = S_ISDIR(status.st_mode);
  entry.mode = status.st_mode;
  entry.links = status.st_nlink;
  entry.owner = status.st_uid;
  entry.group = status.st_gid;
  entry.size_bytes = static_cast<std::uint64_t>(status.st_size);
  entry.modified = status.st_mtim.tv_sec;
}

bool is_served(const struct stat& status) {
  return S_ISREG(status.st_mode) || S_ISDIR(status.st_mode);
}

struct DirectoryCloser {
  void operator()(DIR* dir) const { ::closedir(dir); }
};

// A stream of its own over the directory, so that the caller's descriptor keeps its position.
std::unique_ptr<DIR, DirectoryCloser> open_stream(int directory) {
  const int fd = ::openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return nullptr;
  DIR* stream = ::fdopendir(fd);
  if (stream == nullptr) ::close(fd);
  return std::unique_ptr<DIR, DirectoryCloser>(stream);
}

// What `name` is, links followed as open() would follow them.
bool stat_entry(int directory, const char* name, const RootDirectory& root, const std::string& full_path,
                struct stat& status) {
  if (::fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) != 0) return false;
  if (S_ISLNK(status.st_mode)) {
    const OpenedFile target = open_beneath(root, full_path);
    if (target.status != OpenStatus::kOpened || ::fstat(target.descriptor.get(), &status) != 0) return false;
  }
  return is_served(status);
}

void describe(Lookup& found) {
  found.real_name = real_path_of(found.fd.get()).value_or("");  // before fstat: see standing_of()
  struct stat status {};
  if (::fstat(found.fd.get(), &status) != 0 || !is_served(status)) {
    found.fd.reset();
    return;
  }
  found.facts.kind = S_ISDIR(status.st_mode) ? Kind::kDirectory : Kind::kFile;
  found.facts.identity = identity_of(status);
  fill(found.entry, status);
}

}  // namespace

Result<void> TreeReader::check(std::string_view section) const {
  const auto root = open_root(root_);
  if (root) return {};
  return fail(std::string(section) + " " + root.error().message);
}

Lookup TreeReader::open(std::string_view path, Blocking blocking) const {
  Lookup found;
  if (blocking == Blocking::kNever) {
    const std::string relative = path.empty() ? "." : std::string(path);
    found.fd = open_cached(root_, relative.c_str());
    const int error = errno;
    // Only "not there" is final: links back into the tree by an absolute path, and everything odd, take the slow way.
    found.would_block = !found.fd.valid() && error != ENOENT && error != ENOTDIR;
    if (found.fd.valid()) describe(found);
    return found;
  }
  const auto root = open_root(root_);
  if (!root) {
    found.facts.kind = Kind::kUnavailable;
    return found;
  }
  OpenedFile file = open_beneath(*root, path);
  found.facts.kind = kind_of(file.status);
  found.fd = std::move(file.descriptor);
  if (file.status == OpenStatus::kOpened) {
    found.facts.kind = Kind::kMissing;
    describe(found);
  }
  return found;
}

TreeListing TreeReader::list(const rackcast::FileDescriptor& fd, std::string_view path, const ListRange& range) const {
  TreeListing listing;
  const auto root = open_root(root_);
  const auto stream = open_stream(fd.get());
  if (!root || stream == nullptr) return listing;
  const std::string prefix = path.empty() ? "" : std::string(path) + "/";
  std::size_t names = 0;
  while (const dirent* item = ::readdir(stream.get())) {
    const std::string_view name = item->d_name;
    if (name == "." || name == "..") continue;
    if (names++ == range.names_max) {
      listing.cut = true;
      break;
    }
    if (!range.pattern.empty() && !engine::glob_matches(range.pattern, name)) continue;
    struct stat status {};
    if (!stat_entry(fd.get(), item->d_name, *root, prefix + item->d_name, status)) continue;
    if (listing.entries.size() == range.entries_max) {
      listing.cut = true;
      break;
    }
    TreeEntry entry;
    entry.name = name;
    fill(entry, status);
    listing.entries.push_back(std::move(entry));
  }
  return listing;
}

}  // namespace rackcast::io
