#include "tools/sim/machines/url.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace rackcast::sim {
namespace {

constexpr std::string_view kSchemeEnd = "://";

constexpr char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool equals_ignoring_case(std::string_view text, std::string_view name) {
  return std::equal(text.begin(), text.end(), name.begin(), name.end(), [](char a, char b) { return lower(a) == b; });
}

std::optional<UrlScheme> parse_scheme(std::string_view text) {
  constexpr std::array<std::pair<std::string_view, UrlScheme>, 3> kSchemes{
      {{"tftp", UrlScheme::kTftp}, {"http", UrlScheme::kHttp}, {"ftp", UrlScheme::kFtp}}};
  for (const auto& [name, scheme] : kSchemes)
    if (equals_ignoring_case(text, name)) return scheme;
  return std::nullopt;
}

int hex_digit(char c) {
  c = lower(c);
  if (c >= '0' && c <= '9') return c - '0';
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
}

std::optional<std::string> percent_decoded(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '%') {
      if (i + 2 >= text.size()) return std::nullopt;
      const int high = hex_digit(text[i + 1]);
      const int low = hex_digit(text[i + 2]);
      if (high < 0 || low < 0) return std::nullopt;
      c = static_cast<char>(high * 16 + low);
      i += 2;
    }
    if (is_control(c)) return std::nullopt;
    out += c;
  }
  return out;
}

bool is_host(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    c = lower(c);
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
  });
}

// "host" or "host:port" into the URL.
bool take_authority(std::string_view text, Url& url) {
  if (const auto at = text.rfind('@'); at != std::string_view::npos) text.remove_prefix(at + 1);
  const auto colon = text.find(':');
  url.host = text.substr(0, colon);
  if (!is_host(url.host)) return false;
  if (colon == std::string_view::npos) return true;
  const std::string_view digits = text.substr(colon + 1);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), url.port);
  return error == std::errc{} && end == digits.data() + digits.size() && url.port != 0;
}

}  // namespace

bool looks_like_url(std::string_view text) {
  const auto end = text.find(kSchemeEnd);
  if (end == 0 || end == std::string_view::npos) return false;
  return std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(end), [](char c) {
    c = lower(c);
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
  });
}

std::optional<Url> parse_url(std::string_view text) {
  const auto scheme_end = text.find(kSchemeEnd);
  if (text.size() > kUrlBytesMax || scheme_end == std::string_view::npos) return std::nullopt;
  const auto scheme = parse_scheme(text.substr(0, scheme_end));
  if (!scheme) return std::nullopt;
  Url url;
  url.scheme = *scheme;
  text.remove_prefix(scheme_end + kSchemeEnd.size());
  text = text.substr(0, text.find('#'));
  const auto path_begin = std::min(text.find('/'), text.size());
  if (!take_authority(text.substr(0, path_begin), url)) return std::nullopt;
  auto path = percent_decoded(text.substr(path_begin));
  if (!path) return std::nullopt;
  url.path = path->empty() ? "/" : std::move(*path);
  return url;
}

}  // namespace rackcast::sim
