#include "core/policy/option_catalog.h"

#include <algorithm>
#include <charconv>

#include "core/near_name.h"
#include "core/policy/built_in_options.h"
#include "core/policy/lexer.h"
#include "proto/dhcp/option_table.h"

namespace rackcast {
namespace {

using dhcp4::ValueKind;
using policy_detail::BuiltInOption;
using policy_detail::Repeats;

constexpr std::string_view kUnknownPrefix = "unknown-";
constexpr std::uint32_t kDhcpCodeMax = 254;

ItemType item_of(ValueKind kind) {
  switch (kind) {
    case ValueKind::kText:
      return ItemType::kText;
    case ValueKind::kFlag:
      return ItemType::kFlag;
    case ValueKind::kBool:
      return ItemType::kBool;
    case ValueKind::kU8:
    case ValueKind::kCodeList:
      return ItemType::kU8;
    case ValueKind::kU16:
    case ValueKind::kU16List:
      return ItemType::kU16;
    case ValueKind::kU32:
      return ItemType::kU32;
    case ValueKind::kS32:
      return ItemType::kS32;
    case ValueKind::kAddress:
    case ValueKind::kAddressList:
    case ValueKind::kAddressPairs:
      return ItemType::kAddress;
    case ValueKind::kDomainList:
      return ItemType::kDomainList;
    case ValueKind::kBytes:
    case ValueKind::kSubOptions:
    case ValueKind::kRoutes:
      return ItemType::kBytes;
  }
  return ItemType::kBytes;
}

OptionDefinition from_table(const dhcp4::OptionSpec& spec) {
  OptionDefinition definition{std::string(spec.name), {kDhcpSpace, spec.code}, {item_of(spec.kind)}};
  definition.repeats = spec.kind == ValueKind::kU16List || spec.kind == ValueKind::kCodeList ||
                       spec.kind == ValueKind::kAddressList || spec.kind == ValueKind::kAddressPairs;
  if (spec.kind == ValueKind::kAddressPairs) definition.items.push_back(ItemType::kAddress);
  return definition;
}

OptionDefinition from_built_in(const BuiltInOption& option) {
  OptionDefinition definition{std::string(option.name), {option.space, option.code}};
  definition.items.assign(option.items.begin(), option.items.begin() + option.item_count);
  definition.repeats = option.repeats == Repeats::kAll;
  definition.last_repeats = option.repeats == Repeats::kLast;
  definition.encapsulated = option.encapsulated;
  return definition;
}

std::uint32_t code_max(const OptionSpace& space) {
  if (space.code_bytes >= 4) return 0xFFFF'FFFFU;
  return (1U << (8U * space.code_bytes)) - 1;
}

}  // namespace

OptionCatalog::BuiltIn::BuiltIn() {
  for (std::uint32_t code = 1; code <= kDhcpCodeMax; ++code)
    add({std::string(kUnknownPrefix) + std::to_string(code), {kDhcpSpace, code}, {ItemType::kBytes}});
  for (const dhcp4::OptionSpec& spec : dhcp4::kOptionTable) add(from_table(spec));
  for (const BuiltInOption& option : policy_detail::kBuiltInOptions) add(from_built_in(option));
}

void OptionCatalog::BuiltIn::add(OptionDefinition definition) {
  index.by_name[name_key(definition.key.space, definition.name)] = definitions.size();
  index.by_code[definition.key] = definitions.size();
  definitions.push_back(std::move(definition));
}

const OptionCatalog::BuiltIn& OptionCatalog::built_in() {
  static const BuiltIn built_in;
  return built_in;
}

OptionCatalog::OptionCatalog() {
  for (const auto& space : policy_detail::kBuiltInSpaceTable)
    spaces_.push_back({std::string(space.name), space.code_bytes, space.length_bytes});
}

std::string OptionCatalog::name_key(std::uint16_t space, std::string_view name) {
  std::string key = std::to_string(space) + '.';
  for (const char c : name) key += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return key;
}

void OptionCatalog::note(const OptionDefinition& definition, std::size_t index) {
  index_.by_name[name_key(definition.key.space, definition.name)] = index;
  index_.by_code[definition.key] = index;
}

const OptionDefinition* OptionCatalog::find(std::string_view space, std::string_view name) const {
  const auto number = space.empty() ? std::optional(kDhcpSpace) : find_space(space);
  if (!number) return nullptr;
  // "unknown-93" is whatever 93 is called by now, as in dhcpd.
  std::uint32_t code = 0;
  if (name.size() > kUnknownPrefix.size() && same_word(name.substr(0, kUnknownPrefix.size()), kUnknownPrefix)) {
    const char* const end = name.data() + name.size();
    const auto [stop, error] = std::from_chars(name.data() + kUnknownPrefix.size(), end, code);
    if (error == std::errc{} && stop == end) return find(OptionKey{*number, code});
  }
  const std::string key = name_key(*number, name);
  if (const auto found = index_.by_name.find(key); found != index_.by_name.end()) return &defined_[found->second];
  const auto found = built_in().index.by_name.find(key);
  return found == built_in().index.by_name.end() ? nullptr : &built_in().definitions[found->second];
}

const OptionDefinition* OptionCatalog::find(OptionKey key) const {
  if (const auto found = index_.by_code.find(key); found != index_.by_code.end()) return &defined_[found->second];
  const auto found = built_in().index.by_code.find(key);
  return found == built_in().index.by_code.end() ? nullptr : &built_in().definitions[found->second];
}

std::optional<std::uint16_t> OptionCatalog::find_space(std::string_view name) const {
  const auto found = std::find_if(spaces_.begin(), spaces_.end(),
                                  [&](const OptionSpace& space) { return same_word(space.name, name); });
  if (found == spaces_.end()) return std::nullopt;
  return static_cast<std::uint16_t>(found - spaces_.begin());
}

std::string_view OptionCatalog::near_name(std::uint16_t space, std::string_view name) const {
  NearName near(name);
  for (const auto* definitions : {&built_in().definitions, &defined_}) {
    for (const OptionDefinition& definition : *definitions) {
      if (definition.key.space == space && !definition.name.starts_with(kUnknownPrefix)) near.consider(definition.name);
    }
  }
  return near.best();
}

Result<std::uint16_t> OptionCatalog::add_space(OptionSpace space) {
  if (find_space(space.name)) return fail("there is an option space \"" + space.name + "\" already");
  if (spaces_.size() == kSpacesMax) return fail("more than " + std::to_string(kSpacesMax) + " option spaces");
  if (space.name.empty()) return fail("an option space has a name");
  if (space.code_bytes != 1 && space.code_bytes != 2 && space.code_bytes != 4)
    return fail("the codes of an option space are 1, 2 or 4 octets wide");
  if (space.length_bytes > 2) return fail("the lengths of an option space are 0, 1 or 2 octets wide");
  spaces_.push_back(std::move(space));
  return static_cast<std::uint16_t>(spaces_.size() - 1);
}

Result<void> OptionCatalog::define(OptionDefinition definition) {
  if (definition.key.space >= spaces_.size()) return fail("there is no such option space");
  const std::uint32_t greatest =
      definition.key.space == kDhcpSpace ? kDhcpCodeMax : code_max(spaces_[definition.key.space]);
  if (definition.key.code == 0 || definition.key.code > greatest)
    return fail("an option code of this space is 1 to " + std::to_string(greatest));
  if (definition.name.empty() || definition.items.empty()) return fail("an option has a name and a type");
  if (definition.encapsulated >= spaces_.size()) return fail("there is no such option space to encapsulate");
  const auto again = std::find_if(defined_.begin(), defined_.end(), [&](const OptionDefinition& other) {
    return other.key.space == definition.key.space && same_word(other.name, definition.name);
  });
  if (again != defined_.end()) {
    const OptionKey before = again->key;
    *again = std::move(definition);
    note(*again, static_cast<std::size_t>(again - defined_.begin()));
    if (before != again->key) forget(before);
    return {};
  }
  if (defined_.size() == kDefinitionsMax)
    return fail("more than " + std::to_string(kDefinitionsMax) + " option definitions");
  defined_.push_back(std::move(definition));
  note(defined_.back(), defined_.size() - 1);
  return {};
}

// A code that its definition has left is what it was before that: an older definition's, or built in.
void OptionCatalog::forget(OptionKey key) {
  index_.by_code.erase(key);
  for (std::size_t i = 0; i < defined_.size(); ++i) {
    if (defined_[i].key == key) index_.by_code[key] = i;
  }
}

std::optional<std::uint8_t> OptionCatalog::container(std::uint16_t space) const {
  for (std::uint32_t code = 1; code <= kDhcpCodeMax; ++code) {
    const OptionDefinition* const definition = find(OptionKey{kDhcpSpace, code});
    if (definition != nullptr && definition->encapsulated == space && definition->items.back() == ItemType::kOptions)
      return static_cast<std::uint8_t>(code);
  }
  return std::nullopt;
}

}  // namespace rackcast
