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

bool lies_in(const std::string& path, const std::string& folder) {
  return normal(path).starts_with(normal(folder));
}

}  // namespace rackcast::config_detail
