// Statements, applied.
#include <gtest/gtest.h>

#include "tests/core/policy/fixture.h"

namespace rackcast::testing {
namespace {

using StatementTest = PolicyTest;

TEST_F(StatementTest, Options) {
  EXPECT_TRUE(apply("option routers 10.0.0.1; OPTION domain-name \"lab\"; option agent.circuit-id \"x\";"));
  EXPECT_EQ(option("routers"), octets("\x0a\x00\x00\x01"));
  EXPECT_EQ(option("domain-name"), "lab");
  EXPECT_EQ(option("circuit-id", "agent"), "x");
  EXPECT_EQ(outcome->options().size(), 3U);
}

TEST_F(StatementTest, WhatIsSetLaterCounts) {
  apply("option domain-name \"a\"; supersede domain-name \"b\";");
  EXPECT_EQ(option("domain-name"), "b");
  apply("option domain-name \"a\"; send domain-name \"c\";");
  EXPECT_EQ(option("domain-name"), "c");
  apply("option domain-name \"a\"; default domain-name \"b\"; default root-path \"c\";");
  EXPECT_EQ(option("domain-name"), "a");
  EXPECT_EQ(option("root-path"), "c");
}

TEST_F(StatementTest, AppendAndPrepend) {
  apply("append domain-name \"b\"; append domain-name \"c\"; prepend domain-name \"a\"; prepend root-path \"x\";");
  EXPECT_EQ(option("domain-name"), "abc");
  EXPECT_EQ(option("root-path"), "x");
}

TEST_F(StatementTest, OptionsByExpression) {
  apply("option host-name = concat (\"pc-\", lcase (option host-name)); option root-path = \"a\";");
  EXPECT_EQ(option("host-name"), "pc-lab-pc7");
  EXPECT_EQ(option("root-path"), "a");
}

TEST_F(StatementTest, ASecondNameOfTheSameOption) {
  apply("option arch code 93 = unsigned integer 16; option arch 7; option pxe-system-type 6;");
  EXPECT_EQ(option("arch"), octets("\x00\x06"));
  EXPECT_EQ(outcome->options().size(), 1U);
}

TEST_F(StatementTest, Parameters) {
  apply(R"(filename "grub.efi"; server-name "boot"; next-server boot.example.org; server-identifier 10.0.0.2;
           default-lease-time 600; max-lease-time infinite; min-lease-time 0x3c; min-secs 3; ping-timeout 2;
           always-broadcast on; ping-check false; authoritative; allow booting; deny unknown-clients;
           ignore bootp; boot-unknown-clients true; one-lease-per-client on; ignore-client-uids true;
           dhcp-cache-threshold 25; reply-delay-ms 50;)");
  EXPECT_EQ(outcome->text(Parameter::kFilename), "grub.efi");
  EXPECT_EQ(outcome->text(Parameter::kServerName), "boot");
  EXPECT_EQ(outcome->address(Parameter::kNextServer), net::Ipv4Address(10, 0, 0, 9));
  EXPECT_EQ(outcome->address(Parameter::kServerIdentifier), net::Ipv4Address(10, 0, 0, 2));
  EXPECT_EQ(outcome->number(Parameter::kDefaultLeaseSeconds), 600U);
  EXPECT_EQ(outcome->number(Parameter::kMaxLeaseSeconds), 0xFFFF'FFFFU);
  EXPECT_EQ(outcome->number(Parameter::kMinLeaseSeconds), 60U);
  EXPECT_EQ(outcome->number(Parameter::kMinSecs), 3U);
  EXPECT_EQ(outcome->number(Parameter::kPingTimeoutMs), 2'000U);
  EXPECT_EQ(outcome->number(Parameter::kAlwaysBroadcast), 1U);
  EXPECT_EQ(outcome->number(Parameter::kPingCheck), 0U);
  EXPECT_EQ(outcome->number(Parameter::kAuthoritative), 1U);
  EXPECT_EQ(outcome->number(Parameter::kAllowBooting), 1U);
  EXPECT_EQ(outcome->number(Parameter::kAllowBootp), 0U);
  EXPECT_EQ(outcome->number(Parameter::kAllowUnknownClients), 1U);  // the later of the two
  EXPECT_EQ(outcome->number(Parameter::kOneLeasePerClient), 1U);
  EXPECT_EQ(outcome->number(Parameter::kIgnoreClientUids), 1U);
  EXPECT_EQ(outcome->number(Parameter::kCacheThresholdPercent), 25U);
  EXPECT_EQ(outcome->number(Parameter::kReplyDelayMs), 50U);
  EXPECT_EQ(outcome->number(Parameter::kEchoClientId), std::nullopt);
  apply("not authoritative;");
  EXPECT_EQ(outcome->number(Parameter::kAuthoritative), 0U);
}

TEST_F(StatementTest, WhichParametersAreMentionedInWhateverBlock) {
  const Rules nested = good(
      "min-secs 3; if known { switch (option user-class) { case \"a\": ping-check off; } } else { authoritative; }");
  for (const Parameter parameter : {Parameter::kMinSecs, Parameter::kPingCheck, Parameter::kAuthoritative})
    EXPECT_TRUE(nested.mention(parameter));
  EXPECT_FALSE(nested.mention(Parameter::kFilename));
  EXPECT_FALSE(Rules().mention(Parameter::kFilename));
  EXPECT_TRUE(joined(good("filename \"a\";"), nested).mention(Parameter::kPingCheck));
}

TEST_F(StatementTest, ParametersByExpression) {
  apply(
      R"(filename = concat ("boot/", option host-name); next-server = 0a:00:00:07; default-lease-time = encode-int (900, 32);
           always-broadcast = 01; ping-check = 02; min-secs = encode-int (4000, 32); next-server = 01:02;)");
  EXPECT_EQ(outcome->text(Parameter::kFilename), "boot/Lab-PC7");
  EXPECT_EQ(outcome->address(Parameter::kNextServer), std::nullopt);  // two octets are no address
  EXPECT_EQ(outcome->number(Parameter::kDefaultLeaseSeconds), 900U);
  EXPECT_EQ(outcome->number(Parameter::kAlwaysBroadcast), 1U);
  EXPECT_EQ(outcome->number(Parameter::kPingCheck), 0U);  // dhcpd's `ignore`
  EXPECT_EQ(outcome->number(Parameter::kMinSecs), 255U);
}

TEST_F(StatementTest, VendorOptionSpace) {
  apply("option space pxe; option pxe.mtftp-tmout code 4 = unsigned integer 8; vendor-option-space pxe;");
  EXPECT_EQ(outcome->number(Parameter::kVendorOptionSpace), std::uint32_t{*catalog.find_space("pxe")});
}

TEST_F(StatementTest, IfElsifElse) {
  const std::string_view chain = R"(
    if option pxe-system-type = 00:06 { filename "ia32"; }
    elsif option pxe-system-type = 00:07 { filename "x64"; option root-path "in"; }
    else if option pxe-system-type = 00:07 { filename "again"; }
    else { filename "bios"; })";
  apply(chain);
  EXPECT_EQ(outcome->text(Parameter::kFilename), "x64");
  EXPECT_EQ(option("root-path"), "in");
  apply("if static { filename \"a\"; } else { filename \"b\"; }");
  EXPECT_EQ(outcome->text(Parameter::kFilename), "b");
  apply("if (known) { if (static) { filename \"a\"; } else { filename \"c\"; } }");
  EXPECT_EQ(outcome->text(Parameter::kFilename), "c");
}

TEST_F(StatementTest, SwitchOverData) {
  const std::string rules = R"(switch (option user-class) {
      case "gpxe": filename "g"; break;
      case "iPXE": filename "i";
      case "other": option root-path "fell through"; break; option domain-name "never";
      default: filename "d"; })";
  apply(rules);
  EXPECT_EQ(outcome->text(Parameter::kFilename), "i");
  EXPECT_EQ(option("root-path"), "fell through");
  EXPECT_EQ(option("domain-name"), std::nullopt);
  apply("switch (option domain-name) { case \"x\": filename \"x\"; default: filename \"d\"; }");
  EXPECT_EQ(outcome->text(Parameter::kFilename), "d");
  apply("switch (option user-class) { case \"x\": filename \"x\"; }");
  EXPECT_EQ(outcome->text(Parameter::kFilename), std::nullopt);
}

TEST_F(StatementTest, SwitchOverANumber) {
  apply(R"(switch (extract-int (option pxe-system-type, 16)) {
      case 6: filename "ia32"; break;
      case 7: filename "x64"; break;
      default: filename "bios"; })");
  EXPECT_EQ(outcome->text(Parameter::kFilename), "x64");
  apply("switch (option pxe-system-type) { case 00:07: filename \"x64\"; break; default: filename \"d\"; }");
  EXPECT_EQ(outcome->text(Parameter::kFilename), "x64");
}

TEST_F(StatementTest, BreakEndsItsListOnly) {
  EXPECT_TRUE(apply("if known { option root-path \"a\"; break; option root-path \"b\"; } option domain-name \"c\";"));
  EXPECT_EQ(option("root-path"), "a");
  EXPECT_EQ(option("domain-name"), "c");
  EXPECT_FALSE(apply("option root-path \"a\"; break; option domain-name \"c\";"));
  EXPECT_EQ(option("root-path"), "a");
  EXPECT_EQ(option("domain-name"), std::nullopt);
}

TEST_F(StatementTest, Variables) {
  apply(R"(set name = option host-name; set count = extract-int (option pxe-system-type, 16); set flag = known;
           if flag { option root-path = concat (name, "!"); }
           if count = lease-time { option domain-name "no"; }
           if defined (name) and not defined (other) { filename "defined"; }
           unset name; if not defined (name) { server-name "unset"; })");
  EXPECT_EQ(option("root-path"), "Lab-PC7!");
  EXPECT_EQ(option("domain-name"), std::nullopt);
  EXPECT_EQ(outcome->text(Parameter::kFilename), "defined");
  EXPECT_EQ(outcome->text(Parameter::kServerName), "unset");
  // Of another type than is asked for: missing.
  apply("set x = known; option root-path = x; set y = option domain-name; if defined (y) { filename \"y\"; }");
  EXPECT_EQ(option("root-path"), std::nullopt);
  EXPECT_EQ(outcome->text(Parameter::kFilename), std::nullopt);
  // A variable compares by its type, too.
  apply("set x = extract-int (07, 8); if x = 07 { filename \"data\"; }");
  EXPECT_EQ(outcome->text(Parameter::kFilename), std::nullopt);
}

TEST_F(StatementTest, AddsClasses) {
  apply("add \"pxe\";");
  EXPECT_TRUE(outcome->classes.test(3));
  EXPECT_EQ(outcome->classes.count(), 1U);
}

TEST_F(StatementTest, RulesJoined) {
  const Rules group =
      good("option domain-name \"group\"; option root-path \"group\"; break; option merit-dump \"no\";");
  const Rules host = good("option domain-name \"host\";");
  const Rules both = joined(group, host);
  outcome->clear();
  EXPECT_FALSE(both.apply(client.facts(), *outcome));  // there was a break, which ended the group's part
  EXPECT_EQ(option("domain-name"), "host");
  EXPECT_EQ(option("root-path"), "group");
  EXPECT_EQ(option("merit-dump"), std::nullopt);
  EXPECT_TRUE(joined(group, Rules()) == group);
  EXPECT_TRUE(joined(Rules(), host) == host);
  EXPECT_TRUE(joined(host, host) == good("option domain-name \"host\"; option domain-name \"host\";"));
  EXPECT_FALSE(host == group);
}

TEST_F(StatementTest, Includes) {
  context.read_file = [](std::string_view name) -> Result<std::string> {
    if (name == "more.conf") return "option domain-name \"more\"; if known { include \"inner.conf\"; }";
    if (name == "inner.conf") return std::string("filename \"inner\";");
    return fail("cannot open " + std::string(name));
  };
  apply("include \"more.conf\"; option root-path \"after\";");
  EXPECT_EQ(option("domain-name"), "more");
  EXPECT_EQ(outcome->text(Parameter::kFilename), "inner");
  EXPECT_EQ(option("root-path"), "after");
  EXPECT_EQ(problem_of("option domain-name \"a\";\ninclude \"none.conf\";"), "2:9 none.conf");
}

TEST_F(StatementTest, EmptyStatements) {
  apply(";; option domain-name \"a\";;");
  EXPECT_EQ(option("domain-name"), "a");
  EXPECT_TRUE(good(" # nothing \n").empty());
}

}  // namespace
}  // namespace rackcast::testing
