// Rules applied: statements in their order. Printing is rule_text.cc.
#include "core/policy/rules.h"

#include <algorithm>

#include "core/policy/evaluator.h"
#include "core/policy/rules_tree.h"

namespace rackcast {
namespace rules_detail {
namespace {

using Bytes = std::span<const std::byte>;

enum class Flow : std::uint8_t { kNext, kBreak, kStop };

class Application {
 public:
  Application(const ClientFacts& facts, Outcome& outcome) : outcome_(outcome), evaluator_(facts, outcome) {}

  // A `break` ends the list that it stands in, no other.
  Flow run(std::span<const Statement> statements) {
    for (const Statement& statement : statements) {
      if (!evaluator_.step()) return Flow::kStop;
      const Flow flow = run(statement);
      if (flow != Flow::kNext) return flow;
    }
    return Flow::kNext;
  }

 private:
  Flow run(const Statement& statement) {
    switch (statement.kind) {
      case StatementKind::kOption:
        set_option(statement);
        break;
      case StatementKind::kParameter:
        set_parameter(statement);
        break;
      case StatementKind::kIf:
        return run_if(statement);
      case StatementKind::kSwitch:
        return run_switch(statement);
      case StatementKind::kSet:
        outcome_.set_variable(statement.number, evaluator_.tagged(statement.value));
        break;
      case StatementKind::kUnset:
        outcome_.set_variable(statement.number, std::nullopt);
        break;
      case StatementKind::kAdd:
        outcome_.classes.set(statement.number);
        break;
      case StatementKind::kBreak:
        return Flow::kBreak;
      case StatementKind::kCase:
      case StatementKind::kDefault:
        break;
    }
    return Flow::kNext;
  }

  Flow run_if(const Statement& statement) {
    for (const Branch& branch : statement.branches) {
      const std::size_t mark = outcome_.mark();
      const bool taken = branch.always || evaluator_.condition(branch.condition).value_or(false);
      outcome_.release(mark);
      if (outcome_.steps > kRuleStepsMax) return Flow::kStop;
      if (taken) return run(std::span(branch.body)) == Flow::kStop ? Flow::kStop : Flow::kNext;
    }
    return Flow::kNext;
  }

  Flow run_switch(const Statement& statement) {
    const std::span<const Statement> body = statement.body;
    const std::size_t mark = outcome_.mark();
    const bool by_number = type_of(statement.value.op) == ValueType::kNumber;
    const auto number = by_number ? evaluator_.number(statement.value) : std::nullopt;
    const auto data = by_number ? std::nullopt : evaluator_.data(statement.value);
    std::size_t start = body.size();
    for (std::size_t i = 0; i < body.size() && (number || data); ++i) {
      if (body[i].kind != StatementKind::kCase || !is_case(body[i], number, data)) continue;
      start = i;
      break;
    }
    outcome_.release(mark);
    if (start == body.size()) {
      const auto label = std::find_if(body.begin(), body.end(),
                                      [](const Statement& one) { return one.kind == StatementKind::kDefault; });
      start = static_cast<std::size_t>(label - body.begin());
    }
    return run(body.subspan(start)) == Flow::kStop ? Flow::kStop : Flow::kNext;
  }

  bool is_case(const Statement& label, std::optional<std::uint64_t> number, std::optional<Bytes> data) {
    if (number) return evaluator_.number(label.value) == number;
    const auto other = evaluator_.data(label.value);
    return other && std::equal(other->begin(), other->end(), data->begin(), data->end());
  }

  // A missing value takes the option away: dhcpd keeps the expression and finds nothing in it when it replies.
  void set_option(const Statement& statement) {
    const auto before = outcome_.option(statement.key);
    if (before && statement.action == OptionAction::kDefault) return;
    std::optional<Bytes> value = evaluator_.data(statement.value);
    if (value && before && statement.action == OptionAction::kAppend) value = evaluator_.joined(*before, *value);
    if (value && before && statement.action == OptionAction::kPrepend) value = evaluator_.joined(*value, *before);
    if (value)
      outcome_.set_option(statement.key, *value);
    else
      outcome_.remove_option(statement.key);
  }

  void set_parameter(const Statement& statement) {
    if (statement.value.op == Op::kNumber) {
      outcome_.set_number(statement.parameter, static_cast<std::uint32_t>(statement.value.number));
      return;
    }
    const auto value = evaluator_.data(statement.value);
    const ParameterKind kind = kParameters[static_cast<std::size_t>(statement.parameter)].kind;
    if (!value || (kind == ParameterKind::kAddress && value->size() < 4)) {
      outcome_.unset(statement.parameter);
    } else if (kind == ParameterKind::kText || kind == ParameterKind::kAddress) {
      outcome_.set_bytes(statement.parameter, *value);
    } else {
      std::uint32_t number = 0;
      for (const std::byte octet : value->first(std::min<std::size_t>(value->size(), 4)))
        number = number << 8U | std::to_integer<std::uint32_t>(octet);
      const std::uint32_t longest = kParameters[static_cast<std::size_t>(statement.parameter)].longest;
      // 2 is dhcpd's `ignore`: nothing but a plain 1 switches anything on.
      if (kind == ParameterKind::kFlag) number = number == 1 ? 1 : 0;
      outcome_.set_number(statement.parameter, std::min(number, longest));
    }
  }

  Outcome& outcome_;
  Evaluator evaluator_;
};

// Nested no deeper than kRuleNestingMax.
bool mention(std::span<const Statement> statements, Parameter parameter) {
  return std::any_of(statements.begin(), statements.end(), [&](const Statement& one) {
    return (one.kind == StatementKind::kParameter && one.parameter == parameter) || mention(one.body, parameter) ||
           std::any_of(one.branches.begin(), one.branches.end(),
                       [&](const Branch& branch) { return mention(branch.body, parameter); });
  });
}

}  // namespace

bool operator==(const Node& a, const Node& b) {
  return a.op == b.op && a.octets == b.octets && a.variable == b.variable && a.container == b.container &&
         a.key == b.key && a.number == b.number && a.text == b.text && a.children == b.children;
}

bool operator==(const Branch& a, const Branch& b) {
  return a.always == b.always && a.condition == b.condition && a.body == b.body;
}

bool operator==(const Statement& a, const Statement& b) {
  return a.kind == b.kind && a.action == b.action && a.parameter == b.parameter && a.number == b.number &&
         a.key == b.key && a.name == b.name && a.value == b.value && a.branches == b.branches && a.body == b.body;
}

}  // namespace rules_detail

bool Rules::apply(const ClientFacts& facts, Outcome& outcome) const {
  if (block_ == nullptr) return true;
  rules_detail::Application application(facts, outcome);
  bool whole = true;
  for (const rules_detail::RulePart& part : block_->parts) {
    const rules_detail::Flow flow = application.run(*part);
    if (flow == rules_detail::Flow::kStop) return false;
    whole = whole && flow == rules_detail::Flow::kNext;
  }
  return whole;
}

bool Rules::mention(Parameter parameter) const {
  if (block_ == nullptr) return false;
  return std::any_of(block_->parts.begin(), block_->parts.end(),
                     [&](const rules_detail::RulePart& part) { return rules_detail::mention(*part, parameter); });
}

bool operator==(const Rules& a, const Rules& b) {
  if (a.block_ == b.block_) return true;
  if (a.empty() || b.empty()) return a.empty() && b.empty();
  // By what they say, however they are parted.
  std::vector<const rules_detail::Statement*> left;
  std::vector<const rules_detail::Statement*> right;
  for (const auto& part : a.block_->parts)
    for (const auto& statement : *part) left.push_back(&statement);
  for (const auto& part : b.block_->parts)
    for (const auto& statement : *part) right.push_back(&statement);
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [](const auto* x, const auto* y) { return *x == *y; });
}

bool Expression::is_condition() const {
  return tree_ != nullptr && rules_detail::type_of(tree_->root.op) == rules_detail::ValueType::kCondition;
}

bool Expression::holds(const ClientFacts& facts, Outcome& outcome) const {
  if (tree_ == nullptr) return false;
  const std::size_t mark = outcome.mark();
  const bool result = rules_detail::Evaluator(facts, outcome).condition(tree_->root).value_or(false);
  outcome.release(mark);
  return result;
}

std::optional<std::span<const std::byte>> Expression::value(const ClientFacts& facts, Outcome& outcome) const {
  if (tree_ == nullptr) return std::nullopt;
  return rules_detail::Evaluator(facts, outcome).data(tree_->root);
}

bool operator==(const Expression& a, const Expression& b) {
  if (a.tree_ == b.tree_) return true;
  return a.tree_ != nullptr && b.tree_ != nullptr && a.tree_->root == b.tree_->root;
}

Rules joined(const Rules& first, const Rules& second) {
  if (first.empty()) return second;
  if (second.empty()) return first;
  auto block = std::make_shared<rules_detail::RuleBlock>(*first.block());
  block->parts.insert(block->parts.end(), second.block()->parts.begin(), second.block()->parts.end());
  return Rules(std::move(block));
}

}  // namespace rackcast
