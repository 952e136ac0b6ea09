// Reading a map file: name_map.h.
#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "core/quirks/name_map.h"
#include "core/quirks/name_map_rule.h"
#include "proto/bytes/ascii.h"

namespace rackcast::name_map_detail {
namespace {

using bytes::kBlanks;

struct Field {
  std::string_view text;
  std::uint32_t column = 0;
};

// Fields of a line: separated by blanks, ended by a `#`, both unless a `\` stands before.
class LineReader {
 public:
  explicit LineReader(std::string_view line) : line_(line) {}

  Field next() {
    at_ = std::min(line_.find_first_not_of(kBlanks, at_), line_.size());
    const std::size_t start = at_;
    bool escaped = false;
    for (; at_ < line_.size(); ++at_) {
      const char c = line_[at_];
      if (!escaped && (c == '#' || kBlanks.find(c) != std::string_view::npos)) break;
      escaped = !escaped && c == '\\';
    }
    return {line_.substr(start, at_ - start), static_cast<std::uint32_t>(start + 1)};
  }

 private:
  std::string_view line_;
  std::size_t at_ = 0;
};

// The end of a bracket expression that begins at `open`, behind its `]`.
std::size_t behind_bracket(std::string_view regex, std::size_t open) {
  std::size_t at = open + 1;
  if (at < regex.size() && regex[at] == '^') ++at;
  if (at < regex.size() && regex[at] == ']') ++at;
  while (at < regex.size() && regex[at] != ']') {
    const char kind = at + 1 < regex.size() ? regex[at + 1] : '\0';
    if (regex[at] == '[' && (kind == ':' || kind == '.' || kind == '=')) {  // [:alpha:] and kin hold a ] of their own
      const std::size_t end = regex.find(std::string{kind, ']'}, at + 2);
      if (end == std::string_view::npos) return regex.size();
      at = end + 2;
    } else {
      ++at;
    }
  }
  return at + 1;
}

// The larger bound of "{m,n}", "{m,}" or "{m}" at `open`; 1 for what is none.
std::uint64_t repeat_bound(std::string_view regex, std::size_t open) {
  std::uint64_t bound = 1;
  for (std::size_t at = open + 1; at < regex.size() && regex[at] != '}'; ++at) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(regex.data() + at, regex.data() + regex.size(), value);
    if (error == std::errc::result_out_of_range) return kNameMapExpandedMax + 1;
    if (error != std::errc{}) continue;  // the comma
    bound = std::max(bound, std::min(value, std::uint64_t{kNameMapExpandedMax} + 1));
    at = static_cast<std::size_t>(end - regex.data()) - 1;
  }
  return bound;
}

// Counts what regcomp() makes of a regular expression: it writes x{3} out as xxx, and x+ as xx*, so that repetitions of
// repetitions multiply.
class ExpandedSize {
 public:
  void atom(std::uint64_t size) {
    groups_.back().before += groups_.back().last;
    groups_.back().last = size;
  }
  void open() { groups_.emplace_back(); }
  void close() {
    if (groups_.size() == 1) return atom(1);
    const std::uint64_t size = groups_.back().before + groups_.back().last + 1;
    groups_.pop_back();
    atom(size);
  }
  void repeat(std::uint64_t times) { groups_.back().last *= times; }
  // Of all that is still open; no part of it exceeds the limit squared, so nothing wraps.
  [[nodiscard]] bool too_large() const {
    std::uint64_t size = 0;
    for (const Group& group : groups_) size += group.before + group.last;
    return size > kNameMapExpandedMax;
  }

 private:
  struct Group {
    std::uint64_t before = 0;
    std::uint64_t last = 0;
  };
  std::vector<Group> groups_{1};
};

// What could make regcomp() or regexec() take for ever; "" when nothing does.
std::string costly(std::string_view regex) {
  if (regex.size() > kNameMapRegexBytesMax)
    return "a regular expression is at most " + std::to_string(kNameMapRegexBytesMax) + " bytes";
  ExpandedSize size;
  for (std::size_t at = 0; at < regex.size(); ++at) {
    const char c = regex[at];
    if (c == '\\' && at + 1 < regex.size()) {
      if (regex[++at] >= '1' && regex[at] <= '9')
        return "back-references in a regular expression are refused: they can take for ever on some names";
      size.atom(1);
    } else if (c == '[') {
      at = behind_bracket(regex, at) - 1;
      size.atom(1);
    } else if (c == '(') {
      size.open();
    } else if (c == ')') {
      size.close();
    } else if (c == '{') {
      size.repeat(repeat_bound(regex, at));
      at = std::min(regex.find('}', at), regex.size() - 1);
    } else if (c == '+') {
      size.repeat(2);
    } else if (c != '*' && c != '?') {
      size.atom(1);
    }
    if (size.too_large())
      return "its repetitions, written out, are more than " + std::to_string(kNameMapExpandedMax) + " parts";
  }
  return "";
}

std::vector<Piece> parse_replacement(std::string_view text) {
  std::vector<Piece> pieces;
  const auto add_text = [&](char c) {
    if (pieces.empty() || pieces.back().kind != Piece::Kind::kText) pieces.emplace_back();
    pieces.back().text += c;
  };
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '\\' || at + 1 == text.size()) {
      add_text(text[at]);
      continue;
    }
    const char c = text[++at];
    if (c >= '0' && c <= '9')
      pieces.push_back({Piece::Kind::kGroup, static_cast<std::uint8_t>(c - '0'), {}});
    else if (c == 'i')
      pieces.push_back({Piece::Kind::kAddress, 0, {}});
    else if (c == 'x')
      pieces.push_back({Piece::Kind::kHexAddress, 0, {}});
    else if (c == 'U')
      pieces.push_back({Piece::Kind::kUpper, 0, {}});
    else if (c == 'L')
      pieces.push_back({Piece::Kind::kLower, 0, {}});
    else if (c == 'E')
      pieces.push_back({Piece::Kind::kAsIs, 0, {}});
    else
      add_text(c);
  }
  return pieces;
}

// Sets the part of the rule that the letter stands for; false: there is no such letter.
bool set_operation(Rule& rule, char letter, int& flags) {
  switch (letter) {
    case 'r':
      return rule.rewrite = true;
    case 'g':
      rule.repeat_behind = rule.repeat;
      return rule.repeat = true;
    case 'e':
      return rule.last = true;
    case 'E':
      return rule.last_if_file = true;
    case 's':
      return rule.restart = true;
    case 'a':
      return rule.refuse = true;
    case 'j':
      return rule.jump = true;
    case 'G':
      return rule.reads_only = true;
    case 'P':
      return rule.writes_only = true;
    case '4':
      return rule.v4_only = true;
    case '6':
      return rule.v6_only = true;
    case '~':
      return rule.inverse = true;
    case 'i':
      flags |= REG_ICASE;
      return true;
    default:
      return false;
  }
}

struct Contradiction {
  std::string_view letters;
  bool fatal = false;
};

// Two letters that exclude each other, "" when none do. Those that tftp-hpa 5.2 took are no error, for old files hold
// them: the first of the two is what counts.
Contradiction contradiction(const Rule& rule) {
  struct Pair {
    bool both;
    Contradiction found;
  };
  const std::array pairs{Pair{rule.rewrite && rule.inverse, {"r and ~", true}},
                         Pair{rule.jump && rule.rewrite, {"j and r", true}},
                         Pair{rule.jump && rule.refuse, {"j and a", true}},
                         Pair{rule.jump && rule.last, {"j and e", true}},
                         Pair{rule.jump && rule.last_if_file, {"j and E", true}},
                         Pair{rule.last_if_file && rule.last, {"E and e", true}},
                         Pair{rule.last_if_file && rule.refuse, {"E and a", true}},
                         Pair{rule.last_if_file && rule.restart, {"E and s", true}},
                         Pair{rule.refuse && rule.rewrite, {"a and r"}},
                         Pair{rule.refuse && rule.last, {"a and e"}},
                         Pair{rule.refuse && rule.restart, {"a and s"}},
                         Pair{rule.last && rule.restart, {"e and s"}}};
  const auto* const found = std::find_if(pairs.begin(), pairs.end(), [](const Pair& pair) { return pair.both; });
  return found == pairs.end() ? Contradiction{} : found->found;
}

RegexPointer compile(const std::string& text, int flags, std::string& problem) {
  problem = costly(text);
  if (!problem.empty()) return nullptr;
  auto regex = std::make_unique<regex_t>();
  const int error = ::regcomp(regex.get(), text.c_str(), REG_EXTENDED | flags);
  if (error == 0) return RegexPointer(regex.release());
  std::array<char, 128> reason{};
  ::regerror(error, regex.get(), reason.data(), reason.size());
  problem = std::string("not a regular expression: ") + reason.data();
  return nullptr;
}

class RuleReader {
 public:
  explicit RuleReader(ProblemList& problems) : problems_(problems) {}

  void read(std::string_view line, std::uint32_t number) {
    LineReader fields(line);
    const Field operations = fields.next();
    if (operations.text.empty()) return;
    line_ = number;
    if (rules_.size() == kNameMapRulesMax) {
      if (!full_) error(operations, "more than " + std::to_string(kNameMapRulesMax) + " rules");
      full_ = true;
      return;
    }
    Rule rule;
    if (operations.text[0] == ':' ? read_label(operations, rule) : read_rule(operations, fields, rule)) {
      rules_.push_back(std::move(rule));
      places_.push_back({number, operations.column});
    }
  }

  std::vector<Rule> take() {
    for (std::size_t i = 0; i < rules_.size(); ++i) {
      const Rule& rule = rules_[i];
      if (!rule.jump || rule.label.empty() || has_label(rule.label)) continue;
      problems_.error(places_[i], "", "there is no label :" + rule.label + " to jump to");
    }
    return std::move(rules_);
  }

 private:
  void error(const Field& field, std::string message) {
    problems_.error({line_, field.column}, "", std::move(message));
  }

  bool has_label(std::string_view label) const {
    return std::any_of(rules_.begin(), rules_.end(),
                       [&](const Rule& rule) { return rule.regex == nullptr && rule.label == label; });
  }

  bool read_label(const Field& field, Rule& rule) {
    rule.label = field.text.substr(1);
    if (rule.label.empty())
      error(field, "a label needs a name, as in :kernel");
    else if (has_label(rule.label))
      error(field, "the label :" + rule.label + " is there twice");
    else
      return true;
    return false;
  }

  bool read_rule(const Field& operations, LineReader& fields, Rule& rule) {
    int flags = 0;
    for (const char letter : operations.text) {
      if (set_operation(rule, letter, flags)) continue;
      error(operations, std::string("there is no operation \"") + (letter > ' ' && letter < 0x7F ? letter : '?') +
                            "\"; a rule is OPERATIONS REGEX [REPLACEMENT], as in rg \\\\ /");
      return false;
    }
    if (const Contradiction found = contradiction(rule); found.fatal) {
      error(operations, "the operations " + std::string(found.letters) + " exclude each other");
      return false;
    } else if (!found.letters.empty()) {
      problems_.warning({line_, operations.column}, "",
                        "of the operations " + std::string(found.letters) + " only the first counts");
    }
    const Field regex = fields.next();
    if (regex.text.empty()) {
      error(operations, "the rule has no regular expression");
      return false;
    }
    std::string problem;
    rule.regex = compile(std::string(regex.text), flags, problem);
    if (!problem.empty()) {
      error(regex, problem);
      return false;
    }
    return read_replacement(fields.next(), rule);
  }

  bool read_replacement(const Field& field, Rule& rule) {
    rule.replacement = parse_replacement(field.text);
    if (!rule.jump) return true;
    if (field.text.empty()) {
      problems_.error({line_, 1}, "", "a jump needs the label it goes to");
      return false;
    }
    if (rule.replacement.size() == 1 && rule.replacement[0].kind == Piece::Kind::kText)
      rule.label = rule.replacement[0].text;
    return true;
  }

  ProblemList& problems_;
  std::vector<Rule> rules_;
  std::vector<Position> places_;
  std::uint32_t line_ = 0;
  bool full_ = false;
};

}  // namespace

std::vector<Rule> parse_rules(std::string_view text, ProblemList& problems) {
  if (text.size() > kNameMapBytesMax) {
    problems.error({}, "", "larger than " + std::to_string(kNameMapBytesMax >> 10U) + " KiB: this is no map file");
    return {};
  }
  if (text.find('\0') != std::string_view::npos) {
    problems.error({}, "", "holds NUL bytes: this is no map file");
    return {};
  }
  RuleReader reader(problems);
  std::uint32_t number = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    reader.read(text.substr(at, end - at), ++number);
    at = end + 1;
  }
  return reader.take();
}

}  // namespace rackcast::name_map_detail
