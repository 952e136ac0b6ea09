#include "core/engine/tftp/upload_name.h"

#include <algorithm>

#include "core/images/path.h"

namespace rackcast::engine::tftpd {
namespace {

bool is_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x20 || byte == 0x7F;
}

}  // namespace

std::optional<UploadName> upload_name(const net::IpAddress& source, std::string_view requested) {
  const NormalizedPath normalized = normalize_path(requested, "");
  const std::string_view path = normalized.path.view();
  if (normalized.reject || normalized.trailing_separator || path.empty()) return std::nullopt;
  if (path.front() == '.' || path.find("/.") != std::string_view::npos) return std::nullopt;
  if (std::any_of(path.begin(), path.end(), is_control)) return std::nullopt;
  UploadName name(source.text().view());
  if (!name.append("-")) return std::nullopt;
  for (const char c : path)
    if (!name.append(c == '/' ? std::string_view("_") : std::string_view(&c, 1))) return std::nullopt;
  return name;
}

}  // namespace rackcast::engine::tftpd
