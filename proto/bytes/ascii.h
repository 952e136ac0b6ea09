// Letters and blanks of ASCII, whatever the locale says: what protocols mean by "in any case". Bytes beyond ASCII are
// themselves.
#pragma once

#include <algorithm>
#include <string_view>

namespace rackcast::bytes {

// What separates words within a line, as the C locale's isspace() has it.
inline constexpr std::string_view kBlanks = " \t\v\f\r";

[[nodiscard]] constexpr bool is_upper(char c) {
  return c >= 'A' && c <= 'Z';
}

[[nodiscard]] constexpr char to_lower(char c) {
  return is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c;
}

[[nodiscard]] constexpr bool equal_any_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return to_lower(x) == to_lower(y); });
}

}  // namespace rackcast::bytes
