// One rule of a map file, compiled. Private to the name map (name_map.h has the meaning of each part).
#pragma once

#include <regex.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/config/problem.h"

namespace rackcast::name_map_detail {

struct RegexDeleter {
  void operator()(regex_t* regex) const {
    ::regfree(regex);
    delete regex;  // NOLINT(cppcoreguidelines-owning-memory)
  }
};
using RegexPointer = std::unique_ptr<regex_t, RegexDeleter>;

struct Piece {
  enum class Kind : std::uint8_t { kText, kGroup, kAddress, kHexAddress, kUpper, kLower, kAsIs };
  Kind kind = Kind::kText;
  std::uint8_t group = 0;
  std::string text;
};

struct Rule {
  RegexPointer regex;  // null: a label
  std::vector<Piece> replacement;
  std::string label;  // of a label; or where a jump goes, "" when that depends on the match
  bool rewrite = false;
  bool repeat = false;
  bool repeat_behind = false;  // gg
  bool last = false;
  bool last_if_file = false;
  bool restart = false;
  bool refuse = false;
  bool jump = false;
  bool reads_only = false;
  bool writes_only = false;
  bool v4_only = false;
  bool v6_only = false;
  bool inverse = false;
};

// The rules of a file; every problem goes to the list.
[[nodiscard]] std::vector<Rule> parse_rules(std::string_view text, ProblemList& problems);

}  // namespace rackcast::name_map_detail
