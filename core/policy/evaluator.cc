// Conditions and numbers; data is evaluate_data.cc.
#include "core/policy/evaluator.h"

#include <algorithm>
#include <array>

namespace rackcast::rules_detail {

ValueType type_of(Op op) {
  if (op <= Op::kDefined) return ValueType::kCondition;
  if (op <= Op::kMissing) return ValueType::kData;
  if (op <= Op::kBitXor) return ValueType::kNumber;
  return ValueType::kAny;
}

bool Evaluator::Value::equals(const Value& other) const {
  if (type != other.type) return false;
  switch (type) {
    case ValueType::kCondition:
      return holds == other.holds;
    case ValueType::kNumber:
      return number == other.number;
    case ValueType::kData:
      return std::equal(bytes.begin(), bytes.end(), other.bytes.begin(), other.bytes.end());
    case ValueType::kAny:
      return true;  // both missing
  }
  return false;
}

Evaluator::Value Evaluator::value(const Node& node) {
  Value result;
  switch (type_of(node.op)) {
    case ValueType::kCondition:
      if (const auto holds = condition(node)) result = {ValueType::kCondition, *holds, 0, {}};
      break;
    case ValueType::kData:
      if (const auto bytes = data(node)) result = {ValueType::kData, false, 0, *bytes};
      break;
    case ValueType::kNumber:
      if (const auto found = number(node)) result = {ValueType::kNumber, false, *found, {}};
      break;
    case ValueType::kAny:
      return variable(node);
  }
  return result;
}

Evaluator::Value Evaluator::variable(const Node& node) const {
  const auto tagged = outcome_.variable(node.variable);
  if (!tagged || tagged->empty()) return {};
  const auto type = static_cast<ValueType>(tagged->front());
  const Bytes bytes = tagged->subspan(1);
  if (type == ValueType::kData) return {type, false, 0, bytes};
  std::uint64_t number = 0;
  for (const std::byte octet : bytes) number = number << 8U | std::to_integer<std::uint64_t>(octet);
  return {type, number != 0, number, {}};
}

std::optional<Evaluator::Bytes> Evaluator::tagged(const Node& node) {
  const Value found = value(node);
  const std::array tag{static_cast<std::byte>(found.type)};
  switch (found.type) {
    case ValueType::kAny:
      return std::nullopt;
    case ValueType::kData:
      return joined(tag, found.bytes);
    case ValueType::kCondition:
    case ValueType::kNumber: {
      const auto bytes = big_endian(found.type == ValueType::kNumber ? found.number : found.holds ? 1U : 0U, 8);
      if (!bytes) return std::nullopt;
      return joined(tag, *bytes);
    }
  }
  return std::nullopt;
}

bool Evaluator::equal(const Node& a, const Node& b) {
  return value(a).equals(value(b));
}

std::optional<bool> Evaluator::condition(const Node& node) {
  if (!step()) return std::nullopt;
  switch (node.op) {
    case Op::kEqual:
      return equal(node.children[0], node.children[1]);
    case Op::kNotEqual:
      return !equal(node.children[0], node.children[1]);
    case Op::kRegex:
    case Op::kRegexNoCase:
      return matches(node);
    case Op::kAnd:
      return all_of(node);
    case Op::kOr:
      return any_of(node);
    case Op::kNot: {
      const auto holds = condition(node.children[0]);
      if (!holds) return std::nullopt;
      return !*holds;
    }
    case Op::kExists:
      return option(node).has_value();
    case Op::kKnown:
      return facts_.known;
    case Op::kStatic:
      return facts_.has_static_address;
    case Op::kDefined:
      return variable(node).type != ValueType::kAny;
    case Op::kVariable: {
      const Value found = variable(node);
      if (found.type != ValueType::kCondition) return std::nullopt;
      return found.holds;
    }
    default:
      return std::nullopt;  // no condition: the parser lets none through
  }
}

std::optional<bool> Evaluator::matches(const Node& node) {
  const auto text = data(node.children[0]);
  // Of empty text dhcpd asks nothing: that is missing, too.
  if (!text || text->empty() || node.regex == nullptr) return std::nullopt;
  // To the C library's matcher, which dhcpd uses, a NUL ends the text.
  const auto end = std::find(text->begin(), text->end(), std::byte{0});
  return node.regex->matches(text->first(static_cast<std::size_t>(end - text->begin())));
}

std::optional<bool> Evaluator::all_of(const Node& node) {
  for (std::size_t i = 0; i + 1 < node.children.size(); ++i) {
    if (!condition(node.children[i]).value_or(false)) return std::nullopt;
  }
  return condition(node.children.back());
}

std::optional<bool> Evaluator::any_of(const Node& node) {
  std::optional<bool> result;
  for (const Node& child : node.children) {
    const auto holds = condition(child);
    if (holds.value_or(false)) return true;
    if (holds) result = false;
  }
  return result;
}

std::optional<std::uint64_t> Evaluator::number(const Node& node) {
  if (node.op == Op::kNumber) return node.number;
  if (!step()) return std::nullopt;
  switch (node.op) {
    case Op::kExtractInt:
      return extract(node);
    case Op::kLeaseTime:
      if (!facts_.lease_seconds) return std::nullopt;
      return *facts_.lease_seconds;
    case Op::kVariable: {
      const Value found = variable(node);
      if (found.type != ValueType::kNumber) return std::nullopt;
      return found.number;
    }
    default:
      return arithmetic(node);
  }
}

std::optional<std::uint64_t> Evaluator::extract(const Node& node) {
  const auto bytes = data(node.children[0]);
  if (!bytes || bytes->size() < node.octets) return std::nullopt;
  std::uint64_t result = 0;
  for (const std::byte octet : bytes->first(node.octets)) result = result << 8U | std::to_integer<std::uint64_t>(octet);
  return result;
}

std::optional<std::uint64_t> Evaluator::arithmetic(const Node& node) {
  if (node.children.size() != 2) return std::nullopt;
  const auto a = number(node.children[0]);
  const auto b = number(node.children[1]);
  if (!a || !b) return std::nullopt;
  switch (node.op) {
    case Op::kAdd:
      return *a + *b;
    case Op::kSubtract:
      return *a - *b;
    case Op::kMultiply:
      return *a * *b;
    case Op::kDivide:
      if (*b == 0) return std::nullopt;
      return *a / *b;
    case Op::kRemainder:
      if (*b == 0) return std::nullopt;
      return *a % *b;
    case Op::kBitAnd:
      return *a & *b;
    case Op::kBitOr:
      return *a | *b;
    case Op::kBitXor:
      return *a ^ *b;
    default:
      return std::nullopt;
  }
}

}  // namespace rackcast::rules_detail
