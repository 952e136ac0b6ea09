#include "core/config/section_reader.h"

#include <algorithm>
#include <cassert>
#include <set>

namespace rackcast::config_detail {
namespace {

std::vector<std::string_view> words(std::string_view text) {
  std::vector<std::string_view> list;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    list.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return list;
}

bool has_word(std::string_view text, std::string_view word) {
  const auto list = words(text);
  return std::find(list.begin(), list.end(), word) != list.end();
}

// "not built yet: io = "dpdk"; use io_uring or socket"
std::string not_built_message(const KeySpec& key, std::string_view value) {
  std::string message = "not built yet: " + std::string(key.name) + " = ";
  message += key.kind == KeyKind::kBoolean ? std::string(value) : quoted(value);
  message += "; use";
  bool first = true;
  const std::string_view choices = key.kind == KeyKind::kBoolean ? "false true" : key.choices;
  for (const std::string_view choice : words(choices)) {
    if (has_word(key.not_built, choice)) continue;
    message += (first ? " " : " or ") + (key.kind == KeyKind::kBoolean ? std::string(choice) : quoted(choice));
    first = false;
  }
  return message;
}

// Where a key of this name belongs when it is not where it was found.
std::string_view section_with(std::string_view name) {
  const auto keys = config_keys();
  const auto found = std::find_if(keys.begin(), keys.end(), [&](const KeySpec& key) { return key.name == name; });
  return found == keys.end() ? std::string_view{} : found->section;
}

std::string text_problem(const KeySpec& key, std::string_view value) {
  switch (key.kind) {
    case KeyKind::kPath:
      return check_absolute_path(value);
    case KeyKind::kHostnamePattern:
      return check_hostname_pattern(value);
    case KeyKind::kBootFile:
      return check_boot_file(value);
    case KeyKind::kInterfaceList:
      return check_interface_name(value);
    default:
      return check_text(value);
  }
}

}  // namespace

std::string unknown_key_message(std::string_view section, std::string_view key) {
  std::string message = "unknown key " + quoted(key);
  if (const std::string_view near = did_you_mean(section, key); !near.empty())
    return message + "; did you mean " + quoted(near) + "?";
  if (const std::string_view home = section_with(key); !home.empty())
    message += "; it belongs in [" + std::string(home) + "]";
  return message;
}

SectionReader::SectionReader(const Node& table, std::string_view section, ProblemList& problems)
    : table_(table), section_(section), problems_(problems) {
  report_unknown();
  report_missing();
}

void SectionReader::report_unknown() const {
  for (const NodeEntry& entry : table_.entries) {
    if (find_key(section_, entry.key) != nullptr || find_section(dotted(entry.key)) != nullptr) continue;
    problems_.error(entry.key_at, dotted(entry.key), unknown_key_message(section_, entry.key));
  }
}

void SectionReader::report_missing() const {
  for (const KeySpec& key : config_keys()) {
    if (key.section != section_ || !key.required || table_.find(key.name) != nullptr) continue;
    error(key.name, table_.at,
          "needs " + std::string(key.name) + ", as in " + std::string(key.name) + " = " + std::string(key.example));
  }
}

const KeySpec& SectionReader::spec(std::string_view name) const {
  const KeySpec* const key = find_key(section_, name);
  assert(key != nullptr && "the parser asks only for keys of the table");
  return *key;
}

std::string SectionReader::dotted(std::string_view name) const {
  return section_.empty() ? std::string(name) : section_ + "." + std::string(name);
}

void SectionReader::error(std::string_view name, Position at, std::string message) const {
  problems_.error(at, dotted(name), std::move(message));
}

void SectionReader::warning(std::string_view name, Position at, std::string message) const {
  problems_.warning(at, dotted(name), std::move(message));
}

const Node* SectionReader::find(std::string_view name) const {
  const NodeEntry* const entry = table_.find(name);
  return entry == nullptr ? nullptr : &entry->value;
}

Position SectionReader::place(std::string_view name) const {
  const Node* const node = find(name);
  return node == nullptr ? table_.at : node->at;
}

const Node* SectionReader::typed(std::string_view name, NodeKind kind) const {
  const Node* const node = find(name);
  if (node == nullptr || node->kind == kind) return node;
  error(name, node->at,
        "must be " + std::string(kind_name(kind)) + ", not " + std::string(kind_name(node->kind)) + ", as in " +
            std::string(name) + " = " + std::string(spec(name).example));
  return nullptr;
}

std::vector<const Node*> SectionReader::items(std::string_view name, NodeKind kind) const {
  std::vector<const Node*> list;
  const Node* const array = typed(name, NodeKind::kArray);
  if (array == nullptr) return list;
  for (const Node& item : array->items) {
    if (item.kind == kind)
      list.push_back(&item);
    else
      error(name, item.at,
            "each must be " + std::string(kind_name(kind)) + ", not " + std::string(kind_name(item.kind)));
  }
  return list;
}

std::optional<std::string> SectionReader::text(std::string_view name) const {
  const Node* const node = typed(name, NodeKind::kText);
  if (node == nullptr) return std::nullopt;
  if (const std::string problem = text_problem(spec(name), node->text); !problem.empty()) {
    error(name, node->at, problem);
    return std::nullopt;
  }
  return node->text;
}

std::vector<Located<std::string>> SectionReader::texts(std::string_view name) const {
  std::vector<Located<std::string>> list;
  for (const Node* const item : items(name, NodeKind::kText)) {
    if (const std::string problem = text_problem(spec(name), item->text); !problem.empty())
      error(name, item->at, problem);
    else
      list.push_back({item->text, item->at});
  }
  return list;
}

std::optional<bool> SectionReader::boolean(std::string_view name) const {
  const Node* const node = typed(name, NodeKind::kBoolean);
  if (node == nullptr) return std::nullopt;
  const std::string_view value = node->boolean ? "true" : "false";
  if (has_word(spec(name).not_built, value)) {
    error(name, node->at, not_built_message(spec(name), value));
    return std::nullopt;
  }
  return node->boolean;
}

std::optional<std::int64_t> SectionReader::bounded(const KeySpec& key, const Node& node) const {
  if (node.kind != NodeKind::kInteger) {
    error(key.name, node.at, "must be an integer, not " + std::string(kind_name(node.kind)));
    return std::nullopt;
  }
  if (node.integer < key.min || node.integer > key.max) {
    error(key.name, node.at,
          std::to_string(node.integer) + " is out of range: " + std::string(key.name) + " takes " +
              std::to_string(key.min) + " to " + std::to_string(key.max));
    return std::nullopt;
  }
  return node.integer;
}

std::optional<std::int64_t> SectionReader::integer(std::string_view name) const {
  const Node* const node = find(name);
  return node == nullptr ? std::nullopt : bounded(spec(name), *node);
}

std::vector<Located<std::int64_t>> SectionReader::integers(std::string_view name) const {
  std::vector<Located<std::int64_t>> list;
  std::set<std::int64_t> seen;
  for (const Node* const item : items(name, NodeKind::kInteger)) {
    const auto value = bounded(spec(name), *item);
    if (!value) continue;
    if (!seen.insert(*value).second)
      error(name, item->at, std::to_string(*value) + " is there twice");
    else
      list.push_back({*value, item->at});
  }
  return list;
}

std::optional<std::size_t> SectionReader::choice(std::string_view name) const {
  const Node* const node = typed(name, NodeKind::kText);
  if (node == nullptr) return std::nullopt;
  const KeySpec& key = spec(name);
  const auto choices = words(key.choices);
  const auto found = std::find(choices.begin(), choices.end(), node->text);
  if (found == choices.end()) {
    std::string message = quoted(node->text) + " is not one of";
    for (const std::string_view choice : choices) message += " " + quoted(choice);
    error(name, node->at, message);
    return std::nullopt;
  }
  if (has_word(key.not_built, node->text)) {
    error(name, node->at, not_built_message(key, node->text));
    return std::nullopt;
  }
  return static_cast<std::size_t>(found - choices.begin());
}

std::vector<std::string> SectionReader::chosen(std::string_view name) const {
  std::vector<std::string> list;
  for (const auto& item : texts(name)) {
    if (!has_word(spec(name).choices, item.value))
      error(name, item.at, quoted(item.value) + " is not one of: " + std::string(spec(name).choices));
    else if (std::find(list.begin(), list.end(), item.value) != list.end())
      error(name, item.at, quoted(item.value) + " is there twice");
    else
      list.push_back(item.value);
  }
  return list;
}

std::optional<Located<net::Ipv4Address>> SectionReader::ipv4(std::string_view name) const {
  const Node* const node = typed(name, NodeKind::kText);
  if (node == nullptr) return std::nullopt;
  const auto address = net::Ipv4Address::parse(node->text);
  if (address && !address->is_any() && !address->is_broadcast() && !address->is_multicast())
    return Located<net::Ipv4Address>{*address, node->at};
  std::string message = quoted(node->text) + " is not the IPv4 address of a machine";
  if (!address && check_domain_name(node->text).empty() &&
      node->text.find_first_not_of("0123456789.") != std::string::npos)
    message += "; names are not looked up: write the address";
  error(name, node->at, message);
  return std::nullopt;
}

std::vector<Located<net::Ipv4Address>> SectionReader::ipv4s(std::string_view name) const {
  std::vector<Located<net::Ipv4Address>> list;
  for (const Node* const item : items(name, NodeKind::kText)) {
    const auto address = net::Ipv4Address::parse(item->text);
    if (address && !address->is_any() && !address->is_broadcast() && !address->is_multicast())
      list.push_back({*address, item->at});
    else
      error(name, item->at, quoted(item->text) + " is not the IPv4 address of a machine");
  }
  return list;
}

std::optional<net::Endpoint> SectionReader::endpoint(std::string_view name) const {
  const Node* const node = typed(name, NodeKind::kText);
  if (node == nullptr) return std::nullopt;
  const auto endpoint = net::Endpoint::parse(node->text);
  if (!endpoint)
    error(name, node->at, quoted(node->text) + " is not ADDRESS:PORT, as in " + std::string(spec(name).example));
  return endpoint;
}

std::vector<net::Endpoint> SectionReader::endpoints(std::string_view name) const {
  std::vector<net::Endpoint> list;
  for (const Node* const item : items(name, NodeKind::kText)) {
    const auto endpoint = net::Endpoint::parse(item->text);
    if (!endpoint)
      error(name, item->at, quoted(item->text) + " is not ADDRESS:PORT, as in \"0.0.0.0:69\" or \"[::]:69\"");
    else if (std::find(list.begin(), list.end(), *endpoint) != list.end())
      error(name, item->at, quoted(item->text) + " is there twice");
    else
      list.push_back(*endpoint);
  }
  const Node* const array = find(name);
  if (array != nullptr && array->kind == NodeKind::kArray && array->items.empty())
    error(name, array->at, "must name at least one address; leave the section out to turn the service off");
  return list;
}

}  // namespace rackcast::config_detail
