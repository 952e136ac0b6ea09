// The only place that includes toml++: header-only, whatever the packaged library was built with. The library's parser
// checks itself with assertions that bad input does reach (a time cut short is one); they must end neither in an abort
// nor, with NDEBUG, in an assumption the compiler builds on. So here they throw, and read_toml catches.
#include <algorithm>
#include <string>

#include "core/config/node.h"

namespace rackcast::config_detail {
struct LibraryCheckFailed {};
constexpr void library_check(bool holds) {
  if (!holds) throw LibraryCheckFailed{};
}
}  // namespace rackcast::config_detail

#undef NDEBUG
#define TOML_ASSERT(expr) ::rackcast::config_detail::library_check(static_cast<bool>(expr))
#define TOML_HEADER_ONLY 1
#define TOML_EXCEPTIONS 1
#define TOML_ENABLE_FORMATTERS 0
#define TOML_MAX_NESTED_VALUES 16
#include <toml++/toml.h>

namespace rackcast::config_detail {
namespace {

// toml++ recurses once per table level and dotted keys make a level each: without a bound a hostile line exhausts the
// stack.
constexpr std::size_t kDotsPerLineMax = 64;

Position position_of(const toml::source_region& region) {
  return {static_cast<std::uint32_t>(region.begin.line), static_cast<std::uint32_t>(region.begin.column)};
}

// Of the first character: behind the quote, or on the line behind the three, whose own end does not count.
Position text_position(const toml::source_region& region, std::string_view text) {
  const auto lines = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
  const std::size_t spelled = region.end.line - region.begin.line;
  Position at = position_of(region);
  if (spelled > 0 && spelled > lines) return {at.line + 1, 1};
  at.column += spelled > 0 ? 3 : 1;
  return at;
}

constexpr const char* kBareUnicode = "not TOML: only ASCII may stand outside quotes";

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

// What we refuse before the library sees it, so that it meets nothing it holds to be impossible: non-ASCII letters
// outside strings are no TOML and reach branches that the library holds to be unreachable, and a quote within a word is
// no string to the library, so it must be none here. Text over several lines stands between ''', as it is; the other
// kind, with its escapes and folded lines, holds nothing we need.
class TextCheck {
 public:
  explicit TextCheck(std::string_view text) : text_(text) {}

  // Null: nothing; else what, on line().
  const char* run() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '\n') {
        ++line_;
        dots_ = 0;
        last_ = '\n';
      } else if (c == '#') {
        at_ = std::min(text_.find('\n', at_), text_.size());
        continue;
      } else if (!is_ascii(text_.substr(at_, 1))) {
        return kBareUnicode;
      } else if (c == '.' && ++dots_ > kDotsPerLineMax) {
        return "keys are nested too deeply on this line";
      } else if (c == '"' || c == '\'') {
        if (const char* const problem = skip_string(c)) return problem;
        last_ = c;
        continue;
      }
      if (c != ' ' && c != '\t') last_ = c;
      ++at_;
    }
    return nullptr;
  }
  [[nodiscard]] std::uint32_t line() const { return line_; }

 private:
  const char* skip_string(char quote) {
    const char before = at_ == 0 ? '\n' : text_[at_ - 1];
    if (text_.substr(at_, 3) == std::string(3, quote)) return skip_lines(quote);
    if (std::string_view(" \t\n=[{,.").find(before) == std::string_view::npos) return "not TOML: a quote within a word";
    const std::size_t open = at_;
    for (++at_; at_ < text_.size() && text_[at_] != quote && text_[at_] != '\n'; ++at_)
      if (quote == '"' && text_[at_] == '\\' && text_.substr(at_ + 1, 1) != "\n") ++at_;
    if (at_ >= text_.size() || text_[at_] != quote) return "not TOML: a string that is not closed on its line";
    ++at_;
    return before == '.' && !is_ascii(text_.substr(open, at_ - open)) ? kBareUnicode : nullptr;
  }

  const char* skip_lines(char quote) {
    if (quote == '"' || last_ != '=') return "multi-line strings stand between ''', and only as a key's value";
    const std::size_t close = text_.find("'''", at_ + 3);
    if (close == std::string_view::npos) return "not TOML: a multi-line string that is not closed";
    if (text_.substr(close + 3, 1) == "'") return "not TOML: more than three quotes close a multi-line string";
    line_ += static_cast<std::uint32_t>(std::count(text_.begin() + static_cast<std::ptrdiff_t>(at_),
                                                   text_.begin() + static_cast<std::ptrdiff_t>(close), '\n'));
    at_ = close + 3;
    return nullptr;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t dots_ = 0;  // of this line, outside strings and comments
  std::uint32_t line_ = 1;
  char last_ = '\n';  // but for blanks
};

bool acceptable(std::string_view text, ProblemList& problems) {
  TextCheck check(text);
  const char* const problem = check.run();
  if (problem != nullptr) problems.error({check.line(), 1}, "", problem);
  return problem == nullptr;
}

Node convert(const toml::node& from);

Node convert_table(const toml::table& from) {
  Node node;
  node.kind = NodeKind::kTable;
  node.at = position_of(from.source());
  for (const auto& [key, value] : from)
    node.entries.push_back({std::string(key.str()), position_of(key.source()), convert(value)});
  return node;
}

Node convert_array(const toml::array& from) {
  Node node;
  node.kind = NodeKind::kArray;
  node.at = position_of(from.source());
  for (const toml::node& item : from) node.items.push_back(convert(item));
  node.array_of_tables = !node.items.empty() && std::all_of(node.items.begin(), node.items.end(),
                                                            [](const Node& n) { return n.kind == NodeKind::kTable; });
  return node;
}

Node convert(const toml::node& from) {
  if (const auto* table = from.as_table()) return convert_table(*table);
  if (const auto* array = from.as_array()) return convert_array(*array);
  Node node;
  node.at = position_of(from.source());
  if (const auto* text = from.as_string()) {
    node.kind = NodeKind::kText;
    node.text = text->get();
    node.text_at = text_position(from.source(), node.text);
    node.over_lines = from.source().end.line > from.source().begin.line;
  } else if (const auto* integer = from.as_integer()) {
    node.kind = NodeKind::kInteger;
    node.integer = integer->get();
  } else if (const auto* boolean = from.as_boolean()) {
    node.kind = NodeKind::kBoolean;
    node.boolean = boolean->get();
  } else {
    node.kind = from.is_floating_point() ? NodeKind::kFloat : NodeKind::kDate;
  }
  return node;
}

// The library's sentence may span lines and end in a full stop; ours are one line without.
std::string one_line(std::string_view text) {
  std::string line(text);
  std::replace_if(
      line.begin(), line.end(), [](char c) { return c == '\n' || c == '\r' || c == '\t' || c == '\0'; }, ' ');
  while (!line.empty() && (line.back() == '.' || line.back() == ' ')) line.pop_back();
  return line;
}

bool library_check_fails(std::string_view text) {
  try {
    (void)toml::parse(text);
  } catch (const toml::parse_error&) {
    return false;
  } catch (const LibraryCheckFailed&) {
    return true;
  }
  return false;
}

// The library does not say where its own check failed: the shortest run of lines that fails ends there.
std::uint32_t first_failing_line(std::string_view text) {
  std::vector<std::size_t> ends;  // of each line, without its newline
  for (std::size_t start = 0; start <= text.size(); start = ends.back() + 1)
    ends.push_back(std::min(text.find('\n', start), text.size()));
  std::size_t low = 0;
  for (std::size_t high = ends.size() - 1; low < high;) {
    const std::size_t middle = (low + high) / 2;
    if (library_check_fails(text.substr(0, ends[middle])))
      high = middle;
    else
      low = middle + 1;
  }
  return static_cast<std::uint32_t>(low + 1);
}

}  // namespace

const NodeEntry* Node::find(std::string_view key) const {
  const auto found = std::find_if(entries.begin(), entries.end(), [&](const NodeEntry& e) { return e.key == key; });
  return found == entries.end() ? nullptr : &*found;
}

std::string_view kind_name(NodeKind kind) {
  switch (kind) {
    case NodeKind::kTable:
      return "a table";
    case NodeKind::kArray:
      return "an array";
    case NodeKind::kText:
      return "a string";
    case NodeKind::kInteger:
      return "an integer";
    case NodeKind::kFloat:
      return "a float";
    case NodeKind::kBoolean:
      return "a boolean";
    case NodeKind::kDate:
      return "a date or time";
  }
  return "a value";
}

std::optional<Node> read_toml(std::string_view text, ProblemList& problems) {
  if (!acceptable(text, problems)) return std::nullopt;
  try {
    return convert_table(toml::parse(text));
  } catch (const toml::parse_error& error) {
    problems.error(position_of(error.source()), "", "not TOML: " + one_line(error.description()));
  } catch (const LibraryCheckFailed&) {
    problems.error({first_failing_line(text), 1}, "", "not TOML: this line cannot be read");
  }
  return std::nullopt;
}

}  // namespace rackcast::config_detail
