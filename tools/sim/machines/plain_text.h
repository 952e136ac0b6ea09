// Text of a stranger's, made fit for one line of a terminal: printable ASCII, cut at a bound.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

namespace rackcast::sim {

inline constexpr std::size_t kPlainTextBytesMax = 120;

[[nodiscard]] inline std::string plain_text(std::string_view text) {
  std::string plain(text.substr(0, kPlainTextBytesMax));
  std::replace_if(
      plain.begin(), plain.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
  return plain;
}

}  // namespace rackcast::sim
