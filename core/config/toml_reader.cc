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

constexpr const char* kBareUnicode = "not TOML: only ASCII may stand outside quotes";

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

// What we refuse before the library sees it, null when nothing: strings over several lines hold nothing we need, and
// without them each line can be judged by itself; non-ASCII letters outside strings are no TOML and reach branches that
// the library holds to be unreachable. A quote within a word is no string to the library, so it must be none here.
const char* line_problem(std::string_view line) {
  std::size_t dots = 0;  // outside strings and comments
  for (std::size_t i = 0; i < line.size() && line[i] != '#'; ++i) {
    const char c = line[i];
    if (!is_ascii(line.substr(i, 1))) return kBareUnicode;
    if (c == '.' && ++dots > kDotsPerLineMax) return "keys are nested too deeply on this line";
    if (c != '"' && c != '\'') continue;
    if (line.substr(i, 3) == std::string(3, c))
      return "multi-line strings are not used here: write the value on one line";
    const char before = i == 0 ? ' ' : line[i - 1];
    if (std::string_view(" \t=[{,.").find(before) == std::string_view::npos) return "not TOML: a quote within a word";
    const std::size_t open = i;
    for (++i; i < line.size() && line[i] != c; ++i)
      if (c == '"' && line[i] == '\\') ++i;
    if (i >= line.size()) return "not TOML: a string that is not closed on its line";
    if (before == '.' && !is_ascii(line.substr(open, i - open))) return kBareUnicode;
  }
  return nullptr;
}

bool acceptable(std::string_view text, ProblemList& problems) {
  std::uint32_t number = 1;
  for (std::size_t start = 0; start <= text.size(); ++number) {
    const std::size_t end = std::min(text.find('\n', start), text.size());
    if (const char* const problem = line_problem(text.substr(start, end - start))) {
      problems.error({number, 1}, "", problem);
      return false;
    }
    start = end + 1;
  }
  return true;
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
