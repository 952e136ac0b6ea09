// Expressions from tokens, as dhcpd reads them. Private to core/policy; rule_parser.h is the way in.
//
// dhcpd's grammar has two habits of its own that files rely on. A number is octets in hexadecimal unless what it is
// compared with is a number: `option arch = 00:07`, `extract-int (…, 8) = 7`. And operators of a higher rank on the
// right of an operator take all that follows: `a = b and c = d or e = f` is `a = b and (c = d or e = f)`; `and` and
// `or` rank alike, above + -, which rank above * / %, while = != ~= ~~ stand above them all but & | ^.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/policy/lexer.h"
#include "core/policy/parse_rules.h"
#include "core/policy/rules_tree.h"

namespace rackcast::rules_detail {

inline constexpr std::size_t kOperandsMax = 1'024;  // of one expression without parentheses

// Which option a statement or expression names.
struct NamedOption {
  const OptionDefinition* definition = nullptr;
  std::string_view space;  // as written; empty: dhcp
};

// What the parsers share: the tokens, what is known, and where problems go.
struct ParserState {
  TokenStream& tokens;
  RuleParseContext& context;
  std::vector<RuleProblem>& problems;

  void report(RuleProblemKind kind, const Token& at, std::string message);
  void error(const Token& at, std::string message) { report(RuleProblemKind::kError, at, std::move(message)); }
  // A host name that nobody knows today: told, and left out, as dhcpd leaves it out.
  void no_address(const Token& at, std::string_view name) {
    report(RuleProblemKind::kWithoutEffect, at,
           "no address is known for the host name \"" + std::string(name) +
               "\": left out; write its address, or reload when the name service knows it");
  }
  // `NAME` or `SPACE.NAME`. Null: unknown, and reported.
  const OptionDefinition* option_name();
  // The variable's number, made where there was none. Nullopt: there are too many (reported).
  std::optional<std::uint16_t> variable(const Token& name);
  // The next token where it is of this kind; an error that says what was wanted, and the token stays, where it is not.
  std::optional<Token> take(TokenKind kind, std::string_view wanted);
  // The symbol, or an error that names it.
  bool expect(std::string_view symbol);
};

// How a token is shown in a sentence.
[[nodiscard]] std::string shown(const Token& token);

class ExpressionParser {
 public:
  explicit ExpressionParser(ParserState& state) : state_(state) {}

  // Nullopt: none was understood, and why is reported. kAny takes every type.
  [[nodiscard]] std::optional<Node> parse(ValueType wanted);
  [[nodiscard]] std::optional<Node> data() { return parse(ValueType::kData); }
  [[nodiscard]] std::optional<Node> condition() { return parse(ValueType::kCondition); }
  // A switch's value: data or a number.
  [[nodiscard]] std::optional<Node> switch_value();

 private:
  // In what a bare number is one.
  enum class Numbers : std::uint8_t { kAreOctets, kAreNumbers };
  using Found = std::optional<Node>;
  class Chain;
  struct Form;

  Found expression(Numbers numbers);
  Found operand(Numbers numbers);
  Found word(const Token& first, Numbers numbers);
  Found parenthesised(Numbers numbers);
  Found negation();
  Found option(Op op);
  Found form(const Form& form);
  Found list(Op op, std::size_t least);
  Found integer(Op op);
  Found defined();
  Found host_lookup();
  Found client_state(const Token& at);
  Found variable_or_call(const Token& name);
  Found call(Node node, const Token& name);
  bool argument(Node& node, ValueType type);
  bool compile(Node& node, const Token& at);
  Found combined(Op op, const Token& at, Node left, Node right);

  ParserState& state_;
  std::size_t depth_ = 0;
};

// A data expression of constants only becomes the constant that it is.
void fold(Node& node);

[[nodiscard]] Node constant(std::string text);

}  // namespace rackcast::rules_detail
