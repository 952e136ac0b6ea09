// What dhcpd honours and we do not is told, each with its place, and never stops what stands around it.
#include <gtest/gtest.h>

#include <array>

#include "core/policy/rule_parser.h"
#include "tests/core/policy/fixture.h"

namespace rackcast::testing {
namespace {

using WithoutEffectTest = PolicyTest;

constexpr std::array<std::string_view, 31> kStatements{
    "ddns-update-style none;",
    "ddns-updates off;",
    "ddns-hostname = concat (\"a\", option host-name);",
    "on commit { set x = \"a;b\"; if known { log (info, \"}\"); } execute (\"/bin/x\", \"y\"); }",
    "on release or expiry { unset x; }",
    "log (info, concat (\"a\", \"b\"));",
    "execute (\"/bin/true\");",
    "eval f (1);",
    "define f (a, b) { return concat (a, b); }",
    "set f (a) { return a; }",
    "zone example.org. { primary 127.0.0.1; key k; }",
    "key k { algorithm hmac-md5; secret pRP5FapFoJ95JEL06sv4PQ==; };",
    "failover peer \"a\" { primary; address 10.0.0.1; port 847; }",
    "omapi-port 7911;",
    "local-port 67;",
    "log-facility local7;",
    "lease-file-name \"/x\";",
    "pid-file-name \"/x\";",
    "db-time-format local;",
    "delayed-ack 28;",
    "max-ack-delay 250000;",
    "adaptive-lease-time-threshold 90;",
    "update-static-leases on;",
    "allow client-updates;",
    "deny leasequery;",
    "infinite-is-reserved on;",
    "get-lease-hostnames on;",
    "get-lease-hostnames = option user-class;",
    "stash-agent-options off;",
    "deny duplicates;",
    "duplicates false;",
};

TEST_F(WithoutEffectTest, IsReportedAndSkipped) {
  for (const std::string_view statement : kStatements) {
    const Rules result = rules("option domain-name \"a\";\n  " + std::string(statement) + "\nfilename \"b\";");
    ASSERT_EQ(problems.size(), 1U) << statement << '\n' << problems_text();
    EXPECT_EQ(problems[0].kind, RuleProblemKind::kWithoutEffect) << statement;
    EXPECT_EQ(problems[0].line, 2U) << statement;
    EXPECT_FALSE(problems[0].message.empty());
    EXPECT_TRUE(result == good("option domain-name \"a\"; filename \"b\";")) << statement;
  }
}

TEST_F(WithoutEffectTest, IsAStatementToTheReaderOfDeclarations) {
  for (const std::string_view statement : kStatements) {
    TokenStream tokens(statement);
    RuleParser parser(tokens, context, problems);
    EXPECT_TRUE(parser.at_statement()) << statement;
  }
  for (const std::string_view declaration :
       {"subnet 10.0.0.0 netmask 255.0.0.0 {", "host a {", "range 10.0.0.1;", "pool {", "group {", "class \"a\" {",
        "allow members of \"a\";", "deny known-clients;", "hardware ethernet 00:00:00:00:00:00;", "}", ""}) {
    TokenStream tokens(declaration);
    RuleParser parser(tokens, context, problems);
    EXPECT_FALSE(parser.at_statement()) << declaration;
  }
}

TEST_F(WithoutEffectTest, ExpressionsThatCannotBeAnswered) {
  for (const std::string_view text :
       {"if client-state = booting { filename \"x\"; }", "if look-up (option host-name) = \"a\" { filename \"x\"; }",
        "if config-option server.ddns-hostname = \"a\" { filename \"x\"; }",
        "if exists fqdn.hostname { filename \"x\"; }"}) {
    const Rules result = rules(text);
    ASSERT_EQ(problems.size(), 1U) << text << '\n' << problems_text();
    EXPECT_EQ(problems[0].kind, RuleProblemKind::kWithoutEffect) << text;
    outcome->clear();
    result.apply(client.facts(), *outcome);
    EXPECT_EQ(outcome->text(Parameter::kFilename), std::nullopt) << text;
  }
}

TEST_F(WithoutEffectTest, WhatIsDoneAnywayIsNoProblem) {
  (void)good("get-lease-hostnames off; stash-agent-options on; allow duplicates;");
}

TEST_F(WithoutEffectTest, PartsOfTheFqdnOption) {
  EXPECT_TRUE(rules("option fqdn.no-client-update on;").empty());
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_EQ(problems[0].kind, RuleProblemKind::kWithoutEffect);
}

}  // namespace
}  // namespace rackcast::testing
