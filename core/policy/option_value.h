// An option's value as dhcpd.conf spells it, by the option's definition: text to octets, and back. Private to
// core/policy; parse_rules.h and rule_text.h are the way in.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>

#include "core/policy/expression_parser.h"
#include "core/policy/option_catalog.h"

namespace rackcast::rules_detail {

inline constexpr std::size_t kOptionValueBytesMax = 1'024;

// Reads the value up to what ends the statement, which is not taken. Nullopt: wrong, and why is reported.
[[nodiscard]] std::optional<std::string> read_option_value(ParserState& state, const OptionDefinition& definition);

// "10.0.0.1, 10.0.0.2". Nullopt: these octets are no value of this option's type; only `option x = …` can say them.
[[nodiscard]] std::optional<std::string> option_value_text(const OptionDefinition& definition,
                                                           std::span<const std::byte> bytes);
[[nodiscard]] std::string quoted(std::string_view text);       // "…", with escapes
[[nodiscard]] std::string octets_text(std::string_view text);  // 00:07:ff
// Whether all of it can be read when quoted.
[[nodiscard]] bool is_plain(std::string_view text);

// Addresses, literal or by name, separated by commas where `several`. Empty: wrong, and reported.
[[nodiscard]] std::vector<net::Ipv4Address> read_addresses(ParserState& state, bool several);
// true, on, false, off; `ignore` is false. Nullopt: none of them, nothing is taken.
[[nodiscard]] std::optional<bool> take_flag(TokenStream& tokens);

}  // namespace rackcast::rules_detail
