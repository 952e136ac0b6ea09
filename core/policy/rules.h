// Rules: what a scope (global, network, subnet, pool, class, group, host) says its clients get. Statements of
// dhcpd.conf's own language, because that is what operators have; the TOML file's `options` and `rules` keys are the
// same rules. A Rules object is immutable after parsing and cheap to copy (shared). Constant values are encoded when
// parsed, so that applying the usual rules copies pointers only.
//
//   option NAME VALUE…;   supersede|default|append|prepend|send …   filename "…"; next-server …; default-lease-time N;
//   … if E { … } elsif E { … } else { … }    switch (E) { case V: … default: … }    set x = E;  unset x;  add "class";
//   break; log (LEVEL, E);  execute (…);  on commit { … }: parsed and kept for the report, without effect
//
// Threads: read-only, any. Evaluation allocates nothing (see outcome.h) and is bounded: kStepsMax statements and
// expression nodes, kValueBytesMax per value; beyond that the value is missing and a counter says so.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/policy/client_facts.h"
#include "core/policy/option_catalog.h"
#include "core/policy/outcome.h"

namespace rackcast {

inline constexpr std::size_t kRuleStepsMax = 4'096;  // of one client's evaluation
inline constexpr std::size_t kRuleNestingMax = 32;   // of blocks and of expressions
inline constexpr std::size_t kRuleValueBytesMax = 1'024;

namespace rules_detail {
struct RuleBlock;  // statements, in rules_tree.h
struct ExpressionTree;
}  // namespace rules_detail

class Rules {
 public:
  Rules() = default;  // none
  explicit Rules(std::shared_ptr<const rules_detail::RuleBlock> block) : block_(std::move(block)) {}

  [[nodiscard]] bool empty() const { return block_ == nullptr; }
  // In order; what is set later replaces what was set before. False: a `break` at the outer level, or a bound was met.
  bool apply(const ClientFacts& facts, Outcome& outcome) const;
  // Some statement sets it, on whatever condition.
  [[nodiscard]] bool mention(Parameter parameter) const;
  // In dhcpd.conf's syntax, one statement a line, `indent` blanks in front: parses to the same rules again.
  [[nodiscard]] std::string text(const OptionCatalog& catalog, std::size_t indent = 0) const;
  [[nodiscard]] const rules_detail::RuleBlock* block() const { return block_.get(); }
  friend bool operator==(const Rules& a, const Rules& b);  // by what they say

 private:
  std::shared_ptr<const rules_detail::RuleBlock> block_;
};

// A condition (`match if`), or data (`match`, `spawn with`).
class Expression {
 public:
  Expression() = default;
  explicit Expression(std::shared_ptr<const rules_detail::ExpressionTree> tree) : tree_(std::move(tree)) {}

  [[nodiscard]] bool empty() const { return tree_ == nullptr; }
  [[nodiscard]] bool is_condition() const;
  // A condition; what is missing reads as dhcpd reads it (protocols reference §1.11).
  [[nodiscard]] bool holds(const ClientFacts& facts, Outcome& outcome) const;
  // Data; nullopt: missing. The bytes live in `outcome`'s memory until it is cleared.
  [[nodiscard]] std::optional<std::span<const std::byte>> value(const ClientFacts& facts, Outcome& outcome) const;
  [[nodiscard]] std::string text(const OptionCatalog& catalog) const;
  friend bool operator==(const Expression& a, const Expression& b);

 private:
  std::shared_ptr<const rules_detail::ExpressionTree> tree_;
};

// Rules appended to rules: a group's and a host's, TOML's `options` and `rules`.
[[nodiscard]] Rules joined(const Rules& first, const Rules& second);

}  // namespace rackcast
