// Values of parameters: statement_parser.h.
#include "core/policy/option_value.h"
#include "core/policy/statement_parser.h"
#include "core/policy/token_values.h"

namespace rackcast::rules_detail {
namespace {

bool number(ParserState& state, const ParameterSpec& spec, Node& value) {
  const Token at = state.tokens.peek();
  if (spec.longest == 0xFFFF'FFFF && state.tokens.take_word("infinite")) {
    value.number = 0xFFFF'FFFF;
    return true;
  }
  const auto found = take_number(state.tokens);
  if (!found) {
    state.error(at, std::string(spec.name) + " takes a number, not " + shown(at));
    return false;
  }
  if (*found < 0 || *found > std::int64_t{spec.longest}) {
    state.error(at, std::string(spec.name) + " takes 0 to " + std::to_string(spec.longest));
    return false;
  }
  value.number = static_cast<std::uint64_t>(*found);
  return true;
}

bool flag(ParserState& state, const ParameterSpec& spec, Node& value) {
  const Token at = state.tokens.peek();
  const auto found = take_flag(state.tokens);
  if (!found) {
    state.error(at, std::string(spec.name) + " takes true or false, not " + shown(at));
    return false;
  }
  value.number = *found ? 1 : 0;
  return true;
}

bool space(ParserState& state, Node& value) {
  const auto name = state.take(TokenKind::kWord, "the name of an option space");
  if (!name) return false;
  const auto found = state.context.catalog->find_space(name->text);
  if (!found) {
    state.error(*name, "there is no option space named " + shown(*name));
    return false;
  }
  value.number = *found;
  return true;
}

}  // namespace

bool parse_parameter(ParserState& state, const ParameterSpec& spec, Node& value) {
  if (spec.kind != ParameterKind::kSpace && state.tokens.take_symbol("=")) {
    auto expression = ExpressionParser(state).data();
    if (!expression) return false;
    value = std::move(*expression);
    return true;
  }
  value.op = Op::kNumber;
  switch (spec.kind) {
    case ParameterKind::kNumber:
      return number(state, spec, value);
    case ParameterKind::kFlag:
      return flag(state, spec, value);
    case ParameterKind::kSpace:
      return space(state, value);
    case ParameterKind::kAddress: {
      const std::vector<net::Ipv4Address> addresses = read_addresses(state, false);
      if (addresses.empty()) return false;
      std::string octets;
      for (unsigned i = 0; i < 4; ++i) octets += static_cast<char>(addresses.front().octet(i));
      value = constant(std::move(octets));
      return true;
    }
    case ParameterKind::kText: {
      const Token text = state.tokens.peek();
      if (text.kind != TokenKind::kString && text.kind != TokenKind::kWord) {
        state.error(text, std::string(spec.name) + " takes quoted text, not " + shown(text));
        return false;
      }
      state.tokens.next();
      value = constant(std::string(text.text));
      return true;
    }
  }
  return false;
}

}  // namespace rackcast::rules_detail
