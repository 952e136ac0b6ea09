#include "core/oldfiles/toml_writer.h"

#include <algorithm>
#include <array>
#include <cstdio>

namespace rackcast::toml_detail {
namespace {

// The length of the UTF-8 sequence at the front of `text`, 0 when it is none (RFC 3629).
std::size_t sequence_size(std::string_view text) {
  const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
  const auto follows = [&](std::size_t i) { return (byte(i) & 0xC0U) == 0x80U; };
  if (byte(0) < 0x80) return 1;
  if (byte(0) >= 0xC2 && byte(0) < 0xE0) return follows(1) ? 2 : 0;
  if ((byte(0) & 0xF0U) == 0xE0) {
    const bool overlong = byte(0) == 0xE0 && byte(1) < 0xA0;
    const bool surrogate = byte(0) == 0xED && byte(1) >= 0xA0;
    return follows(1) && follows(2) && !overlong && !surrogate ? 3 : 0;
  }
  if (byte(0) >= 0xF0 && byte(0) <= 0xF4) {
    const bool overlong = byte(0) == 0xF0 && byte(1) < 0x90;
    const bool beyond = byte(0) == 0xF4 && byte(1) >= 0x90;
    return follows(1) && follows(2) && follows(3) && !overlong && !beyond ? 4 : 0;
  }
  return 0;
}

}  // namespace

Result<std::string> Writer::finish() {
  if (!problem_.empty()) return fail(problem_);
  return std::move(text_);
}

std::string Writer::quoted(std::string_view text) {
  std::string result = "\"";
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t size = sequence_size(text.substr(at));
    if (size == 0) {
      problem_ = "a name or path is not UTF-8, which TOML asks for; rename it";
      return "\"\"";
    }
    const std::string_view character = text.substr(at, size);
    at += size;
    if (character == "\"" || character == "\\") result += '\\';
    const auto byte = static_cast<unsigned char>(character[0]);
    if (byte >= 0x20 && byte != 0x7F) {
      result += character;
      continue;
    }
    std::array<char, 8> escape{};
    (void)std::snprintf(escape.data(), escape.size(), "\\u%04X", static_cast<unsigned>(byte));
    result += escape.data();
  }
  return result + "\"";
}

void Writer::lines(std::string_view key, std::string_view value) {
  const auto plain = [](char c) { return c == '\n' || c == '\t' || (c >= ' ' && c <= '~'); };
  const bool as_it_is = std::all_of(value.begin(), value.end(), plain) && value.find("'''") == std::string_view::npos &&
                        !value.empty() && value.back() == '\n';
  line(key, as_it_is ? "'''\n" + std::string(value) + "'''" : quoted(value));
}

}  // namespace rackcast::toml_detail
