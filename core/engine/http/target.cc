#include "core/engine/http/target.h"

#include <optional>

#include "core/engine/http/message.h"
#include "proto/bytes/ascii.h"

namespace rackcast::engine {

namespace {

// Decoding only shortens, and normalising too: twice the bound leaves room for "//" and "./" runs.
using DecodedText = FixedText<4'096>;

std::optional<unsigned> hex_digit(char c) {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a' + 10);
  if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A' + 10);
  return std::nullopt;
}

// The path of an absolute-form target, or of an origin-form one; nullopt for other forms (RFC 9112 §3.2).
std::optional<std::string_view> path_part(std::string_view target) {
  if (target.starts_with('/') || target.starts_with('\\')) return target;
  constexpr std::string_view kScheme = "http://";
  if (target.size() <= kScheme.size() || !bytes::equal_any_case(target.substr(0, kScheme.size()), kScheme))
    return std::nullopt;
  const std::string_view rest = target.substr(kScheme.size());
  const auto end = rest.find_first_of("/?#");
  if (end == 0) return std::nullopt;  // no authority
  if (end == std::string_view::npos) return std::string_view{"/"};
  return rest.substr(end);
}

// 0, or the status that refuses the path.
unsigned decode(std::string_view path, DecodedText& out) {
  bool encoded_slash = false;
  for (std::size_t i = 0; i < path.size(); ++i) {
    char c = path[i];
    if (c == '#') return 400;
    if (c == '%') {
      if (path.size() - i < 3) return 400;
      const auto high = hex_digit(path[i + 1]);
      const auto low = hex_digit(path[i + 2]);
      if (!high || !low) return 400;
      c = static_cast<char>(*high * 16 + *low);
      if (c == '\0') return 400;
      encoded_slash = encoded_slash || c == '/';
      i += 2;
    }
    if (c == '\0') return 400;
    if (!out.append({&c, 1})) return 414;
  }
  return encoded_slash ? 404 : 0;
}

bool is_segment_char(char c) {
  if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')) return true;
  return std::string_view("-._~!$&'()*+,;=@/").find(c) != std::string_view::npos;
}

}  // namespace

HttpTarget parse_target(std::string_view target, std::string_view root) {
  HttpTarget result;
  const auto whole = path_part(target);
  if (!whole) {
    result.refused = 400;
    return result;
  }
  const auto query_at = whole->find('?');
  if (query_at != std::string_view::npos) result.query = whole->substr(query_at + 1);
  DecodedText decoded;
  result.refused = decode(whole->substr(0, query_at), decoded);
  if (result.refused != 0) return result;
  const NormalizedPath normal = normalize_path(decoded, root);
  if (normal.reject && *normal.reject != PathReject::kEmpty) {
    result.refused = *normal.reject == PathReject::kTooLong ? 414 : 404;
    return result;
  }
  result.path = normal.path;
  result.trailing_slash = normal.trailing_separator || normal.path.empty();
  return result;
}

std::string encode_path(std::string_view path) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  out.reserve(path.size());
  for (const char c : path) {
    if (is_segment_char(c)) {
      out.push_back(c);
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out.append({'%', kHex[byte >> 4U], kHex[byte & 0xFU]});
  }
  return out;
}

}  // namespace rackcast::engine
