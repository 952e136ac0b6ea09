// The one table of configuration keys. The parser (kinds, bounds, choices, unknown keys), the did-you-mean, the reload
// plan, `rackcast check-config --keys` and the test of docs/configuration.md all walk it; a key that is not here does
// not exist. Constant data, any thread.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace rackcast {

enum class KeyKind : std::uint8_t {
  kText,
  kPath,  // absolute
  kBoolean,
  kInteger,        // min..max
  kIntegerList,    // each min..max, no duplicates
  kChoice,         // one of `choices`
  kInterfaceList,  // kernel interface names
  kIpv4,
  kIpv4List,
  kMac,
  kPrefix,      // 192.168.1.0/24
  kAccessList,  // addresses and prefixes of both families
  kDaySpans,    // 08:00-18:00
  kRangeList,   // 192.168.1.2-192.168.1.253, or one address
  kEndpoint,    // 127.0.0.1:8077, [::1]:8077
  kEndpointList,
  kPortRange,               // 50000-50999
  kHostnamePattern,         // text with {{last_octet}}, {{address}}, {{mac}}
  kBootFile,                // a file name or URL, with {{server}}
  kBootFileByArchitecture,  // a boot file, or a table of them
  kLeaseStore,
  kTextList,      // each one of `choices`
  kCps,           // [rate, wait_seconds]
  kLeaseSeconds,  // { default = N, max = N }
  kOptions,       // { NAME = VALUE, … }: DHCP options by dhcpd.conf's names
  kRules,         // statements of dhcpd.conf's language
  kCondition,     // an expression of it that is true or false
  kData,          // an expression of it that gives octets
  kOctets,        // text, or octets as 01:02:ff or 0x0102ff
  kOctetsList,
  kUuid,        // 00112233-4455-6677-8899-aabbccddeeff, in the order of the wire
  kPermits,     // known-clients, members of NAME, …
  kIdentifier,  // { option = NAME, value = VALUE }
  kAny,         // of a section that is not built yet: not looked into
};

// What a change asks for at reload.
enum class Applies : std::uint8_t { kLive, kRestart };

enum class SectionShape : std::uint8_t { kTable, kArrayOfTables };

struct SectionSpec {
  std::string_view name;  // "dhcp.subnet"
  SectionShape shape = SectionShape::kTable;
  bool built = true;  // false: known, and refused with a sentence that says so
  std::string_view help;
};

struct KeySpec {
  std::string_view section;
  std::string_view name;
  KeyKind kind = KeyKind::kText;
  std::string_view preset;  // as written in TOML; "" = none
  Applies applies = Applies::kRestart;
  std::string_view help;     // one line
  std::string_view example;  // as written in TOML
  bool required = false;     // in its section
  std::int64_t min = 0;
  std::int64_t max = 0;
  std::string_view choices;    // space-separated, in the order of the enum
  std::string_view not_built;  // those of the choices that are refused for now
};

[[nodiscard]] std::span<const SectionSpec> config_sections();
[[nodiscard]] std::span<const KeySpec> config_keys();

// Null when there is no such section or key.
[[nodiscard]] const SectionSpec* find_section(std::string_view name);
[[nodiscard]] const KeySpec* find_key(std::string_view section, std::string_view name);

// "dhcp.subnet.range"
[[nodiscard]] std::string full_name(const KeySpec& key);

// The name among those a table may hold (its keys and its sub-sections) that is nearest to `unknown`, "" when none is
// near enough to be meant. `section` "" is the top of the file.
[[nodiscard]] std::string_view did_you_mean(std::string_view section, std::string_view unknown);

// The table as text, one key a line: name, default, live or restart, help.
[[nodiscard]] std::string describe_keys();

}  // namespace rackcast
