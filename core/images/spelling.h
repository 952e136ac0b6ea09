// How a path that was asked for in any case is spelled on disk: each folder and file as asked when it exists, else the
// first by byte order that differs in case only (of ASCII letters). Blocks on the file system: off-lane threads only.
// Any thread, no shared state.
#pragma once

#include <string>
#include <string_view>

#include "core/images/open_beneath.h"

namespace rackcast {

// Entries of one folder that are looked at.
inline constexpr std::size_t kFolderEntriesMax = 65'536;

// `path`: normalised. Components from the first that no spelling fits on are returned as asked: opening the result says
// what is missing.
[[nodiscard]] std::string spelling_on_disk(const RootDirectory& root, std::string_view path);

}  // namespace rackcast
