#include "core/uploads/drop_directory.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <string_view>

#include "core/errno_text.h"

namespace rackcast {
namespace {

constexpr std::string_view kPartialPrefix = ".rackcast-";
constexpr std::string_view kPartialSuffix = ".partial";
constexpr mode_t kFileMode = 0640;

bool is_partial(std::string_view name) {
  return name.starts_with(kPartialPrefix) && name.ends_with(kPartialSuffix);
}

std::uint64_t cost(std::uint64_t bytes) {
  return std::max(bytes, DropDirectory::kSmallestFileBytes);
}

}  // namespace

Result<DropDirectory> DropDirectory::open(const std::string& path, std::uint64_t total_bytes_max) {
  DropDirectory drop;
  drop.path_ = path;
  drop.total_bytes_max_ = total_bytes_max;
  drop.directory_ = FileDescriptor(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  const std::string where = "[tftp].upload_dir " + path;
  if (!drop.directory_) return fail(where + ": " + errno_text(errno));
  if (::faccessat(drop.directory_.get(), ".", W_OK | X_OK, AT_EACCESS) != 0)
    return fail(where + " cannot be written by the daemon's user (uid " + std::to_string(::geteuid()) +
                "): " + errno_text(errno) + "; give it the directory, or name another");
  if (::flock(drop.directory_.get(), LOCK_EX | LOCK_NB) != 0)
    return fail(where + " is in use by another daemon: each needs its own");
  drop.look(true);
  if (const auto naming = drop.find_naming(); !naming) return fail(where + ": " + naming.error().message);
  return drop;
}

// Tries on an empty file: what is refused only when the first upload is over has cost its sender the file.
Result<void> DropDirectory::find_naming() {
  const std::string probe = std::string(kPartialPrefix) + "probe" + std::string(kPartialSuffix);
  const std::string other = std::string(kPartialPrefix) + "named" + std::string(kPartialSuffix);
  const FileDescriptor file(
      ::openat(directory_.get(), probe.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, kFileMode));
  if (!file) return {};  // a full disk, say: told to those who send
  int error = 0;
  for (const Naming naming : {Naming::kRename, Naming::kLink}) {
    naming_ = naming;
    if (give_name(probe, other)) {
      take_name_back(probe, other);
      error = 0;
      break;
    }
    error = errno;
  }
  (void)::unlinkat(directory_.get(), probe.c_str(), 0);
  if (error == 0) return {};
  return fail("its file system can neither rename without replacing nor make hard links (" + errno_text(error) +
              "); name a directory on another");
}

bool DropDirectory::give_name(const std::string& partial, const std::string& wanted) const {
  const int directory = directory_.get();
  if (naming_ == Naming::kRename)
    return ::renameat2(directory, partial.c_str(), directory, wanted.c_str(), RENAME_NOREPLACE) == 0;
  return ::linkat(directory, partial.c_str(), directory, wanted.c_str(), 0) == 0;
}

void DropDirectory::take_name_back(const std::string& partial, const std::string& wanted) const {
  if (naming_ == Naming::kRename)
    (void)::renameat(directory_.get(), wanted.c_str(), directory_.get(), partial.c_str());
  else
    (void)::unlinkat(directory_.get(), wanted.c_str(), 0);
}

// Adds up what is there.
void DropDirectory::look(bool remove_partials) {
  used_bytes_ = 0;
  const int again = ::openat(directory_.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const std::unique_ptr<DIR, int (*)(DIR*)> entries(again < 0 ? nullptr : ::fdopendir(again), &::closedir);
  if (entries == nullptr) {
    if (again >= 0) ::close(again);
    return;
  }
  while (const dirent* const entry = ::readdir(entries.get())) {
    if (remove_partials && is_partial(entry->d_name) && ::unlinkat(directory_.get(), entry->d_name, 0) == 0) continue;
    struct stat facts {};
    if (::fstatat(directory_.get(), entry->d_name, &facts, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(facts.st_mode))
      continue;
    used_bytes_ += cost(static_cast<std::uint64_t>(facts.st_size));
  }
}

bool DropDirectory::take_room(std::uint64_t bytes) {
  const auto now = std::chrono::steady_clock::now();
  if (used_bytes_ + bytes > total_bytes_max_ && now >= recount_at_) {
    recount_at_ = now + kRecountEvery;
    look(false);
  }
  if (used_bytes_ + bytes > total_bytes_max_) {
    error_ = "it holds " + std::to_string(used_bytes_) + " bytes, upload_total_bytes_max is " +
             std::to_string(total_bytes_max_);
    return false;
  }
  used_bytes_ += bytes;
  return true;
}

UploadStatus DropDirectory::failed(const char* what, int error) {
  error_ = std::string(what) + ": " + errno_text(error);
  return error == ENOSPC || error == EDQUOT || error == EFBIG ? UploadStatus::kFull : UploadStatus::kFailed;
}

UploadStatus DropDirectory::create(Partial& partial) {
  if (!take_room(kSmallestFileBytes)) return UploadStatus::kFull;
  // What somebody else put there, a link as well, is neither followed nor replaced.
  int error = EEXIST;
  for (unsigned tries = 0; tries < kPartialTriesMax && error == EEXIST; ++tries) {
    std::string name = std::string(kPartialPrefix) + std::to_string(++partials_made_) + std::string(kPartialSuffix);
    partial.descriptor = FileDescriptor(
        ::openat(directory_.get(), name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, kFileMode));
    error = partial.descriptor ? 0 : errno;
    if (error == 0) partial.name = std::move(name);
  }
  if (error == 0) return UploadStatus::kWritten;
  used_bytes_ -= std::min(used_bytes_, kSmallestFileBytes);
  return failed("cannot make a file", error);
}

UploadStatus DropDirectory::append(Partial& partial, std::span<const std::byte> bytes) {
  if (!take_room(cost(partial.bytes + bytes.size()) - cost(partial.bytes))) return UploadStatus::kFull;
  partial.bytes += bytes.size();
  while (!bytes.empty()) {
    const ssize_t written = ::write(partial.descriptor.get(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return failed("cannot write", written == 0 ? ENOSPC : errno);
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  return UploadStatus::kWritten;
}

UploadStatus DropDirectory::finish(Partial& partial, const UploadName& wanted, UploadName& name) {
  if (::fsync(partial.descriptor.get()) != 0) return failed("cannot write", errno);
  for (unsigned suffix = 0; suffix <= kSuffixMax; ++suffix) {
    std::string tried(wanted.view());
    if (suffix > 0) tried += "." + std::to_string(suffix);
    if (!give_name(partial.name, tried)) {
      if (errno == EEXIST) continue;
      return failed("cannot name a file", errno);
    }
    if (::fsync(directory_.get()) != 0) {
      const int error = errno;
      take_name_back(partial.name, tried);
      return failed("cannot write", error);
    }
    if (naming_ == Naming::kLink) (void)::unlinkat(directory_.get(), partial.name.c_str(), 0);
    partial = {};
    name.assign(tried);
    return UploadStatus::kWritten;
  }
  error_ = "too many files are called " + std::string(wanted.view());
  return UploadStatus::kNamesTaken;
}

void DropDirectory::drop(Partial& partial) {
  if (partial.name.empty()) return;
  (void)::unlinkat(directory_.get(), partial.name.c_str(), 0);
  used_bytes_ -= std::min(used_bytes_, cost(partial.bytes));
  partial = {};
}

}  // namespace rackcast
