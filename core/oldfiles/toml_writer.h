// TOML text piece by piece: sections, lines, strings. What TOML cannot hold (text that is not UTF-8) is remembered and
// told by finish(). Private to toml_text.h's writers. One thread.
#pragma once

#include <string>
#include <string_view>

#include "core/result.h"

namespace rackcast::toml_detail {

class Writer {
 public:
  [[nodiscard]] Result<std::string> finish();

  void section(std::string_view name) { text_ += (text_.empty() ? "[" : "\n[") + std::string(name) + "]\n"; }
  void array_section(std::string_view name) { section("[" + std::string(name) + "]"); }
  void line(std::string_view key, const std::string& value) { text_ += std::string(key) + " = " + value + "\n"; }
  void number(std::string_view key, std::uint64_t value) { line(key, std::to_string(value)); }
  void text(std::string_view key, std::string_view value) { line(key, quoted(value)); }
  // Text of several lines, as it is between three quotes where that can be.
  void lines(std::string_view key, std::string_view value);

  template <typename List, typename Show>
  void list(std::string_view key, const List& values, Show show) {
    std::string all;
    for (const auto& value : values) all += (all.empty() ? "" : ", ") + quoted(show(value));
    line(key, "[" + all + "]");
  }

  [[nodiscard]] std::string quoted(std::string_view text);

 private:
  std::string text_;
  std::string problem_;
};

}  // namespace rackcast::toml_detail
