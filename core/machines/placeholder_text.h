// Renders "{{name}}" placeholders of configuration strings into bounded text; the configuration parser has refused
// unknown names (core/config). Total: what is no placeholder is copied as it stands. Never allocates.
#pragma once

#include <string_view>

#include "proto/bytes/fixed_text.h"

namespace rackcast {

// `value_of(name)` gives the text for a placeholder. The result's cut() tells that it did not fit.
template <std::size_t kBytesMax, typename ValueOf>
[[nodiscard]] FixedText<kBytesMax> render_placeholders(std::string_view pattern, ValueOf&& value_of) {
  FixedText<kBytesMax> out;
  while (!pattern.empty()) {
    const std::size_t open = pattern.find("{{");
    const std::size_t close = open == std::string_view::npos ? open : pattern.find("}}", open);
    if (close == std::string_view::npos) break;
    (void)out.append(pattern.substr(0, open));
    (void)out.append(std::string_view(value_of(pattern.substr(open + 2, close - open - 2))));
    pattern.remove_prefix(close + 2);
  }
  (void)out.append(pattern);
  return out;
}

}  // namespace rackcast
