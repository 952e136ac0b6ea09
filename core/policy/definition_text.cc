#include "core/policy/option_value.h"
#include "core/policy/rule_text.h"

namespace rackcast {
namespace {

std::string item_text(const OptionCatalog& catalog, const OptionDefinition& definition, ItemType type) {
  switch (type) {
    case ItemType::kFlag:
      return "zerolen";
    case ItemType::kBool:
      return "boolean";
    case ItemType::kU8:
      return "unsigned integer 8";
    case ItemType::kU16:
      return "unsigned integer 16";
    case ItemType::kU32:
      return "unsigned integer 32";
    case ItemType::kS8:
      return "integer 8";
    case ItemType::kS16:
      return "integer 16";
    case ItemType::kS32:
      return "integer 32";
    case ItemType::kAddress:
      return "ip-address";
    case ItemType::kText:
      return "text";
    case ItemType::kBytes:
      return "string";
    case ItemType::kDomainName:
      return "domain-name";
    case ItemType::kDomainList:
      return "domain-list compressed";
    case ItemType::kOptions:
      return "encapsulate " + catalog.space(definition.encapsulated).name;
  }
  return {};
}

}  // namespace

std::string type_text(const OptionCatalog& catalog, const OptionDefinition& definition) {
  const bool is_names = definition.items.size() == 1 && definition.items[0] == ItemType::kDomainName;
  if (is_names && definition.repeats) return "domain-list";
  std::string text = definition.repeats ? "array of " : "";
  const bool is_record = definition.items.size() > 1;
  if (is_record) text += "{ ";
  for (std::size_t i = 0; i < definition.items.size(); ++i) {
    if (i > 0) text += ", ";
    if (definition.last_repeats && i + 1 == definition.items.size()) text += "array of ";
    text += item_text(catalog, definition, definition.items[i]);
  }
  return is_record ? text + " }" : text;
}

std::string option_name_text(const OptionCatalog& catalog, OptionKey key) {
  const std::string space =
      key.space == kDhcpSpace || key.space >= catalog.spaces() ? std::string() : catalog.space(key.space).name + '.';
  const OptionDefinition* const definition = catalog.find(key);
  return space + (definition != nullptr ? definition->name : "unknown-" + std::to_string(key.code));
}

std::string definitions_text(const OptionCatalog& catalog) {
  std::string text;
  for (std::size_t i = OptionCatalog::kBuiltInSpaces; i < catalog.spaces(); ++i) {
    const OptionSpace& space = catalog.space(static_cast<std::uint16_t>(i));
    text += "option space " + space.name;
    if (space.code_bytes != 1) text += " code width " + std::to_string(space.code_bytes);
    if (space.length_bytes != 1) text += " length width " + std::to_string(space.length_bytes);
    text += ";\n";
  }
  for (const OptionDefinition& definition : catalog.defined()) {
    const std::string space =
        definition.key.space == kDhcpSpace ? std::string() : catalog.space(definition.key.space).name + '.';
    text += "option " + space + definition.name + " code " + std::to_string(definition.key.code) + " = " +
            type_text(catalog, definition) + ";\n";
  }
  return text;
}

std::string option_value_text(const OptionCatalog& catalog, OptionKey key, std::span<const std::byte> bytes) {
  const OptionDefinition* const definition = catalog.find(key);
  if (definition != nullptr) {
    if (auto text = rules_detail::option_value_text(*definition, bytes)) return *text;
  }
  const std::string_view raw(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  return "= " +
         (raw.empty() || rules_detail::is_plain(raw) ? rules_detail::quoted(raw) : rules_detail::octets_text(raw));
}

}  // namespace rackcast
