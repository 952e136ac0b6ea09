// Rules and expressions written out: Rules::text and Expression::text.
#include "core/policy/rule_text.h"

#include "core/policy/option_value.h"
#include "core/policy/rules.h"
#include "core/policy/rules_tree.h"

namespace rackcast {
namespace {

using namespace rules_detail;

constexpr std::size_t kIndent = 2;

// An operator's or form's name, by Op; "" where it is not written by name.
std::string_view symbol_of(Op op) {
  switch (op) {
    case Op::kEqual:
      return "=";
    case Op::kNotEqual:
      return "!=";
    case Op::kRegex:
      return "~=";
    case Op::kRegexNoCase:
      return "~~";
    case Op::kAnd:
      return "and";
    case Op::kOr:
      return "or";
    case Op::kAdd:
      return "+";
    case Op::kSubtract:
      return "-";
    case Op::kMultiply:
      return "*";
    case Op::kDivide:
      return "/";
    case Op::kRemainder:
      return "%";
    case Op::kBitAnd:
      return "&";
    case Op::kBitOr:
      return "|";
    case Op::kBitXor:
      return "^";
    default:
      return "";
  }
}

std::string_view form_of(Op op) {
  switch (op) {
    case Op::kKnown:
      return "known";
    case Op::kStatic:
      return "static";
    case Op::kHardware:
      return "hardware";
    case Op::kPacket:
      return "packet";
    case Op::kSubstring:
      return "substring";
    case Op::kSuffix:
      return "suffix";
    case Op::kLower:
      return "lcase";
    case Op::kUpper:
      return "ucase";
    case Op::kConcat:
      return "concat";
    case Op::kEncodeInt:
      return "encode-int";
    case Op::kExtractInt:
      return "extract-int";
    case Op::kBinaryToAscii:
      return "binary-to-ascii";
    case Op::kReverse:
      return "reverse";
    case Op::kPickFirst:
      return "pick-first-value";
    case Op::kHostDeclName:
      return "host-decl-name";
    case Op::kLeasedAddress:
      return "leased-address";
    case Op::kFilename:
      return "filename";
    case Op::kServerName:
      return "server-name";
    case Op::kGetHostName:
      return "gethostname ()";
    case Op::kLeaseTime:
      return "lease-time";
    default:
      return "null";
  }
}

class Writer {
 public:
  explicit Writer(const OptionCatalog& catalog) : catalog_(catalog) {}

  [[nodiscard]] std::string expression(const Node& node) const {
    if (!symbol_of(node.op).empty()) return operation(node);
    switch (node.op) {
      case Op::kNot:
        return "not (" + expression(node.children[0]) + ")";
      case Op::kExists:
        return "exists " + option_name_text(catalog_, node.key);
      case Op::kOption:
        return "option " + option_name_text(catalog_, node.key);
      case Op::kConfigOption:
        return "config-option " + option_name_text(catalog_, node.key);
      case Op::kDefined:
        return "defined (" + node.text + ")";
      case Op::kVariable:
        return node.text;
      case Op::kNumber:
        return std::to_string(node.number);
      case Op::kConstant:
        return constant_text(node);
      default:
        return form(node);
    }
  }

  void statements(std::span<const Statement> list, std::size_t indent) {
    for (const Statement& one : list) statement(one, indent);
  }
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  // Octets where quotes would hide them. Not in a switch: there ':' ends a label, and a bare number is no octet.
  [[nodiscard]] std::string constant_text(const Node& node) const {
    return node.text.empty() || is_plain(node.text) || in_switch_ ? quoted(node.text) : octets_text(node.text);
  }

  [[nodiscard]] std::string operation(const Node& node) const {
    std::string text;
    for (const Node& child : node.children) {
      if (!text.empty()) text += ' ' + std::string(symbol_of(node.op)) + ' ';
      const bool simple = symbol_of(child.op).empty();
      text += simple ? expression(child) : '(' + expression(child) + ')';
    }
    return text;
  }

  [[nodiscard]] std::string form(const Node& node) const {
    std::string text(form_of(node.op));
    if (node.children.empty()) return text;
    text += " (";
    for (std::size_t i = 0; i < node.children.size(); ++i) {
      if (i > 0) text += ", ";
      text += expression(node.children[i]);
    }
    if (node.octets != 0) text += ", " + std::to_string(node.octets * 8);
    return text + ")";
  }

  void line(std::size_t indent, std::string_view text) {
    text_.append(indent, ' ');
    text_ += text;
    text_ += '\n';
  }

  void statement(const Statement& statement, std::size_t indent) {
    switch (statement.kind) {
      case StatementKind::kOption:
        return line(indent, option(statement) + ';');
      case StatementKind::kParameter:
        return line(indent, parameter(statement) + ';');
      case StatementKind::kIf:
        return if_statement(statement, indent);
      case StatementKind::kSwitch:
        return switch_statement(statement, indent);
      case StatementKind::kCase:
        return line(indent, "case " + in_switch(statement.value) + ':');
      case StatementKind::kDefault:
        return line(indent, "default:");
      case StatementKind::kSet:
        return line(indent, "set " + statement.name + " = " + expression(statement.value) + ';');
      case StatementKind::kUnset:
        return line(indent, "unset " + statement.name + ';');
      case StatementKind::kAdd:
        return line(indent, "add " + quoted(statement.name) + ';');
      case StatementKind::kBreak:
        return line(indent, "break;");
    }
  }

  [[nodiscard]] std::string in_switch(const Node& node) {
    in_switch_ = true;
    std::string text = expression(node);
    in_switch_ = false;
    return text;
  }

  void if_statement(const Statement& statement, std::size_t indent) {
    std::string_view word = "if ";
    for (const Branch& branch : statement.branches) {
      const bool first = &branch == statement.branches.data();
      std::string head = first ? "" : "} ";
      head += branch.always ? "else {" : std::string(word) + expression(branch.condition) + " {";
      line(indent, head);
      statements(branch.body, indent + kIndent);
      word = "elsif ";
    }
    line(indent, "}");
  }

  void switch_statement(const Statement& statement, std::size_t indent) {
    line(indent, "switch (" + in_switch(statement.value) + ") {");
    statements(statement.body, indent + kIndent);
    line(indent, "}");
  }

  [[nodiscard]] std::string option(const Statement& statement) const {
    std::string text;
    switch (statement.action) {
      case OptionAction::kReplace:
        text = "option ";
        break;
      case OptionAction::kDefault:
        text = "default ";
        break;
      case OptionAction::kAppend:
        text = "append ";
        break;
      case OptionAction::kPrepend:
        text = "prepend ";
        break;
    }
    text += option_name_text(catalog_, statement.key);
    if (statement.value.op != Op::kConstant) return text + " = " + expression(statement.value);
    const std::string value = rackcast::option_value_text(catalog_, statement.key, statement.value.bytes());
    return value.empty() ? text : text + ' ' + value;
  }

  [[nodiscard]] std::string parameter(const Statement& statement) const {
    const ParameterSpec& spec = kParameters[static_cast<std::size_t>(statement.parameter)];
    const std::string name(spec.name);
    const bool is_permission =
        spec.parameter >= Parameter::kAllowBooting && spec.parameter <= Parameter::kAllowDeclines;
    const Node& value = statement.value;
    if (value.op == Op::kNumber) {
      if (is_permission) return (value.number != 0 ? "allow " : "deny ") + name;
      if (spec.parameter == Parameter::kAuthoritative) return value.number != 0 ? name : "not " + name;
      if (spec.kind == ParameterKind::kFlag) return name + (value.number != 0 ? " true" : " false");
      if (spec.kind == ParameterKind::kSpace)
        return name + ' ' + catalog_.space(static_cast<std::uint16_t>(value.number)).name;
      return name + ' ' + std::to_string(value.number);
    }
    if (value.op == Op::kConstant && spec.kind == ParameterKind::kText) return name + ' ' + quoted(value.text);
    if (value.op == Op::kConstant && spec.kind == ParameterKind::kAddress && value.text.size() == 4) {
      const auto octet = [&](std::size_t i) { return static_cast<std::uint8_t>(value.text[i]); };
      return name + ' ' + std::string(net::Ipv4Address(octet(0), octet(1), octet(2), octet(3)).text().view());
    }
    // The words behind `allow` are no statements by themselves: dhcpd has other names for them.
    if (is_permission) return permission_name(spec.parameter) + " = " + expression(value);
    return name + " = " + expression(value);
  }

  static std::string permission_name(Parameter parameter) {
    if (parameter == Parameter::kAllowBooting) return "allow-booting";
    if (parameter == Parameter::kAllowBootp) return "allow-bootp";
    if (parameter == Parameter::kAllowUnknownClients) return "boot-unknown-clients";
    return std::string(kParameters[static_cast<std::size_t>(parameter)].name);
  }

  const OptionCatalog& catalog_;
  std::string text_;
  bool in_switch_ = false;
};

}  // namespace

std::string Rules::text(const OptionCatalog& catalog, std::size_t indent) const {
  if (block_ == nullptr) return {};
  Writer writer(catalog);
  for (const rules_detail::RulePart& part : block_->parts) writer.statements(*part, indent);
  return writer.text();
}

std::string Expression::text(const OptionCatalog& catalog) const {
  return tree_ == nullptr ? std::string() : Writer(catalog).expression(tree_->root);
}

}  // namespace rackcast
