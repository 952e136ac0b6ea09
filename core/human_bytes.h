// A number of bytes as people read it, in powers of a thousand: "999 B", "6.9 MB". Off the data path.
#pragma once

#include <array>
#include <cstdint>
#include <cstdio>
#include <string>

namespace rackcast {

[[nodiscard]] inline std::string human_bytes(std::uint64_t bytes) {
  constexpr std::array<const char*, 5> kUnits{"B", "kB", "MB", "GB", "TB"};
  if (bytes < 1000) return std::to_string(bytes) + " B";
  auto value = static_cast<double>(bytes);
  std::size_t unit = 0;
  while (value >= 999.95 && unit + 1 < kUnits.size()) {
    value /= 1000;
    ++unit;
  }
  char text[32];
  std::snprintf(text, sizeof text, "%.1f %s", value, kUnits[unit]);
  return text;
}

}  // namespace rackcast
