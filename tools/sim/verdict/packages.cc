#include "tools/sim/verdict/packages.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <set>
#include <system_error>
#include <utility>

namespace rackcast::sim {
namespace {

namespace fs = std::filesystem;

class Walk {
 public:
  explicit Walk(const fs::path& root) : root_(root) {}

  [[nodiscard]] std::error_code enter(const fs::path& folder, int depth) {
    struct stat facts {};
    if (::stat(folder.c_str(), &facts) != 0) return {errno, std::generic_category()};
    if (!seen_.emplace(facts.st_dev, facts.st_ino).second) return {};  // a link back to where we were
    std::error_code error;
    for (fs::directory_iterator entry(folder, error); !error && entry != fs::directory_iterator();
         entry.increment(error)) {
      if (++entries_ > kPackageEntriesMax || list_.paths.size() == kPackagesMax) {
        list_.cut = true;
        return {};
      }
      visit(*entry, depth);
    }
    return error;
  }
  [[nodiscard]] PackageList take() {
    std::sort(list_.paths.begin(), list_.paths.end());
    return std::move(list_);
  }

 private:
  void visit(const fs::directory_entry& entry, int depth) {
    std::error_code ignored;  // what cannot be looked at is no package
    if (entry.is_directory(ignored)) {
      if (depth == kPackageDepthMax)
        list_.cut = true;
      else
        (void)enter(entry.path(), depth + 1);
    } else if (is_package(entry.path().native()) && entry.is_regular_file(ignored)) {
      list_.paths.push_back(entry.path().lexically_relative(root_).generic_string());
    }
  }

  fs::path root_;
  PackageList list_;
  std::set<std::pair<dev_t, ino_t>> seen_;
  std::size_t entries_ = 0;
};

}  // namespace

bool is_package(std::string_view path) {
  const std::string extension = fs::path(path).extension();
  return extension == ".rpm" || extension == ".deb";
}

Result<PackageList> packages_below(const std::string& folder) {
  Walk walk(folder);
  if (const std::error_code error = walk.enter(folder, 0))
    return fail("cannot list packages in " + folder + ": " + error.message());
  return walk.take();
}

}  // namespace rackcast::sim
