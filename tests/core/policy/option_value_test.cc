// Values as dhcpd.conf spells them, encoded; and the way back.
#include <gtest/gtest.h>

#include "core/policy/rule_text.h"
#include "tests/core/policy/fixture.h"

namespace rackcast::testing {
namespace {

class OptionValueTest : public PolicyTest {
 protected:
  std::optional<std::string> encoded(std::string_view name, std::string_view text) {
    const OptionDefinition* const definition = catalog.find("dhcp", name);
    EXPECT_NE(definition, nullptr) << name;
    problem.clear();
    const auto bytes = parse_option_value(text, *definition, context, problem);
    EXPECT_EQ(bytes.has_value(), problem.empty());
    if (!bytes) return std::nullopt;
    // What was read is written so that it is read alike.
    const std::string again = option_value_text(catalog, definition->key, *bytes);
    const auto twice = parse_option_value(again, *catalog.find(definition->key), context, problem);
    EXPECT_TRUE(again.starts_with("= ") || (twice && *twice == *bytes)) << again << ": " << problem;
    return text_of(*bytes);
  }
  std::string printed(std::string_view name, std::string_view text) {
    const OptionDefinition* const definition = catalog.find("dhcp", name);
    const auto bytes = parse_option_value(text, *definition, context, problem);
    return bytes ? option_value_text(catalog, definition->key, *bytes) : problem;
  }
  std::string problem;
};

TEST_F(OptionValueTest, Addresses) {
  EXPECT_EQ(encoded("subnet-mask", "255.255.255.0"), octets("\xff\xff\xff\x00"));
  EXPECT_EQ(encoded("routers", "10.0.0.1, 10.0.0.2"), octets("\x0a\x00\x00\x01\x0a\x00\x00\x02"));
  EXPECT_EQ(encoded("routers", "boot.example.org"), octets("\x0a\x00\x00\x09"));
  // A name with two addresses gives both to a list, and the first to a single one.
  EXPECT_EQ(encoded("routers", "two.example.org"), octets("\x0a\x00\x00\x08\x0a\x00\x00\x09"));
  EXPECT_EQ(encoded("subnet-mask", "two.example.org"), octets("\x0a\x00\x00\x08"));
  EXPECT_EQ(encoded("static-routes", "10.1.0.0 10.0.0.1, 10.2.0.0 10.0.0.2"),
            octets("\x0a\x01\x00\x00\x0a\x00\x00\x01\x0a\x02\x00\x00\x0a\x00\x00\x02"));
  EXPECT_FALSE(encoded("subnet-mask", "10.0.0.1, 10.0.0.2"));
  EXPECT_FALSE(encoded("routers", "nowhere.example.org"));
  EXPECT_FALSE(encoded("routers", "10.0.0.256"));
  EXPECT_FALSE(encoded("routers", ""));
}

TEST_F(OptionValueTest, Text) {
  EXPECT_EQ(encoded("host-name", "\"pc\\\"7\\\"\""), "pc\"7\"");
  EXPECT_EQ(encoded("host-name", "pc7"), "pc7");
  EXPECT_EQ(encoded("user-class", "\"iPXE\""), "iPXE");
  EXPECT_EQ(encoded("domain-name", "\"a\\tb\\x41\\101\""), "a\tbAA");
  EXPECT_FALSE(encoded("host-name", ";"));
}

TEST_F(OptionValueTest, Numbers) {
  EXPECT_EQ(encoded("default-ip-ttl", "64"), "\x40");
  EXPECT_EQ(encoded("interface-mtu", "0x5dc"), octets("\x05\xdc"));
  EXPECT_EQ(encoded("interface-mtu", "017"), octets("\x00\x0f"));
  EXPECT_EQ(encoded("time-offset", "-18000"), octets("\xff\xff\xb9\xb0"));
  EXPECT_EQ(encoded("dhcp-lease-time", "4294967295"), octets("\xff\xff\xff\xff"));
  EXPECT_EQ(encoded("pxe-system-type", "7, 9"), octets("\x00\x07\x00\x09"));
  EXPECT_EQ(encoded("dhcp-parameter-request-list", "1, 3, 66, 67"), octets("\x01\x03\x42\x43"));
  EXPECT_FALSE(encoded("default-ip-ttl", "256"));
  EXPECT_FALSE(encoded("default-ip-ttl", "-1"));
  EXPECT_FALSE(encoded("interface-mtu", "many"));
}

TEST_F(OptionValueTest, Flags) {
  EXPECT_EQ(encoded("ip-forwarding", "on"), "\x01");
  EXPECT_EQ(encoded("ip-forwarding", "TRUE"), "\x01");
  EXPECT_EQ(encoded("ip-forwarding", "off"), octets("\x00"));
  EXPECT_FALSE(encoded("ip-forwarding", "yes"));
  EXPECT_EQ(encoded("rapid-commit", ""), "");
}

TEST_F(OptionValueTest, Bytes) {
  EXPECT_EQ(encoded("vendor-encapsulated-options", "06:01:08:ff"), octets("\x06\x01\x08\xff"));
  EXPECT_EQ(encoded("vendor-class-identifier", "\"PXEClient\""), "PXEClient");
  EXPECT_EQ(encoded("vendor-class-identifier", "50:58:45"), "PXE");
  EXPECT_EQ(encoded("dhcp-client-identifier", "1:52:54:0:ab:cd:ef"), octets("\x01\x52\x54\x00\xab\xcd\xef"));
  EXPECT_EQ(encoded("unknown-222", "1:2"), octets("\x01\x02"));
  EXPECT_FALSE(encoded("unknown-222", "100:2"));
  EXPECT_EQ(printed("unknown-222", "1:2"), "01:02");
  EXPECT_EQ(printed("unknown-222", "41:42"), "\"AB\"");
}

TEST_F(OptionValueTest, Records) {
  EXPECT_EQ(encoded("slp-directory-agent", "true 10.0.0.1, 10.0.0.2"), octets("\x01\x0a\x00\x00\x01\x0a\x00\x00\x02"));
  EXPECT_EQ(encoded("pxe-interface-id", "1 3 16"), octets("\x01\x03\x10"));
  EXPECT_EQ(encoded("pxe-client-id", "0 00:11:22"), octets("\x00\x00\x11\x22"));
  good("option contrived code 201 = { ip-address, boolean };");
  EXPECT_EQ(encoded("contrived", "10.0.0.1 on"), octets("\x0a\x00\x00\x01\x01"));
  good("option routes code 202 = array of { integer 8, ip-address };");
  EXPECT_EQ(encoded("routes", "24 10.0.0.0, 16 10.1.0.0"), octets("\x18\x0a\x00\x00\x00\x10\x0a\x01\x00\x00"));
}

TEST_F(OptionValueTest, DomainNames) {
  EXPECT_EQ(encoded("domain-search", "\"example.org\", \"lab.example.org\", \"example.org\""),
            octets("\x07"
                   "example\x03org\x00\x03lab\xc0\x00\xc0\x00"));
  EXPECT_EQ(printed("domain-search", "\"example.org\", \"lab.example.org\""), "\"example.org\", \"lab.example.org\"");
  good("option names code 203 = domain-list;");
  EXPECT_EQ(encoded("names", "\"a.b\", \"b\""), octets("\x01"
                                                       "a\x01"
                                                       "b\x00\x01"
                                                       "b\x00"));
  EXPECT_FALSE(encoded("domain-search", "\"a..b\""));
  EXPECT_FALSE(encoded("domain-search", "\"" + std::string(64, 'a') + "\""));
}

TEST_F(OptionValueTest, ClasslessRoutesAsPeopleDefineThem) {
  good("option rfc3442-classless-static-routes code 121 = array of integer 8;");
  EXPECT_EQ(encoded("rfc3442-classless-static-routes", "24, 10, 0, 0, 10, 0, 0, 1"),
            octets("\x18\x0a\x00\x00\x0a\x00\x00\x01"));
}

TEST_F(OptionValueTest, OctetsThatAreNoValueOfTheType) {
  EXPECT_EQ(option_value_text(catalog, {kDhcpSpace, 1}, bytes_of("abc")), "= \"abc\"");
  EXPECT_EQ(option_value_text(catalog, {kDhcpSpace, 3}, bytes_of("\x01\x02\x03")), "= 01:02:03");
  EXPECT_EQ(option_value_text(catalog, {kDhcpSpace, 3}, {}), "= \"\"");
}

TEST_F(OptionValueTest, SaysWhatIsWrong) {
  EXPECT_FALSE(encoded("interface-mtu", "70000"));
  EXPECT_EQ(problem, "option interface-mtu takes 0 to 65535");
  EXPECT_FALSE(encoded("ip-forwarding", "maybe"));
  EXPECT_EQ(problem, "option ip-forwarding takes true or false, not \"maybe\"");
}

}  // namespace
}  // namespace rackcast::testing
