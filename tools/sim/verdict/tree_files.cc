#include "tools/sim/verdict/tree_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <optional>
#include <span>
#include <tuple>

#include "core/file_descriptor.h"
#include "tools/sim/machines/digest.h"

namespace rackcast::sim {
namespace {

constexpr std::size_t kReadBytes = std::size_t{1} << 20U;

bool after(const timespec& a, const timespec& b) {
  return std::tie(a.tv_sec, a.tv_nsec) > std::tie(b.tv_sec, b.tv_nsec);
}

// The path's parts joined by '/', without empty ones and "."; nothing when it leaves its root or holds a NUL.
std::optional<std::string> plain_path(std::string_view path) {
  if (path.find('\0') != std::string_view::npos) return std::nullopt;
  std::vector<std::string_view> parts;
  while (!path.empty()) {
    const std::size_t end = path.find_first_of("/\\");
    const std::string_view part = path.substr(0, end);
    path = end == std::string_view::npos ? std::string_view{} : path.substr(end + 1);
    if (part.empty() || part == ".") continue;
    if (part != "..") {
      parts.push_back(part);
      continue;
    }
    if (parts.empty()) return std::nullopt;
    parts.pop_back();
  }
  std::string joined;
  for (const std::string_view part : parts) joined += (joined.empty() ? "" : "/") + std::string(part);
  return joined;
}

// A TFTP client may name the root itself: "/tftpboot/pxelinux.0".
std::string below(const std::string& root, const std::string& path) {
  const std::string prefix = plain_path(root).value_or("") + "/";
  return root + "/" + (prefix.size() > 1 && path.starts_with(prefix) ? path.substr(prefix.size()) : path);
}

bool is_file(const std::string& name) {
  struct stat facts {};
  return ::stat(name.c_str(), &facts) == 0 && S_ISREG(facts.st_mode);
}

}  // namespace

TreeRoots roots_of(const std::string& directory) {
  const auto with = [&](const char* folder) {
    std::vector<std::string> roots;
    std::error_code ignored;
    if (std::filesystem::is_directory(directory + "/" + folder, ignored)) roots.push_back(directory + "/" + folder);
    roots.push_back(directory);
    return roots;
  };
  return {with("tftpboot"), with("tree")};
}

TreeFiles::TreeFiles(TreeRoots roots) : roots_(std::move(roots)) {
  ::clock_gettime(CLOCK_REALTIME, &begin_);  // inodes are stamped with it, up to one tick late
}

ExpectedFile TreeFiles::find(FileProtocol protocol, std::string_view path) {
  const std::optional<std::string> plain = plain_path(path);
  if (!plain || plain->empty()) return {};
  for (const std::string& root : protocol == FileProtocol::kTftp ? roots_.tftp : roots_.install) {
    const std::string name = below(root, *plain);
    const auto known = known_.find(name);
    if (known != known_.end()) return known->second;
    if (!is_file(name)) continue;
    return known_.emplace(name, read_file(name)).first->second;
  }
  return {};
}

ExpectedFile TreeFiles::read_file(const std::string& name) const {
  const FileDescriptor file(::open(name.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  ExpectedFile result{Knowledge::kFailed, 0, 0};
  if (!file.valid()) return result;
  Digest digest;
  std::vector<std::byte> buffer(kReadBytes);
  while (true) {
    const ssize_t got = ::read(file.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return result;
    if (got == 0) break;
    digest.add(std::span(buffer).first(static_cast<std::size_t>(got)));
    result.bytes += static_cast<std::uint64_t>(got);
  }
  struct stat facts {};
  if (::fstat(file.get(), &facts) != 0) return result;
  // Content, name and links all move the inode's change time, which nobody can set back.
  result.knowledge = after(facts.st_ctim, begin_) ? Knowledge::kChanged : Knowledge::kKnown;
  result.digest = digest.value();
  return result;
}

}  // namespace rackcast::sim
