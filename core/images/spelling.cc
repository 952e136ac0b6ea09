#include "core/images/spelling.h"

#include <dirent.h>

#include <memory>

#include "proto/bytes/ascii.h"

namespace rackcast {
namespace {

struct CloseFolder {
  void operator()(DIR* folder) const { ::closedir(folder); }
};

// "" when no entry's name fits.
std::string entry_in_any_case(const RootDirectory& root, std::string_view folder, std::string_view name) {
  OpenedFile opened = open_beneath(root, folder);
  if (opened.status != OpenStatus::kOpened || !opened.directory()) return {};
  const std::unique_ptr<DIR, CloseFolder> entries(::fdopendir(opened.descriptor.get()));
  if (entries == nullptr) return {};
  (void)opened.descriptor.release();  // closedir's now
  std::string best;
  for (std::size_t i = 0; i < kFolderEntriesMax; ++i) {
    const dirent* const entry = ::readdir(entries.get());
    if (entry == nullptr) break;
    const std::string_view found = entry->d_name;
    if (found == name) return std::string(name);
    if (bytes::equal_any_case(found, name) && (best.empty() || found < best)) best = found;
  }
  return best;
}

}  // namespace

std::string spelling_on_disk(const RootDirectory& root, std::string_view path) {
  std::string spelled;
  while (!path.empty()) {
    const std::string_view name = path.substr(0, path.find('/'));
    const std::string found = entry_in_any_case(root, spelled, name);
    if (!spelled.empty()) spelled += '/';
    if (found.empty()) return spelled.append(path);
    spelled += found;
    path.remove_prefix(std::min(path.size(), name.size() + 1));
  }
  return spelled;
}

}  // namespace rackcast
