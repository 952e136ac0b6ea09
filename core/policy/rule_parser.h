// Statements and expressions from a stream of tokens (the language of rules.h). The reader of declarations owns the
// stream and one parser for each scope it is in:
//
//   RuleParser rules(tokens, context, problems);
//   while (!tokens.peek().is_symbol("}")) {
//     if (my_declaration()) continue;             // subnet, pool, permits, hardware, …: what it knows itself, first
//     rules.parse_statement();                    // everything else, unknown words included
//   }
//   scope.rules = rules.take();
//
// Total: each call takes at least one token unless the stream is at its end or at a '}', and what is wrong is reported,
// with file, line and column, and skipped. Configuration time only; allocates. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/policy/lexer.h"
#include "core/policy/option_catalog.h"
#include "core/policy/parse_rules.h"
#include "core/policy/rules.h"

namespace rackcast {

class RuleParser {
 public:
  // All borrowed; `context.catalog` and `context.variables` are not null.
  RuleParser(TokenStream& tokens, RuleParseContext& context, std::vector<RuleProblem>& problems);
  ~RuleParser();
  RuleParser(const RuleParser&) = delete;
  RuleParser& operator=(const RuleParser&) = delete;

  // The next tokens begin a statement that is known here, one without effect included. Looks ahead, takes nothing.
  // `allow`, `deny` and `ignore` count when a known word follows; in a pool the same words are permits: look first.
  [[nodiscard]] bool at_statement();
  // One statement, its ';' or block included; what was understood is appended to the rules. `option space …;` and
  // `option NAME code N = …;` go into the catalog (where definitions are allowed) and are no part of the rules.
  void parse_statement();
  // Statements up to a '}' (not taken) or the end of the text.
  void parse_statements();
  // What has been parsed since the last call.
  [[nodiscard]] Rules take();

  // An expression, without the ';' behind it. Empty: none was understood, and why is reported.
  [[nodiscard]] Expression parse_condition();
  [[nodiscard]] Expression parse_data();
  // `NAME` or `SPACE.NAME` behind the word `option`. Null: unknown (reported).
  [[nodiscard]] const OptionDefinition* parse_option_name();
  // A value as this option takes it, encoded; without the ';' behind it. Nullopt: wrong (reported).
  [[nodiscard]] std::optional<std::vector<std::byte>> parse_option_value(const OptionDefinition& definition);
  // Addresses or host names, separated by commas; without the ';'. Empty: wrong (reported).
  [[nodiscard]] std::vector<net::Ipv4Address> parse_addresses();
  // The ';' that ends a statement. Where it is missing that is reported, and the statement skipped.
  bool parse_semicolon();

  // For the reader of declarations too: bounded by kRuleProblemsMax.
  void report(RuleProblemKind kind, const Token& at, std::string message);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace rackcast
