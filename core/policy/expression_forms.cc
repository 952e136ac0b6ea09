// What an expression may consist of: constants, options, the named forms. Operators are expression_parser.cc.
#include <algorithm>
#include <array>
#include <charconv>

#include "core/policy/built_in_options.h"
#include "core/policy/evaluator.h"
#include "core/policy/expression_parser.h"
#include "core/policy/option_value.h"
#include "core/policy/token_values.h"

namespace rackcast::rules_detail {

// A form with a fixed list of arguments: 'd' data, 'n' a number; none: without parentheses.
struct ExpressionParser::Form {
  std::string_view name;
  Op op;
  std::string_view arguments;
};

namespace {

// What dhcpd's client calls its states; a server has none.
constexpr std::array<std::string_view, 7> kClientStates{"booting", "reboot", "select", "request",
                                                        "bound",   "renew",  "rebind"};

std::optional<std::uint64_t> decimal(std::string_view word) {
  std::uint32_t value = 0;
  const char* const end = word.data() + word.size();
  const auto [stop, error] = std::from_chars(word.data(), end, value);
  if (error != std::errc{} || stop != end) return std::nullopt;
  return value;
}

Node number_node(std::uint64_t value) {
  Node node;
  node.op = Op::kNumber;
  node.number = value;
  return node;
}

// Whether folding leaves the meaning alone: it is data made of its children only.
bool is_pure(Op op) {
  switch (op) {
    case Op::kSubstring:
    case Op::kSuffix:
    case Op::kLower:
    case Op::kUpper:
    case Op::kConcat:
    case Op::kEncodeInt:
    case Op::kBinaryToAscii:
    case Op::kReverse:
      return true;
    default:
      return false;
  }
}

}  // namespace

Node constant(std::string text) {
  Node node;
  node.op = Op::kConstant;
  node.text = std::move(text);
  return node;
}

void fold(Node& node) {
  const auto is_constant = [](const Node& child) { return child.op == Op::kConstant || child.op == Op::kNumber; };
  if (!is_pure(node.op) || !std::all_of(node.children.begin(), node.children.end(), is_constant)) return;
  const ClientFacts nobody;
  const auto outcome = std::make_unique<Outcome>();
  const auto value = Evaluator(nobody, *outcome).data(node);
  if (!value) return;  // missing, and stays it
  node = constant(std::string(reinterpret_cast<const char*>(value->data()), value->size()));
}

ExpressionParser::Found ExpressionParser::operand(Numbers numbers) {
  const Token first = state_.tokens.peek();
  if (first.is_symbol("(")) return parenthesised(numbers);
  if (first.kind == TokenKind::kString) {
    state_.tokens.next();
    return constant(std::string(first.text));
  }
  if (first.kind == TokenKind::kWord) return word(first, numbers);
  state_.error(first, "expected an expression, not " + shown(first));
  return std::nullopt;
}

ExpressionParser::Found ExpressionParser::parenthesised(Numbers numbers) {
  state_.tokens.next();
  Found found = expression(numbers);
  if (!found || !state_.expect(")")) return std::nullopt;
  return found;
}

ExpressionParser::Found ExpressionParser::word(const Token& first, Numbers numbers) {
  static constexpr std::array kForms{
      Form{"known", Op::kKnown, ""},
      Form{"static", Op::kStatic, ""},
      Form{"hardware", Op::kHardware, ""},
      Form{"leased-address", Op::kLeasedAddress, ""},
      Form{"lease-time", Op::kLeaseTime, ""},
      Form{"host-decl-name", Op::kHostDeclName, ""},
      Form{"filename", Op::kFilename, ""},
      Form{"server-name", Op::kServerName, ""},
      Form{"null", Op::kMissing, ""},
      Form{"substring", Op::kSubstring, "dnn"},
      Form{"suffix", Op::kSuffix, "dn"},
      Form{"lcase", Op::kLower, "d"},
      Form{"ucase", Op::kUpper, "d"},
      Form{"packet", Op::kPacket, "nn"},
      Form{"binary-to-ascii", Op::kBinaryToAscii, "nndd"},
      Form{"reverse", Op::kReverse, "nd"},
  };
  const auto* const found =
      std::find_if(kForms.begin(), kForms.end(), [&](const Form& one) { return first.is_word(one.name); });
  if (found != kForms.end()) return form(*found);
  if (first.is_word("not")) return negation();
  if (first.is_word("exists")) return option(Op::kExists);
  if (first.is_word("option")) return option(Op::kOption);
  if (first.is_word("config-option")) return option(Op::kConfigOption);
  if (first.is_word("concat")) return list(Op::kConcat, 2);
  if (first.is_word("pick-first-value") || first.is_word("pick")) return list(Op::kPickFirst, 1);
  if (first.is_word("encode-int")) return integer(Op::kEncodeInt);
  if (first.is_word("extract-int")) return integer(Op::kExtractInt);
  if (first.is_word("defined")) return defined();
  if (first.is_word("gethostbyname")) return host_lookup();
  if (first.is_word("gethostname")) {
    state_.tokens.next();
    if (!state_.expect("(") || !state_.expect(")")) return std::nullopt;
    Node node;
    node.op = Op::kGetHostName;
    return node;
  }
  if (first.is_word("client-state")) return client_state(first);
  if (numbers == Numbers::kAreNumbers) {
    auto value = decimal(first.text);
    const auto* const state = std::find_if(kClientStates.begin(), kClientStates.end(),
                                           [&](std::string_view name) { return first.is_word(name); });
    if (state != kClientStates.end()) value = static_cast<std::uint64_t>(state - kClientStates.begin()) + 1;
    if (value) {
      state_.tokens.next();
      return number_node(*value);
    }
  }
  if (const auto octets = take_octets(state_.tokens))
    return constant(std::string(reinterpret_cast<const char*>(octets->data()), octets->size()));
  if (as_number(first.text)) {
    state_.error(first, shown(first) + " is no octet: data is written as in 00:07:ff, each two hexadecimal digits");
    return std::nullopt;
  }
  return variable_or_call(first);
}

ExpressionParser::Found ExpressionParser::negation() {
  const Token at = state_.tokens.next();
  if (depth_ >= kRuleNestingMax) {
    state_.error(at, "an expression is nested too deeply");
    return std::nullopt;
  }
  ++depth_;
  Found inner = operand(Numbers::kAreOctets);
  --depth_;
  if (!inner) return std::nullopt;
  const ValueType type = type_of(inner->op);
  if (type != ValueType::kCondition && type != ValueType::kAny) {
    state_.error(at, "\"not\" takes the condition right behind it: not (a = b), not exists x");
    return std::nullopt;
  }
  Node node;
  node.op = Op::kNot;
  node.children.push_back(std::move(*inner));
  return node;
}

ExpressionParser::Found ExpressionParser::option(Op op) {
  state_.tokens.next();
  const Token at = state_.tokens.peek();
  // dhcpd keeps its own settings in a space of this name; none of those that are asked for in practice is known here.
  if (op != Op::kExists && at.is_word("server") && state_.tokens.peek(1).is_symbol(".")) {
    for (std::size_t i = 0; i < 3; ++i) state_.tokens.next();
    state_.report(RuleProblemKind::kWithoutEffect, at, "settings of the server cannot be asked for: always missing");
    return Node{};
  }
  const OptionDefinition* const definition = state_.option_name();
  if (definition == nullptr) return std::nullopt;
  Node node;
  node.op = op;
  node.key = definition->key;
  if (op == Op::kConfigOption || node.key.space == kDhcpSpace) return node;
  const auto code = state_.context.catalog->container(node.key.space);
  if (!code || node.key.space == policy_detail::kFqdnSpace) {
    state_.report(RuleProblemKind::kWithoutEffect, at,
                  "no option is known here in which clients send options of this space: always missing");
    return node;
  }
  const OptionSpace& space = state_.context.catalog->space(node.key.space);
  node.container = {*code, space.code_bytes, space.length_bytes};
  return node;
}

bool ExpressionParser::argument(Node& node, ValueType type) {
  Found found = parse(type);
  if (!found) return false;
  node.children.push_back(std::move(*found));
  return true;
}

ExpressionParser::Found ExpressionParser::form(const Form& form) {
  state_.tokens.next();
  Node node;
  node.op = form.op;
  if (form.arguments.empty()) return node;
  if (!state_.expect("(")) return std::nullopt;
  for (std::size_t i = 0; i < form.arguments.size(); ++i) {
    if (i > 0 && !state_.expect(",")) return std::nullopt;
    if (!argument(node, form.arguments[i] == 'n' ? ValueType::kNumber : ValueType::kData)) return std::nullopt;
  }
  if (!state_.expect(")")) return std::nullopt;
  fold(node);
  return node;
}

ExpressionParser::Found ExpressionParser::list(Op op, std::size_t least) {
  const Token at = state_.tokens.next();
  Node node;
  node.op = op;
  if (!state_.expect("(")) return std::nullopt;
  do {
    if (!argument(node, ValueType::kData)) return std::nullopt;
  } while (node.children.size() < kOperandsMax && state_.tokens.take_symbol(","));
  if (!state_.expect(")")) return std::nullopt;
  if (node.children.size() < least) {
    state_.error(at, shown(at) + " takes " + std::to_string(least) + " values or more");
    return std::nullopt;
  }
  fold(node);
  return node;
}

ExpressionParser::Found ExpressionParser::integer(Op op) {
  state_.tokens.next();
  Node node;
  node.op = op;
  if (!state_.expect("(") || !argument(node, op == Op::kEncodeInt ? ValueType::kNumber : ValueType::kData) ||
      !state_.expect(","))
    return std::nullopt;
  const auto width = state_.take(TokenKind::kWord, "a width of 8, 16 or 32");
  if (!width) return std::nullopt;
  const auto bits = decimal(width->text);
  if (!bits || (*bits != 8 && *bits != 16 && *bits != 32)) {
    state_.error(*width, "the width of an integer is 8, 16 or 32, not " + shown(*width));
    return std::nullopt;
  }
  node.octets = static_cast<std::uint8_t>(*bits / 8);
  if (!state_.expect(")")) return std::nullopt;
  fold(node);
  return node;
}

ExpressionParser::Found ExpressionParser::defined() {
  state_.tokens.next();
  if (!state_.expect("(")) return std::nullopt;
  const auto name = state_.take(TokenKind::kWord, "the name of a variable");
  if (!name) return std::nullopt;
  const auto number = state_.variable(*name);
  if (!number || !state_.expect(")")) return std::nullopt;
  Node node;
  node.op = Op::kDefined;
  node.variable = *number;
  node.text = (*state_.context.variables)[*number];
  return node;
}

// Looked up once, when the file is read.
ExpressionParser::Found ExpressionParser::host_lookup() {
  state_.tokens.next();
  if (!state_.expect("(")) return std::nullopt;
  const auto name = state_.take(TokenKind::kString, "a quoted host name");
  if (!name || !state_.expect(")")) return std::nullopt;
  std::vector<net::Ipv4Address> found;
  if (state_.context.resolve) found = state_.context.resolve(name->text);
  if (found.empty()) {
    if (!state_.context.resolve) {
      state_.error(*name, "names are not looked up here");
      return std::nullopt;
    }
    state_.no_address(*name, name->text);
    Node node;
    node.op = Op::kMissing;
    return node;
  }
  std::string octets;
  for (const net::Ipv4Address address : found) {
    for (unsigned i = 0; i < 4; ++i) octets += static_cast<char>(address.octet(i));
  }
  return constant(std::move(octets));
}

// A number that is always missing.
ExpressionParser::Found ExpressionParser::client_state(const Token& at) {
  state_.tokens.next();
  state_.report(RuleProblemKind::kWithoutEffect, at, "a server has no client-state: always missing");
  Node node;
  node.op = Op::kExtractInt;
  node.octets = 1;
  node.children.emplace_back();
  return node;
}

ExpressionParser::Found ExpressionParser::variable_or_call(const Token& name) {
  state_.tokens.next();
  const auto number = state_.variable(name);
  if (!number) return std::nullopt;
  Node node;
  node.op = Op::kVariable;
  node.variable = *number;
  node.text = (*state_.context.variables)[*number];
  if (!state_.tokens.peek().is_symbol("(")) return node;
  return call(std::move(node), name);
}

// Functions are not honoured: the call is a variable that nobody sets.
ExpressionParser::Found ExpressionParser::call(Node node, const Token& name) {
  state_.tokens.next();
  state_.report(RuleProblemKind::kWithoutEffect, name, "functions are not honoured: the value is always missing");
  if (state_.tokens.take_symbol(")")) return node;
  do {
    if (!parse(ValueType::kAny)) return std::nullopt;
  } while (state_.tokens.take_symbol(","));
  if (!state_.expect(")")) return std::nullopt;
  return node;
}

}  // namespace rackcast::rules_detail
