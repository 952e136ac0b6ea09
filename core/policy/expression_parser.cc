// Operators, and what an expression may consist of. The single forms are expression_forms.cc.
#include "core/policy/expression_parser.h"

#include <algorithm>
#include <array>
#include <utility>

namespace rackcast::rules_detail {
namespace {

struct Operator {
  std::string_view symbol;
  Op op;
  int rank;
  bool is_word = false;
};
constexpr std::array kOperators{
    Operator{"=", Op::kEqual, 4},        Operator{"!=", Op::kNotEqual, 4},   Operator{"~=", Op::kRegex, 4},
    Operator{"~~", Op::kRegexNoCase, 4}, Operator{"and", Op::kAnd, 3, true}, Operator{"or", Op::kOr, 3, true},
    Operator{"+", Op::kAdd, 2},          Operator{"-", Op::kSubtract, 2},    Operator{"*", Op::kMultiply, 1},
    Operator{"/", Op::kDivide, 1},       Operator{"%", Op::kRemainder, 1},   Operator{"&", Op::kBitAnd, 100},
    Operator{"|", Op::kBitOr, 100},      Operator{"^", Op::kBitXor, 100},
};

constexpr int kChainRank = 3;  // of `and` and `or`

const Operator* operator_of(const Token& token) {
  const auto* const found = std::find_if(kOperators.begin(), kOperators.end(), [&](const Operator& one) {
    return one.is_word ? token.is_word(one.symbol) : token.is_symbol(one.symbol);
  });
  return found == kOperators.end() ? nullptr : found;
}

std::size_t depth_of(const Node& node) {
  std::size_t deepest = 0;
  for (const Node& child : node.children) deepest = std::max(deepest, depth_of(child));
  return deepest + 1;
}

bool agree(ValueType a, ValueType b) {
  return a == b || a == ValueType::kAny || b == ValueType::kAny;
}

std::string_view type_name(ValueType type) {
  switch (type) {
    case ValueType::kCondition:
      return "a condition";
    case ValueType::kData:
      return "data";
    case ValueType::kNumber:
      return "a number";
    case ValueType::kAny:
      return "an expression";
  }
  return "";
}

// What an operator takes on both sides.
ValueType operands_of(Op op) {
  if (op == Op::kAnd || op == Op::kOr) return ValueType::kCondition;
  if (op == Op::kRegex || op == Op::kRegexNoCase) return ValueType::kData;
  return type_of(op) == ValueType::kNumber ? ValueType::kNumber : ValueType::kAny;
}

// `a or (b or c)` is `a or b or c`: one node, whichever way it was put.
Node chained(Op op, Node left, Node right) {
  Node node;
  if (left.op == op) {
    node = std::move(left);
  } else {
    node.op = op;
    node.children.push_back(std::move(left));
  }
  if (right.op == op)
    std::move(right.children.begin(), right.children.end(), std::back_inserter(node.children));
  else
    node.children.push_back(std::move(right));
  return node;
}

}  // namespace

std::optional<Node> ExpressionParser::parse(ValueType wanted) {
  const Token at = state_.tokens.peek();
  Found found = expression(wanted == ValueType::kNumber ? Numbers::kAreNumbers : Numbers::kAreOctets);
  if (!found) return std::nullopt;
  if (agree(type_of(found->op), wanted)) return found;
  state_.error(
      at, "expected " + std::string(type_name(wanted)) + ", and this is " + std::string(type_name(type_of(found->op))));
  return std::nullopt;
}

std::optional<Node> ExpressionParser::switch_value() {
  const Token at = state_.tokens.peek();
  Found found = expression(Numbers::kAreNumbers);
  if (!found) return std::nullopt;
  if (type_of(found->op) != ValueType::kCondition) return found;
  state_.error(at, "a switch is over data or a number, and this is a condition");
  return std::nullopt;
}

// The parts of one expression, combined as dhcpd combines them: from the left, except that an operator of a higher rank
// than the one in front of it takes all that follows for its own.
class ExpressionParser::Chain {
 public:
  Chain(ExpressionParser& parser, Node first) : parser_(parser), current_(std::move(first)) {}

  // Up to what is no operator.
  Found read() {
    while (current_) {
      const Token at = parser_.state_.tokens.peek();
      const Operator* const next = operator_of(at);
      if (level_ && next != nullptr && level_->by->rank < next->rank)
        set_aside();
      else if (level_)
        combine(*std::exchange(level_, std::nullopt));
      if (!current_ || next == nullptr) break;
      if (++operators_ >= kOperandsMax) {
        parser_.state_.error(at, "an expression of more than " + std::to_string(kOperandsMax) + " parts");
        return std::nullopt;
      }
      parser_.state_.tokens.next();
      const bool is_number = type_of(current_->op) == ValueType::kNumber;
      level_ = Pending{next, at, std::move(*current_)};
      current_ = parser_.operand(is_number ? Numbers::kAreNumbers : Numbers::kAreOctets);
    }
    for (; current_ && !outer_.empty(); outer_.pop_back()) combine(std::move(outer_.back()));
    return std::move(current_);
  }

 private:
  struct Pending {
    const Operator* by;
    Token at;
    Node left;
  };

  void combine(Pending pending) {
    current_ = parser_.combined(pending.by->op, pending.at, std::move(pending.left), std::move(*current_));
  }

  // The operator waits until all that follows is known. Chains of `or` wait as one.
  void set_aside() {
    Pending pending = *std::exchange(level_, std::nullopt);
    const bool continues = !outer_.empty() && outer_.back().by == pending.by && pending.by->rank == kChainRank;
    if (!continues) {
      outer_.push_back(std::move(pending));
      return;
    }
    Found left = parser_.combined(pending.by->op, pending.at, std::move(outer_.back().left), std::move(pending.left));
    if (left)
      outer_.back().left = std::move(*left);
    else
      current_ = std::nullopt;
  }

  ExpressionParser& parser_;
  Found current_;
  std::optional<Pending> level_;
  std::vector<Pending> outer_;
  std::size_t operators_ = 0;
};

ExpressionParser::Found ExpressionParser::expression(Numbers numbers) {
  const Token start = state_.tokens.peek();
  if (depth_ >= kRuleNestingMax) {
    state_.error(start, "an expression is nested too deeply");
    return std::nullopt;
  }
  ++depth_;
  Found found = operand(numbers);
  if (found) found = Chain(*this, std::move(*found)).read();
  --depth_;
  if (!found || depth_of(*found) <= kRuleNestingMax) return found;
  state_.error(start, "an expression is nested too deeply");
  return std::nullopt;
}

ExpressionParser::Found ExpressionParser::combined(Op op, const Token& at, Node left, Node right) {
  const ValueType wanted = operands_of(op);
  for (const Node* const side : {&left, &right}) {
    const ValueType type = type_of(side->op);
    // Two conditions cannot be compared, as in dhcpd.
    if (agree(type, wanted) && (wanted != ValueType::kAny || type != ValueType::kCondition)) continue;
    state_.error(at, shown(at) + " stands beside " + std::string(type_name(type)));
    return std::nullopt;
  }
  if (!agree(type_of(left.op), type_of(right.op))) {
    state_.error(at, shown(at) + " stands between " + std::string(type_name(type_of(left.op))) + " and " +
                         std::string(type_name(type_of(right.op))));
    return std::nullopt;
  }
  if (op == Op::kAnd || op == Op::kOr) return chained(op, std::move(left), std::move(right));
  Node node;
  node.op = op;
  node.children.push_back(std::move(left));
  node.children.push_back(std::move(right));
  if ((op == Op::kRegex || op == Op::kRegexNoCase) && !compile(node, at)) return std::nullopt;
  return node;
}

bool ExpressionParser::compile(Node& node, const Token& at) {
  const Node& pattern = node.children[1];
  if (pattern.op != Op::kConstant) {
    state_.error(at, "the regular expression of " + shown(at) + " is a text that is known when the file is read");
    return false;
  }
  const auto letters = node.op == Op::kRegexNoCase ? BoundedRegex::Case::kIgnored : BoundedRegex::Case::kMatters;
  // To the C library, which dhcpd uses, a NUL ends the expression.
  auto regex = BoundedRegex::compile(std::string_view(pattern.text.c_str()), letters);
  if (regex) {
    node.regex = std::move(*regex);
    return true;
  }
  state_.error(at, regex.error().message);
  return false;
}

}  // namespace rackcast::rules_detail
