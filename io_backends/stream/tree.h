// The install tree as files: opens normalised paths under a root and lists directories. Links may point anywhere inside
// the root and nowhere outside it (core/images/open_beneath.h); only regular files and directories exist.
//
// The root is opened anew for each look-up: a medium mounted over it later is seen, and no descriptor held here keeps
// an operator from unmounting it. Thread: any; no state but the path. Blocking unless Blocking::kNever is asked for.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/engine/http/decide.h"
#include "core/file_descriptor.h"
#include "core/images/image.h"
#include "core/result.h"

namespace rackcast::io {

enum class Blocking : std::uint8_t { kAllowed, kNever };

// One name of a directory, links already followed.
struct TreeEntry {
  std::string name;
  bool directory = false;
  std::uint32_t mode = 0;  // st_mode
  std::uint64_t links = 1;
  std::uint32_t owner = 0;
  std::uint32_t group = 0;
  std::uint64_t size_bytes = 0;
  std::int64_t modified = 0;  // seconds since 1970
};

struct TreeListing {
  std::vector<TreeEntry> entries;  // any order
  bool cut = false;                // there was more than the range holds
};

// Which names of a directory are listed, and how many.
struct ListRange {
  // Names read of one directory, listed or not: so long may a listing keep a thread of the pool.
  static constexpr std::size_t kNamesMax = 1'000'000;

  std::size_t entries_max = 0;
  std::string_view pattern;  // glob (core/engine/ftp/listing.h), "" = all; what does not match is neither looked at nor
                             // counted
  std::size_t names_max = kNamesMax;
};

struct Lookup {
  bool would_block = false;  // Blocking::kNever, and the answer is not in the kernel's caches
  engine::FileFacts facts;
  TreeEntry entry;        // kFile, kDirectory; name left empty
  std::string real_name;  // kFile: where the descriptor lay when it was opened (core/images/held_file.h)
  FileDescriptor fd;      // kFile, kDirectory: open for reading
};

class TreeReader {
 public:
  explicit TreeReader(std::string root) : root_(std::move(root)) {}

  // Whether the root is a directory that can be opened: a sentence for the operator if not. `section`: "[http]".
  [[nodiscard]] Result<void> check(std::string_view section) const;

  // `path`: normalised (core/images/path.h), "" = the root itself.
  [[nodiscard]] Lookup open(std::string_view path, Blocking blocking) const;

  // Names under the directory `fd` (which is `path`); what open() would not find is left out.
  [[nodiscard]] TreeListing list(const FileDescriptor& fd, std::string_view path, const ListRange& range) const;

  [[nodiscard]] const std::string& root() const { return root_; }

 private:
  std::string root_;
};

}  // namespace rackcast::io
