// The drop directory: files grow under a hidden name and get their own, all at once, when they are complete.
//
//   create -> append ... -> finish   fsync, named as wanted or NAME.1 ... NAME.99, directory fsync
//                        -> drop     nothing is left
//
// A name that is taken is never replaced: renameat2() with RENAME_NOREPLACE, or a hard link where the file system
// cannot do that; open() finds out which, and refuses a directory that can do neither.
//
// How much it may hold: the bytes of all files in it, each kSmallestFileBytes at least. Counted at open(), then kept up
// to date, and counted anew (at most every kRecountEvery) before anything is refused: an operator may have cleared it.
//
// Blocks on the file system. One thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string>

#include "core/file_descriptor.h"
#include "core/result.h"
#include "core/upload_buffer.h"
#include "core/work.h"

namespace rackcast {

class DropDirectory {
 public:
  static constexpr unsigned kSuffixMax = 99;
  static constexpr unsigned kPartialTriesMax = 100;           // of hidden names, where some are taken
  static constexpr std::uint64_t kSmallestFileBytes = 4'096;  // what the smallest costs a file system, about
  static constexpr std::chrono::seconds kRecountEvery{1};

  // Removes what a crash left. Errors: missing, no directory, not writable by who runs this, used by another daemon.
  [[nodiscard]] static Result<DropDirectory> open(const std::string& path, std::uint64_t total_bytes_max);

  struct Partial {
    FileDescriptor descriptor;
    std::string name;
    std::uint64_t bytes = 0;
  };
  // Anything but kWritten: `error()` says why, and the partial is to be dropped.
  [[nodiscard]] UploadStatus create(Partial& partial);
  [[nodiscard]] UploadStatus append(Partial& partial, std::span<const std::byte> bytes);
  [[nodiscard]] UploadStatus finish(Partial& partial, const UploadName& wanted, UploadName& name);
  void drop(Partial& partial);

  // How files get their name.
  enum class Naming : std::uint8_t { kRename, kLink };
  [[nodiscard]] Naming naming() const { return naming_; }
  // For tests: as on a file system that only has links.
  void name_by(Naming naming) { naming_ = naming; }

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] const std::string& error() const { return error_; }
  [[nodiscard]] std::uint64_t used_bytes() const { return used_bytes_; }

 private:
  DropDirectory() = default;
  void look(bool remove_partials);
  [[nodiscard]] bool take_room(std::uint64_t bytes);
  [[nodiscard]] Result<void> find_naming();
  // False: errno says why; EEXIST, it is taken.
  [[nodiscard]] bool give_name(const std::string& partial, const std::string& wanted) const;
  void take_name_back(const std::string& partial, const std::string& wanted) const;
  [[nodiscard]] UploadStatus failed(const char* what, int error);

  std::string path_;
  FileDescriptor directory_;
  std::uint64_t total_bytes_max_ = 0;
  std::uint64_t used_bytes_ = 0;
  std::chrono::steady_clock::time_point recount_at_{};
  std::uint64_t partials_made_ = 0;
  Naming naming_ = Naming::kRename;
  std::string error_;
};

}  // namespace rackcast
