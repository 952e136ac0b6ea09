// How a path that was asked for in any case is spelled on disk: each folder and file as asked when it exists, else the
// first by byte order that differs in case only (of ASCII letters). Blocks on the file system: off-lane threads only.
// Any thread, no shared state.
#pragma once

#include <string>
#include <string_view>

#include "core/images/open_beneath.h"

namespace rackcast {

// Entries that are looked at for one path, of all its folders together, unless told otherwise: whoever asks cannot keep
// the thread busy. No folder is read for a name that is there as asked.
inline constexpr std::size_t kSpellingEntriesMax = 8'192;

struct Spelling {
  std::string path;
  std::size_t entries = 0;  // looked at
  bool cut = false;         // there were more than `entries_max`: `path` is the best of those
};

// `path`: normalised. Components from the first that no spelling fits on are returned as asked: opening the result says
// what is missing.
[[nodiscard]] Spelling spelling_on_disk(const RootDirectory& root, std::string_view path,
                                        std::size_t entries_max = kSpellingEntriesMax);

}  // namespace rackcast
