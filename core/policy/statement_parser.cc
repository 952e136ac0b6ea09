#include "core/policy/statement_parser.h"

#include <algorithm>
#include <array>

#include "core/near_name.h"
#include "core/policy/built_in_options.h"
#include "core/policy/option_value.h"
#include "core/policy/token_values.h"

namespace rackcast::rules_detail {
namespace {

constexpr std::array<std::string_view, 19> kKeywords{
    "if",      "elsif", "else",  "switch", "case",  "option", "supersede", "send",   "default", "append",
    "prepend", "set",   "unset", "add",    "break", "allow",  "deny",      "ignore", "not"};

// Other spellings of parameters. Flags but for the last, which counts seconds.
struct Alias {
  std::string_view name;
  Parameter parameter;
};
constexpr std::array kAliases{
    Alias{"boot-unknown-clients", Parameter::kAllowUnknownClients},
    Alias{"allow-booting", Parameter::kAllowBooting},
    Alias{"allow-bootp", Parameter::kAllowBootp},
    Alias{"duplicates", Parameter::kAllowDuplicates},
    Alias{"declines", Parameter::kAllowDeclines},
    Alias{"ping-timeout", Parameter::kPingTimeoutMs},
};
constexpr std::uint64_t kMsPerSecond = 1'000;

bool is_permission(Parameter parameter) {
  return parameter >= Parameter::kAllowBooting && parameter <= Parameter::kAllowDeclines;
}

const ParameterSpec* spec_of(std::string_view name) {
  const ParameterSpec* const spec = find_parameter(name);
  if (spec != nullptr && !is_permission(spec->parameter)) return spec;
  const auto* const alias =
      std::find_if(kAliases.begin(), kAliases.end(), [&](const Alias& one) { return same_word(one.name, name); });
  return alias == kAliases.end() ? nullptr : &kParameters[static_cast<std::size_t>(alias->parameter)];
}

const ParameterSpec* permission_spec(const Token& word) {
  const ParameterSpec* const spec = word.kind == TokenKind::kWord ? find_parameter(word.text) : nullptr;
  return spec != nullptr && is_permission(spec->parameter) ? spec : nullptr;
}

bool starts_permission(const Token& word) {
  return word.is_word("allow") || word.is_word("deny") || word.is_word("ignore");
}

Statement made(StatementKind kind) {
  Statement statement;
  statement.kind = kind;
  return statement;
}

}  // namespace

bool StatementParser::at_statement() {
  const Token first = state_.tokens.peek();
  if (first.is_symbol(";")) return true;
  if (first.kind != TokenKind::kWord) return false;
  if (starts_permission(first)) {
    const Token& what = state_.tokens.peek(1);
    return permission_spec(what) != nullptr || !permission_without_effect_reason(what.text).empty();
  }
  if (first.is_word("not")) return state_.tokens.peek(1).is_word("authoritative");
  if (first.is_word("include")) return static_cast<bool>(state_.context.read_file);
  const bool is_keyword =
      std::any_of(kKeywords.begin(), kKeywords.end(), [&](std::string_view word) { return first.is_word(word); });
  return is_keyword || spec_of(first.text) != nullptr || !without_effect_reason(first.text).empty();
}

bool StatementParser::semicolon() {
  if (state_.expect(";")) return true;
  state_.tokens.skip_statement();
  return false;
}

void StatementParser::statements(List& list, const ValueType* cases) {
  while (!state_.tokens.peek().is_end() && !state_.tokens.peek().is_symbol("}")) statement(list, cases);
}

void StatementParser::statement(List& list, const ValueType* cases) {
  if (state_.tokens.take_symbol(";")) return;  // nothing said
  if (state_.tokens.peek().is_end() || state_.tokens.peek().is_symbol("}")) return;
  const Token first = state_.tokens.peek();
  if (parse(list, cases)) return;
  state_.tokens.skip_statement();
  // What hangs on a condition that was wrong is wrong with it.
  while (first.is_word("if") && (state_.tokens.peek().is_word("elsif") || state_.tokens.peek().is_word("else")))
    state_.tokens.skip_statement();
}

bool StatementParser::parse(List& list, const ValueType* cases) {
  const Token first = state_.tokens.peek();
  if (first.kind != TokenKind::kWord) {
    state_.error(first, "expected a statement, not " + shown(first));
    return false;
  }
  if (first.is_word("if")) return if_statement(list);
  if (first.is_word("switch")) return switch_statement(list);
  if (first.is_word("case") && cases != nullptr) return case_label(list, *cases);
  if (first.is_word("default")) return default_statement(list, cases);
  if (first.is_word("option") || first.is_word("supersede") || first.is_word("send"))
    return option_statement(list, OptionAction::kReplace);
  if (first.is_word("append")) return option_statement(list, OptionAction::kAppend);
  if (first.is_word("prepend")) return option_statement(list, OptionAction::kPrepend);
  if (first.is_word("set")) return set_statement(list);
  if (first.is_word("unset")) return unset_statement(list);
  if (first.is_word("add")) return add_statement(list);
  if (first.is_word("break")) return break_statement(list);
  if (first.is_word("include")) return include_statement();
  if (starts_permission(first)) return permission(list);
  if (first.is_word("not")) return not_authoritative(list);
  if (spec_of(first.text) != nullptr) return parameter(list, state_.tokens.next());
  if (!without_effect_reason(first.text).empty()) return without_effect();
  state_.tokens.next();
  if (state_.tokens.peek().is_symbol("(")) {
    state_.report(RuleProblemKind::kWithoutEffect, first, "functions are not honoured");
    state_.tokens.skip_statement();
    return true;
  }
  NearName near(first.text);
  for (const std::string_view word : kKeywords) near.consider(word);
  for (const ParameterSpec& spec : kParameters) near.consider(spec.name);
  std::string message = shown(first) + " is not a statement";
  if (!near.best().empty()) message += "; did you mean \"" + std::string(near.best()) + "\"?";
  state_.error(first, std::move(message));
  return false;
}

bool StatementParser::block(List& list, const ValueType* cases) {
  const Token at = state_.tokens.peek();
  if (depth_ >= kRuleNestingMax) {
    state_.error(at, "blocks are nested too deeply");
    return false;
  }
  if (!state_.expect("{")) return false;
  ++depth_;
  statements(list, cases);
  --depth_;
  if (state_.tokens.take_symbol("}")) return true;
  state_.error(at, "this '{' has no '}'");
  return false;
}

bool StatementParser::if_statement(List& list) {
  Statement statement = made(StatementKind::kIf);
  state_.tokens.next();
  if (!branch(statement, true)) return false;
  for (;;) {
    if (state_.tokens.take_word("elsif")) {
      if (!branch(statement, true)) return false;
      continue;
    }
    if (!state_.tokens.take_word("else")) break;
    const bool conditional = state_.tokens.take_word("if");
    if (!branch(statement, conditional)) return false;
    if (!conditional) break;
  }
  list.push_back(std::move(statement));
  return true;
}

bool StatementParser::branch(Statement& statement, bool conditional) {
  Branch branch;
  branch.always = !conditional;
  if (conditional) {
    auto condition = expressions_.condition();
    if (!condition) return false;
    branch.condition = std::move(*condition);
  }
  if (!block(branch.body, nullptr)) return false;
  statement.branches.push_back(std::move(branch));
  return true;
}

bool StatementParser::switch_statement(List& list) {
  Statement statement = made(StatementKind::kSwitch);
  state_.tokens.next();
  if (!state_.expect("(")) return false;
  auto value = expressions_.switch_value();
  if (!value || !state_.expect(")")) return false;
  statement.value = std::move(*value);
  const ValueType type = type_of(statement.value.op) == ValueType::kNumber ? ValueType::kNumber : ValueType::kData;
  if (!block(statement.body, &type)) return false;
  list.push_back(std::move(statement));
  return true;
}

bool StatementParser::case_label(List& list, ValueType type) {
  state_.tokens.next();
  auto value = expressions_.parse(type);
  if (!value || !state_.expect(":")) return false;
  Statement label = made(StatementKind::kCase);
  label.value = std::move(*value);
  list.push_back(std::move(label));
  return true;
}

bool StatementParser::default_statement(List& list, const ValueType* cases) {
  if (!state_.tokens.peek(1).is_symbol(":")) return option_statement(list, OptionAction::kDefault);
  const Token at = state_.tokens.next();
  state_.tokens.next();
  if (cases == nullptr) {
    state_.error(at, "there is no switch here");
    return true;
  }
  list.push_back(made(StatementKind::kDefault));
  return true;
}

bool StatementParser::option_statement(List& list, OptionAction action) {
  const Token word = state_.tokens.next();
  // `default option x` is said too; dhcpd takes the name alone.
  if (!word.is_word("option")) state_.tokens.take_word("option");
  if (word.is_word("option") && at_definition(state_.tokens)) return parse_definition(state_);
  const Token at = state_.tokens.peek();
  const OptionDefinition* const definition = state_.option_name();
  if (definition == nullptr) return false;
  Statement statement = made(StatementKind::kOption);
  statement.action = action;
  statement.key = definition->key;
  if (state_.tokens.take_symbol("=")) {
    auto value = expressions_.data();
    if (!value) return false;
    statement.value = std::move(*value);
  } else {
    auto value = read_option_value(state_, *definition);
    if (!value) return false;
    statement.value = constant(std::move(*value));
  }
  if (!state_.expect(";")) return false;
  if (statement.key.space == policy_detail::kFqdnSpace) {
    state_.report(RuleProblemKind::kWithoutEffect, at, "option fqdn of a reply is not made of its parts");
    return true;
  }
  list.push_back(std::move(statement));
  return true;
}

bool StatementParser::set_statement(List& list) {
  state_.tokens.next();
  const auto name = state_.take(TokenKind::kWord, "the name of a variable");
  if (!name) return false;
  if (state_.tokens.peek().is_symbol("(")) {
    state_.report(RuleProblemKind::kWithoutEffect, *name, "functions are not honoured");
    state_.tokens.skip_statement();
    return true;
  }
  const auto number = state_.variable(*name);
  if (!number || !state_.expect("=")) return false;
  auto value = expressions_.parse(ValueType::kAny);
  if (!value || !state_.expect(";")) return false;
  Statement statement = made(StatementKind::kSet);
  statement.number = *number;
  statement.name = name->text;
  statement.value = std::move(*value);
  list.push_back(std::move(statement));
  return true;
}

bool StatementParser::unset_statement(List& list) {
  state_.tokens.next();
  const auto name = state_.take(TokenKind::kWord, "the name of a variable");
  if (!name) return false;
  const auto number = state_.variable(*name);
  if (!number || !state_.expect(";")) return false;
  Statement statement = made(StatementKind::kUnset);
  statement.number = *number;
  statement.name = name->text;
  list.push_back(std::move(statement));
  return true;
}

bool StatementParser::add_statement(List& list) {
  state_.tokens.next();
  const Token name = state_.tokens.peek();
  if (name.kind != TokenKind::kString && name.kind != TokenKind::kWord) {
    state_.error(name, "expected the name of a class, not " + shown(name));
    return false;
  }
  state_.tokens.next();
  const auto number = state_.context.class_number ? state_.context.class_number(name.text) : std::nullopt;
  if (!number || *number >= kPolicyClassesMax) {
    state_.error(name, "there is no class " + shown(name));
    return false;
  }
  if (!state_.expect(";")) return false;
  Statement statement = made(StatementKind::kAdd);
  statement.number = *number;
  statement.name = name.text;
  list.push_back(std::move(statement));
  return true;
}

bool StatementParser::break_statement(List& list) {
  state_.tokens.next();
  if (!state_.expect(";")) return false;
  list.push_back(made(StatementKind::kBreak));
  return true;
}

bool StatementParser::include_statement() {
  const Token word = state_.tokens.next();
  const auto name = state_.take(TokenKind::kString, "a quoted file name");
  if (!name || !state_.expect(";")) return false;
  if (!state_.context.read_file) {
    state_.error(word, "no file can be included here");
    return true;
  }
  auto text = state_.context.read_file(name->text);
  if (!text)
    state_.error(*name, text.error().message);
  else if (!state_.tokens.open(std::string(name->text), std::move(*text)))
    state_.error(*name, "files include one another too deeply, or there are too many");
  return true;
}

bool StatementParser::permission(List& list) {
  const Token word = state_.tokens.next();
  const auto taken = state_.take(TokenKind::kWord, "what is allowed or denied");
  if (!taken) return false;
  const Token& what = *taken;
  if (const ParameterSpec* const spec = permission_spec(what))
    return set_flag(list, what, spec->parameter, word.is_word("allow"));
  const std::string_view reason = permission_without_effect_reason(what.text);
  if (reason.empty()) {
    state_.error(what, shown(what) + " is nothing that could be allowed or denied here");
    return false;
  }
  state_.report(RuleProblemKind::kWithoutEffect, what, std::string(reason));
  return state_.expect(";");
}

bool StatementParser::not_authoritative(List& list) {
  const Token word = state_.tokens.next();
  if (state_.tokens.take_word("authoritative")) return set_flag(list, word, Parameter::kAuthoritative, false);
  state_.error(word, "only `not authoritative` begins with this word");
  return false;
}

bool StatementParser::set_flag(List& list, const Token& at, Parameter parameter, bool value) {
  if (!state_.expect(";")) return false;
  Statement statement = made(StatementKind::kParameter);
  statement.parameter = parameter;
  statement.value.op = Op::kNumber;
  statement.value.number = value ? 1 : 0;
  return keep_parameter(list, at, std::move(statement));
}

bool StatementParser::keep_parameter(List& list, const Token& at, Statement statement) {
  const std::string_view reason = parameter_without_effect_reason(statement.parameter, statement.value);
  if (reason.empty())
    list.push_back(std::move(statement));
  else
    state_.report(RuleProblemKind::kWithoutEffect, at, std::string(reason));
  return true;
}

bool StatementParser::parameter(List& list, const Token& name) {
  const ParameterSpec& spec = *spec_of(name.text);
  if (spec.parameter == Parameter::kAuthoritative && state_.tokens.peek().is_symbol(";"))
    return set_flag(list, name, spec.parameter, true);
  Statement statement = made(StatementKind::kParameter);
  statement.parameter = spec.parameter;
  if (!parse_parameter(state_, spec, statement.value) || !state_.expect(";")) return false;
  const bool in_seconds = name.is_word("ping-timeout");
  if (in_seconds && statement.value.op != Op::kNumber) {
    state_.error(name, "ping-timeout takes a number of seconds; ping-timeout-ms an expression");
    return true;
  }
  if (in_seconds) statement.value.number = std::min(statement.value.number * kMsPerSecond, std::uint64_t{spec.longest});
  return keep_parameter(list, name, std::move(statement));
}

bool StatementParser::without_effect() {
  const Token word = state_.tokens.peek();
  state_.report(RuleProblemKind::kWithoutEffect, word, std::string(without_effect_reason(word.text)));
  state_.tokens.skip_statement();
  return true;
}

}  // namespace rackcast::rules_detail
