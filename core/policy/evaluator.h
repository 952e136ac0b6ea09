// Expressions, evaluated: nodes against what is known of a client. Private to core/policy. Allocates nothing; depth is
// bounded by the parser (kRuleNestingMax), work by Outcome::steps.
//
// What is missing, exactly as dhcpd reads it: `=` of two missing values holds, of one does not; `!=` the other way
// round; `~=` and `~~` of a missing or an empty value are missing themselves; `and` whose left side does not hold is
// *missing*, not false, so that `not (a and b)` holds only where a does and b does not; `or` is missing where both
// sides are; `not` of missing is missing; a condition that is missing at last does not hold.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "core/policy/client_facts.h"
#include "core/policy/outcome.h"
#include "core/policy/rules.h"
#include "core/policy/rules_tree.h"

namespace rackcast::rules_detail {

class Evaluator {
 public:
  Evaluator(const ClientFacts& facts, Outcome& outcome) : facts_(facts), outcome_(outcome) {}

  using Bytes = std::span<const std::byte>;

  [[nodiscard]] std::optional<bool> condition(const Node& node);
  [[nodiscard]] std::optional<Bytes> data(const Node& node);
  [[nodiscard]] std::optional<std::uint64_t> number(const Node& node);
  [[nodiscard]] bool equal(const Node& a, const Node& b);
  // The value with its type in front, as Outcome keeps variables; in the outcome's memory.
  [[nodiscard]] std::optional<Bytes> tagged(const Node& node);
  // A copy of `a` and `b`, one behind the other.
  [[nodiscard]] std::optional<Bytes> joined(Bytes a, Bytes b);
  // One more step; false: there have been too many.
  [[nodiscard]] bool step() {
    if (++outcome_.steps <= kRuleStepsMax) return true;
    outcome_.overran = true;
    return false;
  }

 private:
  struct Value {
    ValueType type = ValueType::kAny;  // kAny: missing
    bool holds = false;
    std::uint64_t number = 0;
    Bytes bytes;
    [[nodiscard]] bool equals(const Value& other) const;
  };

  [[nodiscard]] Value value(const Node& node);
  [[nodiscard]] Value variable(const Node& node) const;
  [[nodiscard]] std::optional<bool> matches(const Node& node);
  [[nodiscard]] std::optional<bool> all_of(const Node& node);
  [[nodiscard]] std::optional<bool> any_of(const Node& node);
  [[nodiscard]] std::optional<std::uint64_t> arithmetic(const Node& node);
  [[nodiscard]] std::optional<std::uint64_t> extract(const Node& node);

  [[nodiscard]] std::optional<Bytes> option(const Node& node) const;
  [[nodiscard]] std::optional<Bytes> hardware();
  [[nodiscard]] std::optional<Bytes> packet(const Node& node);
  [[nodiscard]] std::optional<Bytes> substring(const Node& node);
  [[nodiscard]] std::optional<Bytes> suffix(const Node& node);
  [[nodiscard]] std::optional<Bytes> recased(const Node& node);
  [[nodiscard]] std::optional<Bytes> concat(const Node& node);
  [[nodiscard]] std::optional<Bytes> encoded(const Node& node);
  [[nodiscard]] std::optional<Bytes> ascii(const Node& node);
  [[nodiscard]] std::optional<Bytes> reversed(const Node& node);
  [[nodiscard]] std::optional<Bytes> pick_first(const Node& node);
  [[nodiscard]] std::optional<Bytes> header_text(const Node& node) const;
  [[nodiscard]] std::optional<Bytes> big_endian(std::uint64_t number, std::size_t octets);
  [[nodiscard]] std::optional<Bytes> kept(Bytes bytes);

  const ClientFacts& facts_;
  Outcome& outcome_;
};

// The first option `code` in `field`, as a space with these widths lies in it. Nullopt: none, or cut short before it.
[[nodiscard]] std::optional<std::span<const std::byte>> find_encapsulated(std::span<const std::byte> field,
                                                                          const Container& container, OptionKey key);

}  // namespace rackcast::rules_detail
