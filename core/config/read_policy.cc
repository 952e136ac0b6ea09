#include "core/config/read_policy.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "core/config/sections.h"

namespace rackcast::config_detail {
namespace {

constexpr std::size_t kSpaceNameBytesMax = 64;

// What may stand where the language has a name, so that nothing else gets into a statement.
bool is_option_name(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
           c == '.';
  });
}

// A string of the language.
std::string in_quotes(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      quoted += '\\';
      quoted += c;
    } else if (byte < 0x20 || byte >= 0x7F) {
      std::array<char, 8> escape{};
      (void)std::snprintf(escape.data(), escape.size(), "\\%03o", static_cast<unsigned>(byte));
      quoted += escape.data();
    } else {
      quoted += c;
    }
  }
  return quoted + "\"";
}

std::string in_colons(std::span<const std::byte> octets) {
  std::string text;
  for (const std::byte octet : octets) {
    std::array<char, 4> digits{};
    (void)std::snprintf(digits.data(), digits.size(), "%02x", std::to_integer<unsigned>(octet));
    text += (text.empty() ? "" : ":") + std::string(digits.data());
  }
  return text;
}

// As the language has it: in quotes where it is text, alone or in a list; records and all else as they are written.
std::string text_statement(const OptionDefinition& option, std::string_view text) {
  const ItemType item = option.items.size() == 1 ? option.items.front() : ItemType::kAddress;
  if (item == ItemType::kBytes) {
    const std::vector<std::byte> octets = octets_of(text);
    return octets.size() == text.size() ? in_quotes(text) : in_colons(octets);
  }
  const bool is_text = item == ItemType::kText || item == ItemType::kDomainName || item == ItemType::kDomainList;
  return is_text ? in_quotes(text) : std::string(text);
}

// The value as the language writes it; nullopt: of a type it has not.
std::optional<std::string> value_statement(const OptionDefinition& option, const Node& value) {
  switch (value.kind) {
    case NodeKind::kText:
      return text_statement(option, value.text);
    case NodeKind::kInteger:
      return std::to_string(value.integer);
    case NodeKind::kBoolean:
      return value.boolean ? "true" : "false";
    case NodeKind::kArray: {
      std::string list;
      for (const Node& item : value.items) {
        const auto one = item.kind == NodeKind::kArray ? std::nullopt : value_statement(option, item);
        if (!one) return std::nullopt;
        list += (list.empty() ? "" : ", ") + *one;
      }
      return list;
    }
    default:
      return std::nullopt;
  }
}

}  // namespace

PolicyReader::PolicyReader(ProblemList& problems) : problems_(problems), catalog_(std::make_shared<OptionCatalog>()) {
  context_.catalog = catalog_.get();
  context_.variables = &variables_;
  context_.class_number = [this](std::string_view name) { return find_class(name); };
}

std::optional<std::uint16_t> PolicyReader::find_class(std::string_view name) const {
  const auto found = std::find(classes_.begin(), classes_.end(), name);
  if (found == classes_.end()) return std::nullopt;
  return static_cast<std::uint16_t>(found - classes_.begin());
}

const OptionDefinition* PolicyReader::find_option(std::string_view name) const {
  const std::size_t dot = name.find('.');
  return dot == std::string_view::npos ? catalog_->find("dhcp", name)
                                       : catalog_->find(name.substr(0, dot), name.substr(dot + 1));
}

// --- definitions

void PolicyReader::read_space(const Node& table) {
  const SectionReader reader(table, "dhcp.option_space", problems_);
  OptionSpace space;
  space.name = reader.text("name").value_or("");
  if (const auto bytes = reader.integer("code_bytes")) space.code_bytes = static_cast<std::uint8_t>(*bytes);
  if (const auto bytes = reader.integer("length_bytes")) space.length_bytes = static_cast<std::uint8_t>(*bytes);
  if (space.code_bytes == 3) reader.error("code_bytes", reader.place("code_bytes"), "must be 1, 2 or 4");
  if (space.name.empty()) return;
  if (!is_option_name(space.name) || space.name.size() > kSpaceNameBytesMax ||
      space.name.find('.') != std::string::npos)
    return reader.error("name", reader.place("name"),
                        quoted(space.name) + " is no name for a space: letters, digits, \"-\" and \"_\"");
  if (const auto added = catalog_->add_space(std::move(space)); !added)
    reader.error("name", reader.place("name"), added.error().message);
}

void PolicyReader::read_option(const Node& table) {
  const SectionReader reader(table, "dhcp.option", problems_);
  const auto name = reader.text("name");
  const auto code = reader.integer("code");
  const auto type = reader.text("type");
  if (!name || !code || !type) return;
  if (!is_option_name(*name))
    return reader.error("name", reader.place("name"), quoted(*name) + " is no name for an option: NAME or SPACE.NAME");
  if (type->find_first_of(";#\"") != std::string::npos)
    return reader.error("type", reader.place("type"), quoted(*type) + " is no type, as in \"array of ip-address\"");
  std::vector<RuleProblem> found;
  context_.definitions_allowed = true;
  static_cast<void>(
      parse_rules("option " + *name + " code " + std::to_string(*code) + " = " + *type + ";", context_, found));
  context_.definitions_allowed = false;
  for (const RuleProblem& problem : found) reader.error("type", reader.place("type"), problem.message);
}

void PolicyReader::read_definitions(const Node& dhcp) {
  constexpr std::size_t kSpaces = OptionCatalog::kSpacesMax;
  constexpr std::size_t kOptions = OptionCatalog::kDefinitionsMax;
  for (const Node* const table : array_section(dhcp, "option_space", "dhcp.option_space", kSpaces, problems_))
    read_space(*table);
  for (const Node* const table : array_section(dhcp, "option", "dhcp.option", kOptions, problems_)) read_option(*table);
}

// --- rules and expressions

// Places within the text are places in the file where it is written as it is.
void PolicyReader::report(const SectionReader& section, std::string_view key, const Node& text,
                          const std::vector<RuleProblem>& problems) {
  for (const RuleProblem& problem : problems) {
    Position at = text.at;
    if (problem.line == 1)
      at = {text.text_at.line, text.text_at.column + std::max(problem.column, 1U) - 1};
    else if (text.over_lines)
      at = {text.text_at.line + problem.line - 1, problem.column};
    const std::string message =
        problem.subject.empty() ? problem.message : quoted(problem.subject) + ": " + problem.message;
    if (problem.kind == RuleProblemKind::kError)
      section.error(key, at, message);
    else
      section.warning(key, at, message);
  }
}

std::optional<std::vector<std::byte>> PolicyReader::option_value(const SectionReader& section, std::string_view key,
                                                                 const OptionDefinition& option, const Node& value) {
  const auto text = value_statement(option, value);
  if (!text) {
    section.error(key, value.at, "must be a string, a number, a boolean or a list of them");
    return std::nullopt;
  }
  std::string problem;
  auto octets = parse_option_value(*text, option, context_, problem);
  if (!octets) section.error(key, value.at, quoted(option.name) + ": " + problem);
  return octets;
}

// `ipxe.no-pxedhcp = 1` is a table in a table to TOML: `space` is what stands before the dot.
void PolicyReader::options(const SectionReader& section, const Node& table, const std::string& space,
                           std::string& statements) {
  for (const NodeEntry& entry : table.entries) {
    const std::string name = space.empty() ? entry.key : space + "." + entry.key;
    if (entry.value.kind == NodeKind::kTable && space.empty() && name.find('.') == std::string::npos) {
      options(section, entry.value, name, statements);
      continue;
    }
    const OptionDefinition* const option = find_option(name);
    if (option == nullptr) {
      section.error("options", entry.key_at,
                    "there is no option " + quoted(name) + "; [[dhcp.option]] defines new ones");
      continue;
    }
    if (!option_value(section, "options", *option, entry.value)) continue;
    statements += "option " + name + " " + value_statement(*option, entry.value).value_or("") + ";\n";
  }
}

Rules PolicyReader::rules(const SectionReader& section) {
  Rules made;
  std::vector<RuleProblem> found;
  if (const Node* const table = section.table("options")) {
    std::string statements;
    options(section, *table, "", statements);
    if (!statements.empty()) made = parse_rules(statements, context_, found);
  }
  found.clear();
  if (const Node* const text = section.text_node("rules")) {
    const Rules own = parse_rules(text->text, context_, found);
    report(section, "rules", *text, found);
    made = made.empty() ? own : joined(made, own);
  }
  return made;
}

Expression PolicyReader::condition(const SectionReader& section, std::string_view key) {
  const Node* const text = section.text_node(key);
  if (text == nullptr) return {};
  std::vector<RuleProblem> found;
  Expression made = parse_condition(text->text, context_, found);
  report(section, key, *text, found);
  return made;
}

Expression PolicyReader::data(const SectionReader& section, std::string_view key) {
  const Node* const text = section.text_node(key);
  if (text == nullptr) return {};
  std::vector<RuleProblem> found;
  Expression made = parse_data(text->text, context_, found);
  report(section, key, *text, found);
  return made;
}

}  // namespace rackcast::config_detail
