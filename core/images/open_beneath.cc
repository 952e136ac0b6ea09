#include "core/images/open_beneath.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <cstring>

#include "core/errno_text.h"

namespace rackcast {
namespace {

// openat2 answers EAGAIN when a rename raced with the walk.
constexpr int kRaceTriesMax = 16;
constexpr std::int64_t kNanosecondsPerSecond = 1'000'000'000;

int openat2_beneath(int root, const char* path, std::uint64_t flags) {
  open_how how{};
  how.flags = flags;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  for (int i = 0; i < kRaceTriesMax; ++i) {
    const long descriptor = ::syscall(SYS_openat2, root, path, &how, sizeof(how));
    if (descriptor >= 0) return static_cast<int>(descriptor);
    if (errno != EAGAIN && errno != EINTR) return -1;
  }
  return -1;
}

// O_NONBLOCK: opening a FIFO must not wait for its writer.
constexpr std::uint64_t kReadFlags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;

// RESOLVE_BENEATH refuses every absolute link, also one back into the tree. Where such a link really ends is looked up
// without opening the file (O_PATH); when that is below the root, it is opened beneath again by its real name.
int open_by_real_path(const RootDirectory& root, const char* path) {
  const FileDescriptor target(::openat(root.descriptor.get(), path, O_PATH | O_CLOEXEC));
  const auto real = target.valid() ? real_path_of(target.get()) : std::nullopt;
  const std::string prefix = root.real_path + "/";
  if (!real || !real->starts_with(prefix)) {
    errno = EXDEV;
    return -1;
  }
  return openat2_beneath(root.descriptor.get(), real->c_str() + prefix.size(), kReadFlags);
}

OpenStatus status_of(int error) {
  switch (error) {
    case ENOENT:
    case ENOTDIR:
    case ENAMETOOLONG:
    case ENXIO:  // a socket, or a FIFO's far end
    case ENODEV:
      return OpenStatus::kNotFound;
    case EXDEV:
    case ELOOP:
      return OpenStatus::kLeavesRoot;
    case EACCES:
    case EPERM:
      return OpenStatus::kUnreadable;
    default:
      return OpenStatus::kFailed;
  }
}

}  // namespace

FileIdentity identity_of(const struct stat& facts) {
  FileIdentity identity;
  identity.device = facts.st_dev;
  identity.inode = facts.st_ino;
  identity.size_bytes = static_cast<std::uint64_t>(facts.st_size);
  identity.mtime_ns = facts.st_mtim.tv_sec * kNanosecondsPerSecond + facts.st_mtim.tv_nsec;
  identity.ctime_ns = facts.st_ctim.tv_sec * kNanosecondsPerSecond + facts.st_ctim.tv_nsec;
  return identity;
}

std::optional<std::string> real_path_of(int descriptor) {
  std::array<char, PATH_MAX> text;
  const std::string link = "/proc/self/fd/" + std::to_string(descriptor);
  const ssize_t size = ::readlink(link.c_str(), text.data(), text.size());
  if (size <= 0 || static_cast<std::size_t>(size) == text.size()) return std::nullopt;
  return std::string(text.data(), static_cast<std::size_t>(size));
}

Result<RootDirectory> open_root(const std::string& path) {
  RootDirectory root;
  root.path = path;
  root.descriptor = FileDescriptor(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!root.descriptor.valid())
    return fail("root " + path + ": " + errno_text(errno) + "; create the folder or correct `root`");
  struct stat facts {};
  if (::fstat(root.descriptor.get(), &facts) != 0) return fail("root " + path + ": " + errno_text(errno));
  root.device = facts.st_dev;
  root.inode = facts.st_ino;
  const auto real = real_path_of(root.descriptor.get());
  if (!real) return fail("root " + path + ": /proc is not mounted; mount it");
  root.real_path = *real == "/" ? "" : *real;
  const FileDescriptor probe(openat2_beneath(root.descriptor.get(), ".", O_PATH | O_CLOEXEC));
  if (!probe.valid())
    return fail("root " + path + ": " + errno_text(errno) +
                (errno == ENOSYS ? "; openat2 is missing, Linux 5.6 or later is needed"
                                 : "; make the folder searchable for the server's user"));
  return root;
}

OpenedFile open_beneath(const RootDirectory& root, std::string_view path) {
  OpenedFile file;
  const std::string name = path.empty() ? "." : std::string(path);
  int descriptor = openat2_beneath(root.descriptor.get(), name.c_str(), kReadFlags);
  if (descriptor < 0 && errno == EXDEV) descriptor = open_by_real_path(root, name.c_str());
  if (descriptor < 0) {
    file.status = status_of(errno);
    return file;
  }
  file.descriptor = FileDescriptor(descriptor);
  struct stat facts {};
  if (::fstat(descriptor, &facts) != 0) return file;
  file.identity = identity_of(facts);
  file.mode = facts.st_mode;
  file.status = OpenStatus::kOpened;
  return file;
}

}  // namespace rackcast
