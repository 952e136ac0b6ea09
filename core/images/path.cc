#include "core/images/path.h"

#include <algorithm>
#include <array>

namespace rackcast {
namespace {

constexpr bool is_separator(char c) {
  return c == '/' || c == '\\';
}

constexpr char kAnyCaseMark = '\\';

// Room for a name that is only too long until the root's own path is stripped from it.
constexpr std::size_t kScratchBytes = 2 * kPathBytesMax;

// Components joined by '/', in a scratch buffer; ".." pops.
class Components {
 public:
  [[nodiscard]] std::string_view view() const { return {bytes_.data(), size_}; }

  [[nodiscard]] bool push(std::string_view component) {
    const std::size_t joint = size_ == 0 ? 0 : 1;
    if (size_ + joint + component.size() > bytes_.size()) return false;
    if (joint != 0) bytes_[size_++] = '/';
    std::copy(component.begin(), component.end(), bytes_.begin() + static_cast<std::ptrdiff_t>(size_));
    size_ += component.size();
    return true;
  }

  [[nodiscard]] bool pop() {
    if (size_ == 0) return false;
    const std::size_t joint = view().rfind('/');
    size_ = joint == std::string_view::npos ? 0 : joint;
    return true;
  }

 private:
  std::array<char, kScratchBytes> bytes_;  // written before it is read
  std::size_t size_ = 0;
};

struct Walk {
  std::optional<PathReject> reject;
  bool trailing_separator = false;
};

Walk walk(std::string_view text, Components& out) {
  Walk result;
  for (std::size_t at = 0; at < text.size();) {
    const auto* const end = std::find_if(text.begin() + at, text.end(), is_separator);
    const std::string_view component = text.substr(at, static_cast<std::size_t>(end - text.begin()) - at);
    at += component.size() + 1;
    const bool names_directory = component.empty() || component == "." || component == "..";
    result.trailing_separator = names_directory || end != text.end();
    if (component == ".." && !out.pop()) return {PathReject::kLeavesRoot, false};
    if (!names_directory && !out.push(component)) return {PathReject::kTooLong, false};
  }
  return result;
}

// `path` behind `prefix` when that is whole leading components of it, else `path` ("data" is no prefix of
// "data-private").
std::string_view without_prefix(std::string_view path, std::string_view prefix) {
  if (prefix.empty() || !path.starts_with(prefix)) return path;
  if (path.size() == prefix.size()) return {};
  return path[prefix.size()] == '/' ? path.substr(prefix.size() + 1) : path;
}

}  // namespace

NormalizedPath normalize_path(std::string_view requested, std::string_view root) {
  NormalizedPath result;
  if (requested.empty()) {
    result.reject = PathReject::kEmpty;
    return result;
  }
  if (requested.find('\0') != std::string_view::npos) {
    result.reject = PathReject::kNul;
    return result;
  }
  Components components;
  const Walk walked = walk(requested, components);
  if (walked.reject) {
    result.reject = walked.reject;
    return result;
  }
  std::string_view relative = components.view();
  Components root_components;
  // Only an absolute name can repeat the root's own (absolute) path.
  if (is_separator(requested.front()) && !walk(root, root_components).reject)
    relative = without_prefix(relative, root_components.view());
  if (relative.size() > kPathBytesMax) {
    result.reject = PathReject::kTooLong;
    return result;
  }
  result.path.assign(relative);
  result.trailing_separator = walked.trailing_separator;
  return result;
}

std::optional<PathText> in_any_case(std::string_view normalized) {
  PathText path(std::string_view(&kAnyCaseMark, 1));
  if (!path.append(normalized)) return std::nullopt;
  return path;
}

std::optional<std::string_view> asked_in_any_case(std::string_view path) {
  if (path.empty() || path.front() != kAnyCaseMark) return std::nullopt;
  return path.substr(1);
}

}  // namespace rackcast
