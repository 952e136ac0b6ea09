// What is wrong is reported where it stands, and what stands around it is read all the same.
#include <gtest/gtest.h>

#include "core/policy/rule_parser.h"
#include "tests/core/policy/fixture.h"

namespace rackcast::testing {
namespace {

using ProblemsTest = PolicyTest;

TEST_F(ProblemsTest, LineAndColumn) {
  EXPECT_EQ(problem_of("option domain-name \"a\";\n  option no-such-thing 1;"), "2:10 no-such-thing");
  EXPECT_EQ(problem_of("filenam \"a\";"), "1:1 filenam");
  EXPECT_EQ(problem_of("option nowhere.thing 1;"), "1:8 nowhere");
  EXPECT_EQ(problem_of("option routers 10.0.0.1"), "1:24 ");
  EXPECT_EQ(problem_of("option subnet-mask 10.0.0;"), "1:20 10");
  EXPECT_EQ(problem_of("if known option domain-name \"a\";"), "1:10 option");
  EXPECT_EQ(problem_of("if known {\n filename \"a\";"), "1:10 {");
  EXPECT_EQ(problem_of("if option host-name { }"), "1:4 option");
  EXPECT_EQ(problem_of("add \"nobody\";"), "1:5 nobody");
  EXPECT_EQ(problem_of("min-secs 256;"), "1:10 256");
  EXPECT_EQ(problem_of("filename \"open;"), "1:10 this text has no closing quote");
  EXPECT_EQ(problem_of("if hardware ~= \"(\" { }"), "1:13 ~=");
  EXPECT_EQ(problem_of("if hardware ~= option host-name { }"), "1:13 ~=");
  EXPECT_EQ(problem_of("else { }"), "1:1 else");
  EXPECT_EQ(problem_of("case 1: filename \"a\";"), "1:1 case");
  EXPECT_EQ(problem_of("default: filename \"a\";"), "1:1 default");
  EXPECT_EQ(problem_of("option x code 300 = text;"), "1:8 x");
  EXPECT_EQ(problem_of("option x code 200 = array of text;"), "1:21 array");
  EXPECT_EQ(problem_of("option x code 200 = { text, integer 8 };"), "1:29 integer");
  EXPECT_EQ(problem_of("option x code 200 = integer 9;"), "1:29 9");
  EXPECT_EQ(problem_of("option x code 200 = encapsulate nowhere;"), "1:33 nowhere");
  EXPECT_EQ(problem_of("}"), "1:1 }");
  EXPECT_EQ(problem_of("{ }"), "1:1 {");
}

TEST_F(ProblemsTest, Suggestions) {
  rules("option domain-name-server 10.0.0.1;");
  EXPECT_EQ(problems.at(0).message,
            "there is no option \"domain-name-server\" in space \"dhcp\"; did you mean \"domain-name-servers\"?");
  rules("defualt-lease-time 60;");
  EXPECT_EQ(problems.at(0).message, "\"defualt-lease-time\" is not a statement; did you mean \"default-lease-time\"?");
}

// One problem each, and the two good statements around it are there.
TEST_F(ProblemsTest, GoesOnBehindIt) {
  for (const std::string_view wrong :
       {"option nothing 1;",
        "option ;",
        "option routers ;",
        "nonsense { a; { b; } c }",
        "if { filename \"x\"; }",
        "if hardware { filename \"x\"; } elsif known { filename \"y\"; } else { filename \"z\"; }",
        "switch (known) { case 1: filename \"x\"; }",
        "switch known { }",
        "set = 1;",
        "set x 1;",
        "unset ;",
        "add ;",
        "break now;",
        "filename ;",
        "next-server nowhere.example.org;",
        "default-lease-time soon;",
        "= 5;",
        "( ;",
        "option domain-name = substring (\"a\", 1);",
        "option domain-name = concat (\"a\", \"b\";",
        "option domain-name = option ;",
        "allow everything;",
        "not known;",
        "encapsulate x;",
        "option space a code width 3;",
        "option space dhcp;",
        "option domain-name \"a\" \"b\";"}) {
    const Rules result = rules("filename \"before\"; " + std::string(wrong) + " server-name \"behind\";");
    EXPECT_EQ(problems.size(), 1U) << wrong << '\n' << problems_text();
    EXPECT_TRUE(result == good("filename \"before\"; server-name \"behind\";")) << wrong;
  }
}

TEST_F(ProblemsTest, DefinitionsOnlyWhereTheyMayStand) {
  context.definitions_allowed = false;
  EXPECT_EQ(problem_of("option x code 200 = text;"), "1:8 x");
  EXPECT_EQ(problem_of("option space x;"), "1:8 space");
}

TEST_F(ProblemsTest, AreBounded) {
  std::string text;
  for (int i = 0; i < 3'000; ++i) text += "nonsense;\n";
  rules(text);
  EXPECT_EQ(problems.size(), kRuleProblemsMax);
}

TEST_F(ProblemsTest, BlocksNestedTooDeeply) {
  std::string text;
  for (int i = 0; i < 100; ++i) text += "if known { ";
  text += "filename \"x\";";
  for (int i = 0; i < 100; ++i) text += " }";
  const Rules result = rules(text + " server-name \"behind\";");
  EXPECT_EQ(problems.size(), 1U) << problems_text();
  outcome->clear();
  result.apply(client.facts(), *outcome);
  EXPECT_EQ(outcome->text(Parameter::kServerName), "behind");
}

TEST_F(ProblemsTest, ALongElsifChainIsNotDeep) {
  std::string text = "if static { filename \"a\"; }";
  for (int i = 0; i < 500; ++i) text += " elsif static { filename \"b\"; }";
  apply(text + " else { filename \"c\"; }");
  EXPECT_EQ(outcome->text(Parameter::kFilename), "c");
}

TEST_F(ProblemsTest, NothingFollowsAnExpression) {
  problems.clear();
  static_cast<void>(parse_condition("known;", context, problems));
  EXPECT_EQ(problems.size(), 1U);
  problems.clear();
  static_cast<void>(parse_data("\"a\" \"b\"", context, problems));
  EXPECT_EQ(problems.size(), 1U);
}

TEST_F(ProblemsTest, TheParserStopsInFrontOfABrace) {
  TokenStream tokens("filename \"a\"; } subnet");
  RuleParser parser(tokens, context, problems);
  parser.parse_statements();
  EXPECT_TRUE(tokens.peek().is_symbol("}"));
  parser.parse_statement();
  EXPECT_TRUE(tokens.peek().is_symbol("}"));
  EXPECT_TRUE(parser.take() == good("filename \"a\";"));
  EXPECT_TRUE(parser.take().empty());
}

TEST_F(ProblemsTest, WithoutAnyContext) {
  RuleParseContext bare;
  EXPECT_TRUE(parse_rules("option routers somewhere; add \"x\"; set y = known;", bare, problems).empty() == false);
  EXPECT_EQ(problems.size(), 2U) << problems_text();
  EXPECT_EQ(bare.catalog, nullptr);
  EXPECT_EQ(bare.variables, nullptr);
}

}  // namespace
}  // namespace rackcast::testing
