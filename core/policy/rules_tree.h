// What rules are once parsed: statements and expression nodes. Private to core/policy (the parser builds it, the
// evaluator walks it, the printer writes it out again).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/policy/bounded_regex.h"
#include "core/policy/option_catalog.h"
#include "core/policy/parameter.h"

namespace rackcast::rules_detail {

enum class Op : std::uint8_t {
  // Conditions.
  kEqual,
  kNotEqual,
  kRegex,        // ~=
  kRegexNoCase,  // ~~
  kAnd,          // of two or more
  kOr,
  kNot,
  kExists,
  kKnown,
  kStatic,
  kDefined,
  // Data.
  kConstant,
  kOption,
  kConfigOption,
  kHardware,
  kPacket,     // offset, length
  kSubstring,  // data, offset, length
  kSuffix,     // data, length
  kLower,
  kUpper,
  kConcat,  // of two or more
  kEncodeInt,
  kBinaryToAscii,  // base, width, separator, data
  kReverse,        // width, data
  kPickFirst,      // of one or more
  kHostDeclName,
  kLeasedAddress,
  kFilename,
  kServerName,
  kGetHostName,
  kMissing,  // `null`
  // Numbers.
  kNumber,
  kExtractInt,
  kLeaseTime,
  kAdd,
  kSubtract,
  kMultiply,
  kDivide,
  kRemainder,
  kBitAnd,
  kBitOr,
  kBitXor,
  // Of whatever type was set.
  kVariable,
};

enum class ValueType : std::uint8_t { kCondition, kData, kNumber, kAny };
[[nodiscard]] ValueType type_of(Op op);

// How the options of a space lie in the value of a DHCPv4 option.
struct Container {
  std::uint8_t code = 0;  // 0: nowhere; clients cannot send them
  std::uint8_t code_bytes = 1;
  std::uint8_t length_bytes = 1;
  friend bool operator==(const Container&, const Container&) = default;
};

struct Node {
  Op op = Op::kMissing;
  std::uint8_t octets = 0;     // kEncodeInt, kExtractInt: 1, 2, 4
  std::uint16_t variable = 0;  // kVariable, kDefined
  Container container;         // kOption, kExists of another space than dhcp's
  OptionKey key;               // kOption, kConfigOption, kExists
  std::uint64_t number = 0;    // kNumber
  std::string text;            // kConstant: its octets, short ones without memory of their own; a variable's name
  std::vector<Node> children;
  std::shared_ptr<const BoundedRegex> regex;  // compiled from the second child

  [[nodiscard]] std::span<const std::byte> bytes() const { return std::as_bytes(std::span(text)); }
  friend bool operator==(const Node& a, const Node& b);
};

enum class StatementKind : std::uint8_t {
  kOption,
  kParameter,
  kIf,
  kSwitch,
  kCase,     // a label among a switch's statements
  kDefault,  // likewise
  kSet,
  kUnset,
  kAdd,
  kBreak,
};

enum class OptionAction : std::uint8_t {
  kReplace,  // `option`, `supersede`, `send`
  kDefault,
  kAppend,
  kPrepend,
};

struct Branch;

struct Statement {
  StatementKind kind = StatementKind::kBreak;
  OptionAction action = OptionAction::kReplace;
  Parameter parameter = Parameter::kFilename;
  std::uint16_t number = 0;      // of a variable or class
  OptionKey key;                 // kOption
  Node value;                    // kOption, kParameter, kSwitch, kCase, kSet
  std::string name;              // of the variable or class
  std::vector<Branch> branches;  // kIf: in order, at most the last without a condition
  std::vector<Statement> body;   // kSwitch

  friend bool operator==(const Statement& a, const Statement& b);
};

struct Branch {
  bool always = false;  // `else`
  Node condition;
  std::vector<Statement> body;
  friend bool operator==(const Branch& a, const Branch& b);
};

// Rules joined share the parts they are joined of. A `break` ends its part.
using RulePart = std::shared_ptr<const std::vector<Statement>>;
struct RuleBlock {
  std::vector<RulePart> parts;  // none of them empty
};

struct ExpressionTree {
  Node root;
};

}  // namespace rackcast::rules_detail
