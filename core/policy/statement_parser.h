// Statements from tokens. Private to core/policy; rule_parser.h is the way in.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "core/policy/expression_parser.h"
#include "core/policy/rules_tree.h"

namespace rackcast::rules_detail {

class StatementParser {
 public:
  explicit StatementParser(ParserState& state) : state_(state), expressions_(state) {}

  using List = std::vector<Statement>;

  [[nodiscard]] bool at_statement();
  // One statement into `list`; where it is wrong it is skipped to its end.
  void statement(List& list) { statement(list, nullptr); }
  // Up to a '}', which is not taken, or the end.
  void statements(List& list) { statements(list, nullptr); }
  bool semicolon();
  [[nodiscard]] ExpressionParser& expressions() { return expressions_; }

 private:
  // `cases` is the type of the switch whose labels may stand here; null: none may.
  void statement(List& list, const ValueType* cases);
  void statements(List& list, const ValueType* cases);
  bool parse(List& list, const ValueType* cases);
  bool block(List& list, const ValueType* cases);

  bool if_statement(List& list);
  bool branch(Statement& statement, bool conditional);
  bool switch_statement(List& list);
  bool case_label(List& list, ValueType type);
  bool default_statement(List& list, const ValueType* cases);
  bool option_statement(List& list, OptionAction action);
  bool set_statement(List& list);
  bool unset_statement(List& list);
  bool add_statement(List& list);
  bool break_statement(List& list);
  bool include_statement();
  bool permission(List& list);
  bool not_authoritative(List& list);
  bool parameter(List& list, const Token& name);
  bool set_flag(List& list, const Token& at, Parameter parameter, bool value);
  bool keep_parameter(List& list, const Token& at, Statement statement);
  bool without_effect();

  ParserState& state_;
  ExpressionParser expressions_;
  std::size_t depth_ = 0;
};

// `option space …` and `option NAME code N = …`, from behind the word `option`. at_definition looks ahead only.
[[nodiscard]] bool at_definition(TokenStream& tokens);
[[nodiscard]] bool parse_definition(ParserState& state);

// A parameter's value, from behind its name. False: wrong, and reported.
[[nodiscard]] bool parse_parameter(ParserState& state, const ParameterSpec& spec, Node& value);

// Statements that dhcpd knows and that change nothing here; empty: not one of them. What it is for is in the sentence.
[[nodiscard]] std::string_view without_effect_reason(std::string_view word);
// A parameter whose value changes nothing here; empty: it has its effect, or asks for what is done anyway.
[[nodiscard]] std::string_view parameter_without_effect_reason(Parameter parameter, const Node& value);
// The same as the first for the word behind allow, deny, ignore.
[[nodiscard]] std::string_view permission_without_effect_reason(std::string_view word);

}  // namespace rackcast::rules_detail
