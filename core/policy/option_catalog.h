// The options that can be named: the built-in DHCPv4 table (proto/dhcp/option_table.h), relay agent sub-options (space
// "agent"), and what a configuration defines (dhcpd's `option NAME code N = TYPE;` and `option space`, TOML's
// [[dhcp.option]]). Read-only once the configuration is made; shared by it. Names are compared without case.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/result.h"

namespace rackcast {

// The space of DHCPv4's own options is 0, that of relay agent information (option 82) is 1.
struct OptionKey {
  std::uint16_t space = 0;
  std::uint32_t code = 0;
  friend bool operator==(const OptionKey&, const OptionKey&) = default;
  friend auto operator<=>(const OptionKey&, const OptionKey&) = default;
};
inline constexpr std::uint16_t kDhcpSpace = 0;
inline constexpr std::uint16_t kAgentSpace = 1;

enum class ItemType : std::uint8_t {
  kFlag,  // no value
  kBool,
  kU8,
  kU16,
  kU32,
  kS8,
  kS16,
  kS32,
  kAddress,
  kText,        // takes the rest
  kBytes,       // hexadecimal octets or quoted text; takes the rest
  kDomainName,  // as DNS encodes it; several are dhcpd's `domain-list`
  kDomainList,  // several with compression (RFC 3397): `domain-list compressed`
  kOptions,     // the options of another space, encoded (`encapsulate`)
};

struct OptionDefinition {
  std::string name;
  OptionKey key;
  std::vector<ItemType> items;     // a record where there are several
  bool repeats = false;            // an array of that record
  bool last_repeats = false;       // of the record's last item one or more
  std::uint16_t encapsulated = 0;  // the space of kOptions
};

struct OptionSpace {
  std::string name;
  std::uint8_t code_bytes = 1;    // 1, 2, 4: width of a code when encapsulated
  std::uint8_t length_bytes = 1;  // 0, 1, 2
};

class OptionCatalog {
 public:
  static constexpr std::size_t kSpacesMax = 64;
  static constexpr std::size_t kDefinitionsMax = 1'024;
  static constexpr std::size_t kBuiltInSpaces = 7;  // dhcp, agent, nwip, fqdn, vendor-class, vendor, isc

  OptionCatalog();  // the built-in ones

  [[nodiscard]] const OptionDefinition* find(std::string_view space, std::string_view name) const;
  // Never null for a DHCPv4 code from 1 to 254: one without a name is "unknown-NNN", of bytes.
  [[nodiscard]] const OptionDefinition* find(OptionKey key) const;
  [[nodiscard]] std::optional<std::uint16_t> find_space(std::string_view name) const;
  [[nodiscard]] const OptionSpace& space(std::uint16_t number) const { return spaces_[number]; }
  [[nodiscard]] std::size_t spaces() const { return spaces_.size(); }

  // A second name for a known code is legal and common (`option arch code 93 = unsigned integer 16;`): both are valid.
  // The error is one sentence.
  [[nodiscard]] Result<std::uint16_t> add_space(OptionSpace space);
  [[nodiscard]] Result<void> define(OptionDefinition definition);
  // The name nearest to a mistyped one; empty: none is near.
  [[nodiscard]] std::string_view near_name(std::uint16_t space, std::string_view name) const;
  // What the configuration defined, in order, to be printed again.
  [[nodiscard]] const std::vector<OptionDefinition>& defined() const { return defined_; }

  // The DHCPv4 option whose value holds the options of `space`: 82 for "agent". Nullopt: none does.
  [[nodiscard]] std::optional<std::uint8_t> container(std::uint16_t space) const;

 private:
  // Definitions and where to find them; the built-in ones are made once and shared by all catalogs.
  struct Index {
    std::unordered_map<std::string, std::size_t> by_name;  // name_key
    std::map<OptionKey, std::size_t> by_code;              // the newest definition of each
  };
  struct BuiltIn {
    std::vector<OptionDefinition> definitions;
    Index index;
    BuiltIn();
    void add(OptionDefinition definition);
  };
  [[nodiscard]] static const BuiltIn& built_in();
  static std::string name_key(std::uint16_t space, std::string_view name);
  void note(const OptionDefinition& definition, std::size_t index);
  void forget(OptionKey key);

  std::vector<OptionSpace> spaces_;
  std::vector<OptionDefinition> defined_;
  Index index_;  // of defined_
};

}  // namespace rackcast
