#include "core/config/folders.h"

#include <filesystem>

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

}  // namespace rackcast::config_detail
