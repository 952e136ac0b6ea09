// What expressions, values and statements need alike while they are parsed: expression_parser.h.
#include <algorithm>

#include "core/policy/expression_parser.h"
#include "core/policy/outcome.h"
#include "core/policy/token_values.h"

namespace rackcast::rules_detail {

std::string shown(const Token& token) {
  constexpr std::size_t kShownMax = 40;
  if (token.is_end()) return "the end of the text";
  if (token.kind == TokenKind::kBad) return std::string(token.text);
  std::string text(token.text.substr(0, kShownMax));
  if (token.text.size() > kShownMax) text += "...";
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < ' ' || static_cast<unsigned char>(c) > '~') c = '?';
  }
  return "\"" + text + "\"";
}

void ParserState::report(RuleProblemKind kind, const Token& at, std::string message) {
  if (problems.size() >= kRuleProblemsMax) return;
  problems.push_back({kind, at.line, at.column, std::string(at.text.substr(0, 64)), std::move(message), at.file});
}

std::optional<Token> ParserState::take(TokenKind kind, std::string_view wanted) {
  if (tokens.peek().kind == kind) return tokens.next();
  error(tokens.peek(), "expected " + std::string(wanted) + ", not " + shown(tokens.peek()));
  return std::nullopt;
}

bool ParserState::expect(std::string_view symbol) {
  if (tokens.take_symbol(symbol)) return true;
  error(tokens.peek(), "expected '" + std::string(symbol) + "', not " + shown(tokens.peek()));
  return false;
}

const OptionDefinition* ParserState::option_name() {
  const auto first = take(TokenKind::kWord, "the name of an option");
  if (!first) return nullptr;
  std::uint16_t space = kDhcpSpace;
  Token name = *first;
  if (tokens.take_symbol(".")) {
    const auto second = take(TokenKind::kWord, "the name of an option");
    if (!second) return nullptr;
    name = *second;
    const auto known = context.catalog->find_space(first->text);
    if (!known) {
      error(*first, "there is no option space named " + shown(*first));
      return nullptr;
    }
    space = *known;
  }
  const std::string& space_name = context.catalog->space(space).name;
  if (const OptionDefinition* const found = context.catalog->find(space_name, name.text)) return found;
  // A code without a name in a space of the file's own is as good as defined.
  constexpr std::string_view kUnknown = "unknown-";
  if (name.text.size() > kUnknown.size() && same_word(name.text.substr(0, kUnknown.size()), kUnknown)) {
    const auto code = as_number(name.text.substr(kUnknown.size()));
    if (code && *code > 0 && *code <= 0xFFFF'FFFF &&
        context.catalog->define(
            {std::string(name.text), {space, static_cast<std::uint32_t>(*code)}, {ItemType::kBytes}}))
      return context.catalog->find(space_name, name.text);
  }
  std::string message = "there is no option " + shown(name) + " in space \"" + space_name + "\"";
  const std::string_view near = context.catalog->near_name(space, name.text);
  if (!near.empty()) message += "; did you mean \"" + std::string(near) + "\"?";
  error(name, std::move(message));
  return nullptr;
}

std::optional<std::uint16_t> ParserState::variable(const Token& name) {
  std::vector<std::string>& names = *context.variables;
  const auto found =
      std::find_if(names.begin(), names.end(), [&](const std::string& known) { return known == name.text; });
  if (found != names.end()) return static_cast<std::uint16_t>(found - names.begin());
  if (names.size() >= kOutcomeVariablesMax) {
    error(name, "more than " + std::to_string(kOutcomeVariablesMax) + " variables");
    return std::nullopt;
  }
  names.emplace_back(name.text);
  return static_cast<std::uint16_t>(names.size() - 1);
}

}  // namespace rackcast::rules_detail
