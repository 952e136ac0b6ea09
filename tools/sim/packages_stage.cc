#include "tools/sim/packages_stage.h"

#include <filesystem>

#include "tools/sim/verdict/packages.h"
#include "tools/sim/verdict/tree_files.h"

namespace rackcast::sim {
namespace {

namespace fs = std::filesystem;

// "packages/" for TREE/packages; empty for a folder that is not inside the tree.
std::string prefix_inside(const std::string& tree, const std::string& folder) {
  if (tree.empty()) return {};
  std::error_code error;
  const fs::path relative = fs::relative(folder, roots_of(tree).install.front(), error);
  const std::string text = relative.generic_string();
  if (error || text.empty() || text == "." || text.starts_with("..")) return {};
  return text + "/";
}

}  // namespace

Result<PackagesStage> packages_stage(const SimOptions& options) {
  PackagesStage stage;
  if (options.skips(Stage::kPackages)) return stage;
  const bool named = !options.packages.empty();
  const std::string folder = named                  ? options.packages
                             : options.tree.empty() ? ""
                                                    : roots_of(options.tree).install.front();
  if (folder.empty() && options.virtual_time) return stage;  // the made-up tree has its own
  if (folder.empty()) {
    stage.notes.emplace_back("packages are left out: neither --tree nor --packages says which there are");
    return stage;
  }
  auto list = packages_below(folder);
  if (!list) return tl::make_unexpected(list.error());
  const std::string prefix = named && options.packages_base.empty() ? prefix_inside(options.tree, folder) : "";
  for (const std::string& path : list->paths) stage.paths.push_back(prefix + path);
  if (stage.paths.empty()) stage.notes.push_back("packages are left out: no *.rpm and no *.deb below " + folder);
  if (list->cut)
    stage.notes.push_back("only the first " + std::to_string(stage.paths.size()) + " packages are installed");
  return stage;
}

}  // namespace rackcast::sim
