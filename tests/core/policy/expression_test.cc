// Every form of an expression, against one client's message.
#include <gtest/gtest.h>

#include "tests/core/policy/fixture.h"

namespace rackcast::testing {
namespace {

using ExpressionTest = PolicyTest;

TEST_F(ExpressionTest, Constants) {
  EXPECT_EQ(value("\"text\""), "text");
  EXPECT_EQ(value("00:07:ff"), octets("\x00\x07\xff"));
  EXPECT_EQ(value("7"), "\x07");
  EXPECT_EQ(value("null"), std::nullopt);
  EXPECT_EQ(value("gethostbyname (\"two.example.org\")"), octets("\x0a\x00\x00\x08\x0a\x00\x00\x09"));
}

TEST_F(ExpressionTest, Options) {
  EXPECT_EQ(value("option host-name"), "Lab-PC7");
  EXPECT_EQ(value("option dhcp.host-name"), "Lab-PC7");
  EXPECT_EQ(value("option unknown-93"), octets("\x00\x07"));
  EXPECT_EQ(value("option domain-name"), std::nullopt);
  EXPECT_EQ(value("option agent.circuit-id"), "slot-3");
  EXPECT_EQ(value("option agent.remote-id"), "rack");
  EXPECT_EQ(value("option agent.link-selection"), std::nullopt);
  EXPECT_TRUE(holds("exists host-name"));
  EXPECT_FALSE(holds("exists domain-name"));
  EXPECT_TRUE(holds("exists agent.circuit-id"));
  EXPECT_FALSE(holds("exists agent.subscriber-id"));
}

TEST_F(ExpressionTest, OptionsOfASpaceOfItsOwn) {
  good(R"(option space ipxe; option ipxe-encap-opts code 175 = encapsulate ipxe;
          option ipxe.http code 19 = unsigned integer 8; option ipxe.iscsi code 17 = unsigned integer 8;)");
  EXPECT_TRUE(holds("exists ipxe.http"));
  EXPECT_FALSE(holds("exists ipxe.iscsi"));
  EXPECT_EQ(value("option ipxe.http"), "\x01");
  EXPECT_EQ(value("option ipxe.unknown-176"), "\x01");
}

TEST_F(ExpressionTest, TheMessage) {
  EXPECT_EQ(value("hardware"), octets("\x01\x52\x54\x00\xab\xcd\xef"));
  EXPECT_EQ(value("packet (28, 3)"), octets("\x52\x54\x00"));
  EXPECT_EQ(value("packet (5000, 1)"), std::nullopt);
  EXPECT_EQ(value("substring (packet (236, 9000), 0, 4)"), octets("\x63\x82\x53\x63"));
  EXPECT_EQ(value("filename"), "asked.efi");
  EXPECT_EQ(value("server-name"), "boot.example");
}

TEST_F(ExpressionTest, WhatTheServerKnows) {
  EXPECT_TRUE(holds("known"));
  EXPECT_FALSE(holds("static"));
  EXPECT_EQ(value("leased-address"), octets("\x0a\x00\x00\x4d"));
  EXPECT_EQ(value("encode-int (lease-time, 16)"), octets("\x02\x58"));
  EXPECT_EQ(value("host-decl-name"), "pc7");
  EXPECT_EQ(value("gethostname ()"), "boot1");
}

TEST_F(ExpressionTest, PartsOfData) {
  EXPECT_EQ(value("substring (\"abcdef\", 1, 3)"), "bcd");
  EXPECT_EQ(value("substring (\"abcdef\", 4, 30)"), "ef");
  EXPECT_EQ(value("substring (\"abcdef\", 6, 1)"), "");
  EXPECT_EQ(value("substring (\"abcdef\", 99, 1)"), "");
  EXPECT_EQ(value("substring (option domain-name, 0, 1)"), std::nullopt);
  EXPECT_EQ(value("suffix (\"abcdef\", 2)"), "ef");
  EXPECT_EQ(value("suffix (\"abcdef\", 20)"), "abcdef");
  EXPECT_EQ(value("suffix (hardware, 3)"), octets("\xab\xcd\xef"));
}

TEST_F(ExpressionTest, MadeData) {
  EXPECT_EQ(value("concat (\"a\", \"b\", option host-name)"), "abLab-PC7");
  EXPECT_EQ(value("concat (\"a\", option domain-name)"), std::nullopt);
  EXPECT_EQ(value("lcase (option host-name)"), "lab-pc7");
  EXPECT_EQ(value("ucase (option host-name)"), "LAB-PC7");
  EXPECT_EQ(value("lcase (41:5b:5a:c4)"), octets("a\x5bz\xc4"));
  EXPECT_EQ(value("encode-int (258, 8)"), "\x02");
  EXPECT_EQ(value("encode-int (258, 32)"), octets("\x00\x00\x01\x02"));
  EXPECT_EQ(value("reverse (1, \"abc\")"), "cba");
  EXPECT_EQ(value("reverse (2, \"abcd\")"), "cdab");
  EXPECT_EQ(value("reverse (2, \"abc\")"), std::nullopt);
  EXPECT_EQ(value("reverse (0, \"abc\")"), std::nullopt);
  EXPECT_EQ(value("pick-first-value (option domain-name, option host-name, \"x\")"), "Lab-PC7");
  EXPECT_EQ(value("pick-first-value (null)"), std::nullopt);
}

TEST_F(ExpressionTest, BinaryToAscii) {
  EXPECT_EQ(value("binary-to-ascii (16, 8, \":\", substring (hardware, 1, 6))"), "52:54:0:ab:cd:ef");
  EXPECT_EQ(value("binary-to-ascii (10, 8, \".\", leased-address)"), "10.0.0.77");
  EXPECT_EQ(value("binary-to-ascii (8, 16, \"-\", 00:08:00:ff)"), "10-377");
  EXPECT_EQ(value("binary-to-ascii (10, 32, \"\", 00:00:01:00)"), "256");
  EXPECT_EQ(value("binary-to-ascii (2, 8, \" \", 05)"), "101");
  EXPECT_EQ(value("binary-to-ascii (10, 16, \".\", 01:02:03)"), std::nullopt);
  EXPECT_EQ(value("binary-to-ascii (17, 8, \".\", 01)"), std::nullopt);
  EXPECT_EQ(value("binary-to-ascii (1, 8, \".\", 01)"), std::nullopt);
  EXPECT_EQ(value("binary-to-ascii (10, 24, \".\", 01:02:03)"), std::nullopt);
  EXPECT_EQ(value("binary-to-ascii (10, 8, \".\", option domain-name)"), std::nullopt);
}

TEST_F(ExpressionTest, Integers) {
  EXPECT_TRUE(holds("extract-int (option pxe-system-type, 16) = 7"));
  EXPECT_TRUE(holds("extract-int (substring (hardware, 0, 1), 8) = 1"));
  EXPECT_TRUE(holds("extract-int (01:02:03:04, 32) = 16909060"));
  EXPECT_FALSE(holds("extract-int (01, 16) = 1"));  // too short: missing
  EXPECT_TRUE(holds("extract-int (01, 16) != 1"));
}

TEST_F(ExpressionTest, ConfigOption) {
  apply(R"(option domain-name "lab"; if config-option domain-name = "lab" { option root-path "yes"; }
           option host-name = concat ("pc.", config-option domain-name);)");
  EXPECT_EQ(option("root-path"), "yes");
  EXPECT_EQ(option("host-name"), "pc.lab");
}

TEST_F(ExpressionTest, RegularExpressions) {
  EXPECT_TRUE(holds("option vendor-class-identifier ~= \"^PXEClient:Arch:0000[0-9]\""));
  EXPECT_FALSE(holds("option user-class ~= \"^ipxe$\""));
  EXPECT_TRUE(holds("option user-class ~~ \"^ipxe$\""));
  EXPECT_FALSE(holds("option domain-name ~= \".*\""));
}

TEST_F(ExpressionTest, TheIdiomsPeopleUse) {
  good("option arch code 93 = unsigned integer 16;");
  EXPECT_TRUE(holds("substring (option vendor-class-identifier, 0, 9) = \"PXEClient\""));
  EXPECT_TRUE(holds("option arch = 00:07 or option arch = 00:09"));
  EXPECT_FALSE(holds("option arch = 00:06"));
  EXPECT_TRUE(holds("exists user-class and option user-class = \"iPXE\""));
  EXPECT_TRUE(holds("binary-to-ascii (16, 8, \":\", substring (hardware, 1, 3)) = \"52:54:0\""));
  EXPECT_TRUE(holds("substring (hardware, 1, 3) = 52:54:00"));
  EXPECT_TRUE(holds("(option arch = 00:07) and (known)"));
}

TEST_F(ExpressionTest, NobodyInParticular) {
  problems.clear();
  const ClientFacts nobody;
  for (const std::string_view text : {"exists host-name", "hardware = 1", "option agent.circuit-id = \"x\"", "known",
                                      "packet (0, 1) = 1", "filename = \"x\"", "leased-address = 1"}) {
    const Expression expression = parse_condition(text, context, problems);
    EXPECT_FALSE(expression.holds(nobody, *outcome)) << text;
  }
}

}  // namespace
}  // namespace rackcast::testing
