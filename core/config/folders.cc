#include "core/config/folders.h"

#include <filesystem>

#include "core/config/text_rules.h"

namespace rackcast::config_detail {
namespace {

// Without "." and "..", with one '/' at the end.
std::string normal(const std::string& path) {
  std::string plain = std::filesystem::path(path).lexically_normal().string();
  if (!plain.ends_with('/')) plain += '/';
  return plain;
}

}  // namespace

bool one_in_the_other(const std::string& path, const std::string& other) {
  const std::string a = normal(path);
  const std::string b = normal(other);
  return a.starts_with(b) || b.starts_with(a);
}

std::vector<std::string> served_uploads(const Config& config) {
  std::vector<std::string> clashes;
  if (!config.tftp || config.tftp->upload.dir.empty()) return clashes;
  const std::string& dir = config.tftp->upload.dir;
  const auto check = [&](const char* section, const std::string& root) {
    if (!root.empty() && one_in_the_other(dir, root))
      clashes.push_back(config_detail::quoted(dir) + " and the root " + config_detail::quoted(root) + " of [" +
                        section +
                        "] lie in each other: what strangers send must not be served; name a folder elsewhere");
  };
  check("tftp", config.tftp->root);
  if (config.http) check("http", config.http->root);
  if (config.ftp) check("ftp", config.ftp->root);
  return clashes;
}

}  // namespace rackcast::config_detail
