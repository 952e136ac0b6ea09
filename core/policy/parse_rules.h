// The statement and expression language, from tokens: used by the dhcpd.conf reader for the bodies of its declarations
// and by the TOML reader for `rules`, `match` and `options`. Total: any bytes give rules and problems; a statement that
// is wrong is reported with line and column, and parsing goes on at the next one. Configuration time only; allocates.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/policy/option_catalog.h"
#include "core/policy/rules.h"
#include "core/result.h"
#include "proto/net/address.h"

namespace rackcast {

enum class RuleProblemKind : std::uint8_t {
  kError,
  kWithoutEffect,  // understood, but not honoured: ddns-…, log, execute, on commit, …
};
struct RuleProblem {
  RuleProblemKind kind = RuleProblemKind::kError;
  std::uint32_t line = 0;  // within the text, from 1
  std::uint32_t column = 0;
  std::string subject;  // the word
  std::string message;
  std::uint16_t file = 0;  // TokenStream::file_name
};
inline constexpr std::size_t kRuleProblemsMax = 1'000;

struct RuleParseContext {
  OptionCatalog* catalog = nullptr;  // definitions in the text are added to it (only where allowed: the global scope)
  bool definitions_allowed = false;
  // Host names where an address may stand; empty: not found. Absent: every name is an error.
  std::function<std::vector<net::Ipv4Address>(std::string_view)> resolve;
  // A class's number by name, for `add` and `members of`; nullopt: no such class (an error).
  std::function<std::optional<std::uint16_t>(std::string_view)> class_number;
  std::vector<std::string>* variables = nullptr;  // names, by number; shared by all rules of one configuration
  // `include "file";` where a statement may stand: the file's text, or an error. Absent: not allowed here.
  std::function<Result<std::string>(std::string_view file)> read_file;
};

[[nodiscard]] Rules parse_rules(std::string_view text, RuleParseContext& context, std::vector<RuleProblem>& problems);
[[nodiscard]] Expression parse_condition(std::string_view text, RuleParseContext& context,
                                         std::vector<RuleProblem>& problems);
[[nodiscard]] Expression parse_data(std::string_view text, RuleParseContext& context,
                                    std::vector<RuleProblem>& problems);

// One option's value as dhcpd writes it ("10.0.0.1, 10.0.0.2", "\"text\"", "00:07"), encoded. Nullopt: `problem` says
// why.
[[nodiscard]] std::optional<std::vector<std::byte>> parse_option_value(std::string_view text,
                                                                       const OptionDefinition& definition,
                                                                       RuleParseContext& context, std::string& problem);

}  // namespace rackcast
