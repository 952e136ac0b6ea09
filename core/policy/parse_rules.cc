#include "core/policy/parse_rules.h"

#include "core/policy/rule_parser.h"

namespace rackcast {
namespace {

// Everything behind what was wanted is one error.
void expect_end(TokenStream& tokens, RuleParser& parser) {
  if (!tokens.peek().is_end()) parser.report(RuleProblemKind::kError, tokens.peek(), "nothing may follow here");
}

// What the parsers take for granted, where the caller has none.
class Provided {
 public:
  explicit Provided(RuleParseContext& context) : context_(context) {
    if (context_.catalog == nullptr) context_.catalog = &catalog_.emplace();
    if (context_.variables == nullptr) context_.variables = &variables_;
  }
  ~Provided() {
    if (catalog_ && context_.catalog == &*catalog_) context_.catalog = nullptr;
    if (context_.variables == &variables_) context_.variables = nullptr;
  }
  Provided(const Provided&) = delete;
  Provided& operator=(const Provided&) = delete;

 private:
  RuleParseContext& context_;
  std::optional<OptionCatalog> catalog_;
  std::vector<std::string> variables_;
};

}  // namespace

Rules parse_rules(std::string_view text, RuleParseContext& context, std::vector<RuleProblem>& problems) {
  const Provided provided(context);
  TokenStream tokens(text);
  RuleParser parser(tokens, context, problems);
  for (parser.parse_statements(); !tokens.peek().is_end(); parser.parse_statements())
    parser.report(RuleProblemKind::kError, tokens.next(), "this '}' has no '{'");
  return parser.take();
}

Expression parse_condition(std::string_view text, RuleParseContext& context, std::vector<RuleProblem>& problems) {
  const Provided provided(context);
  TokenStream tokens(text);
  RuleParser parser(tokens, context, problems);
  Expression expression = parser.parse_condition();
  if (!expression.empty()) expect_end(tokens, parser);
  return expression;
}

Expression parse_data(std::string_view text, RuleParseContext& context, std::vector<RuleProblem>& problems) {
  const Provided provided(context);
  TokenStream tokens(text);
  RuleParser parser(tokens, context, problems);
  Expression expression = parser.parse_data();
  if (!expression.empty()) expect_end(tokens, parser);
  return expression;
}

std::optional<std::vector<std::byte>> parse_option_value(std::string_view text, const OptionDefinition& definition,
                                                         RuleParseContext& context, std::string& problem) {
  const Provided provided(context);
  std::vector<RuleProblem> problems;
  TokenStream tokens(text);
  RuleParser parser(tokens, context, problems);
  auto value = parser.parse_option_value(definition);
  if (value) expect_end(tokens, parser);
  if (problems.empty()) return value;
  problem = problems.front().message;
  return std::nullopt;
}

}  // namespace rackcast
