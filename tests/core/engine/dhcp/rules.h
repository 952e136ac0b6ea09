// Rules for tests, from dhcpd.conf's own words. What is wrong with them fails the test.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "core/config/config.h"
#include "core/policy/parse_rules.h"

namespace rackcast::engine::dhcp_test {

class RuleText {
 public:
  explicit RuleText(DhcpConfig& config) : config_(config) {
    context_.catalog = catalog_.get();
    context_.definitions_allowed = true;
    context_.variables = &variables_;
    context_.class_number = [this](std::string_view name) -> std::optional<std::uint16_t> {
      for (std::size_t i = 0; i < config_.classes.size(); ++i)
        if (config_.classes[i].name == name) return static_cast<std::uint16_t>(i);
      return std::nullopt;
    };
    config.catalog = catalog_;
  }

  Rules rules(std::string_view text) { return checked(parse_rules(text, context_, problems_)); }
  Expression condition(std::string_view text) { return checked(parse_condition(text, context_, problems_)); }
  Expression data(std::string_view text) { return checked(parse_data(text, context_, problems_)); }

  // Appends a class; its number is its place.
  ClassConfig& add_class(std::string name, std::string_view match_if, std::string_view body = "") {
    ClassConfig each;
    each.name = std::move(name);
    if (!match_if.empty()) each.match_if = condition(match_if);
    if (!body.empty()) each.rules = rules(body);
    return config_.classes.emplace_back(std::move(each));
  }

 private:
  template <typename Parsed>
  Parsed checked(Parsed parsed) {
    for (const RuleProblem& problem : problems_)
      ADD_FAILURE() << problem.line << ':' << problem.column << ' ' << problem.message;
    problems_.clear();
    return parsed;
  }

  DhcpConfig& config_;
  std::shared_ptr<OptionCatalog> catalog_ = std::make_shared<OptionCatalog>();
  std::vector<std::string> variables_;
  std::vector<RuleProblem> problems_;
  RuleParseContext context_;
};

}  // namespace rackcast::engine::dhcp_test
