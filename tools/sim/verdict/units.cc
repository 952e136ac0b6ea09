#include "tools/sim/verdict/units.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "core/human_bytes.h"

namespace rackcast::sim {

double seconds_of(Span span) {
  return std::chrono::duration<double>(span).count();
}

std::string text_of(Span span) {
  const double seconds = seconds_of(span);
  const auto whole = std::llround(seconds);
  char text[48];
  if (seconds < 0.0995)
    std::snprintf(text, sizeof text, "%.0f ms", seconds * 1000);
  else if (seconds < 9.995)
    std::snprintf(text, sizeof text, "%.2f s", seconds);
  else if (seconds < 119.95)
    std::snprintf(text, sizeof text, "%.1f s", seconds);
  else if (whole < 7200)
    std::snprintf(text, sizeof text, "%lld m %02lld s", whole / 60, whole % 60);
  else
    std::snprintf(text, sizeof text, "%lld h %02lld m", whole / 3600, whole % 3600 / 60);
  return text;
}

std::string clock_text(Span span) {
  const auto seconds = std::max<long long>(0, std::chrono::floor<std::chrono::seconds>(span).count());
  char text[48];
  if (seconds < 3600)
    std::snprintf(text, sizeof text, "%02lld:%02lld", seconds / 60, seconds % 60);
  else
    std::snprintf(text, sizeof text, "%lld:%02lld:%02lld", seconds / 3600, seconds % 3600 / 60, seconds % 60);
  return text;
}

std::string rate_text(double bytes_per_second) {
  constexpr double kMax = 1e18;  // beyond any network: keeps the conversion defined
  return human_bytes(static_cast<std::uint64_t>(std::clamp(bytes_per_second, 0.0, kMax))) + "/s";
}

}  // namespace rackcast::sim
