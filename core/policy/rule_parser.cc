#include "core/policy/rule_parser.h"

#include "core/policy/option_value.h"
#include "core/policy/statement_parser.h"

namespace rackcast {

struct RuleParser::State {
  State(TokenStream& tokens, RuleParseContext& context, std::vector<RuleProblem>& problems)
      : shared{tokens, context, problems}, statements(shared) {}

  rules_detail::ParserState shared;
  rules_detail::StatementParser statements;
  std::vector<rules_detail::Statement> list;
};

namespace {

Expression expression(std::optional<rules_detail::Node> node) {
  if (!node) return {};
  auto tree = std::make_shared<rules_detail::ExpressionTree>();
  tree->root = std::move(*node);
  return Expression(std::move(tree));
}

}  // namespace

RuleParser::RuleParser(TokenStream& tokens, RuleParseContext& context, std::vector<RuleProblem>& problems)
    : state_(std::make_unique<State>(tokens, context, problems)) {}

RuleParser::~RuleParser() = default;

bool RuleParser::at_statement() {
  return state_->statements.at_statement();
}

void RuleParser::parse_statement() {
  state_->statements.statement(state_->list);
}

void RuleParser::parse_statements() {
  state_->statements.statements(state_->list);
}

Rules RuleParser::take() {
  if (state_->list.empty()) return {};
  state_->list.shrink_to_fit();
  auto block = std::make_shared<rules_detail::RuleBlock>();
  block->parts.push_back(std::make_shared<const std::vector<rules_detail::Statement>>(std::move(state_->list)));
  state_->list.clear();
  return Rules(std::move(block));
}

Expression RuleParser::parse_condition() {
  return expression(state_->statements.expressions().condition());
}

Expression RuleParser::parse_data() {
  return expression(state_->statements.expressions().data());
}

const OptionDefinition* RuleParser::parse_option_name() {
  return state_->shared.option_name();
}

std::optional<std::vector<std::byte>> RuleParser::parse_option_value(const OptionDefinition& definition) {
  const auto value = rules_detail::read_option_value(state_->shared, definition);
  if (!value) return std::nullopt;
  const auto bytes = std::as_bytes(std::span(*value));
  return std::vector<std::byte>(bytes.begin(), bytes.end());
}

std::vector<net::Ipv4Address> RuleParser::parse_addresses() {
  return rules_detail::read_addresses(state_->shared, true);
}

bool RuleParser::parse_semicolon() {
  return state_->statements.semicolon();
}

void RuleParser::report(RuleProblemKind kind, const Token& at, std::string message) {
  state_->shared.report(kind, at, std::move(message));
}

}  // namespace rackcast
