#include "core/images/spelling.h"

#include <dirent.h>

#include <algorithm>
#include <memory>

#include "proto/bytes/ascii.h"

namespace rackcast {
namespace {

struct CloseFolder {
  void operator()(DIR* folder) const { ::closedir(folder); }
};

std::string joined(std::string_view folder, std::string_view name) {
  std::string path(folder);
  if (!path.empty()) path += '/';
  return path.append(name);
}

// The name of the entry of `folder` that is meant, "" when none fits. What it looks at is counted in `spelling`.
std::string entry_in_any_case(const RootDirectory& root, std::string_view folder, std::string_view name,
                              std::size_t entries_max, Spelling& spelling) {
  if (open_beneath(root, joined(folder, name)).status == OpenStatus::kOpened) return std::string(name);
  OpenedFile opened = open_beneath(root, folder);
  if (opened.status != OpenStatus::kOpened || !opened.directory()) return {};
  const std::unique_ptr<DIR, CloseFolder> entries(::fdopendir(opened.descriptor.get()));
  if (entries == nullptr) return {};
  (void)opened.descriptor.release();  // closedir's now
  std::string best;
  while (const dirent* const entry = ::readdir(entries.get())) {
    if (spelling.entries == entries_max) {
      spelling.cut = true;
      break;
    }
    ++spelling.entries;
    const std::string_view found = entry->d_name;
    if (found == name) return std::string(name);  // there, although it could not be opened
    if (bytes::equal_any_case(found, name) && (best.empty() || found < best)) best = found;
  }
  return best;
}

}  // namespace

Spelling spelling_on_disk(const RootDirectory& root, std::string_view path, std::size_t entries_max) {
  Spelling spelling;
  while (!path.empty()) {
    const std::string_view name = path.substr(0, path.find('/'));
    const std::string found = entry_in_any_case(root, spelling.path, name, entries_max, spelling);
    spelling.path = joined(spelling.path, found.empty() ? path : std::string_view(found));
    if (found.empty()) break;
    path.remove_prefix(std::min(path.size(), name.size() + 1));
  }
  return spelling;
}

}  // namespace rackcast
