#include "core/policy/token_values.h"

#include <gtest/gtest.h>

namespace rackcast {
namespace {

template <typename Take>
auto taken(std::string_view text, Take take, std::string_view rest) {
  TokenStream tokens(text);
  auto value = take(tokens);
  EXPECT_EQ(tokens.peek().text, rest) << text;
  return value;
}

TEST(TokenValues, Addresses) {
  EXPECT_EQ(taken("10.0.0.1;", take_address, ";"), net::Ipv4Address(10, 0, 0, 1));
  EXPECT_EQ(taken("10 . 0 . 0 . 255 x", take_address, "x"), net::Ipv4Address(10, 0, 0, 255));
  EXPECT_FALSE(taken("10.0.0;", take_address, "10"));
  EXPECT_FALSE(taken("10.0.0.256;", take_address, "10"));
  EXPECT_FALSE(taken("host.example.org", take_address, "host"));
}

TEST(TokenValues, Octets) {
  EXPECT_EQ(taken("00:7:fF;", take_octets, ";"), (std::vector{std::byte{0}, std::byte{7}, std::byte{255}}));
  EXPECT_EQ(taken("7", take_octets, ""), std::vector{std::byte{7}});
  // A label's ':' is not the data's.
  EXPECT_EQ(taken("01:02: filename", take_octets, ":"), (std::vector{std::byte{1}, std::byte{2}}));
  EXPECT_FALSE(taken("100:2", take_octets, "100"));
  EXPECT_FALSE(taken("xx", take_octets, "xx"));
}

TEST(TokenValues, MacAddresses) {
  EXPECT_EQ(taken("52:54:0:ab:CD:ef;", take_mac, ";"), (net::MacAddress{{0x52, 0x54, 0, 0xAB, 0xCD, 0xEF}}));
  EXPECT_FALSE(taken("52:54:0:ab:cd;", take_mac, "52"));
}

TEST(TokenValues, Numbers) {
  EXPECT_EQ(taken("42;", take_number, ";"), 42);
  EXPECT_EQ(taken("-42;", take_number, ";"), -42);
  EXPECT_EQ(taken("0x2a;", take_number, ";"), 42);
  EXPECT_EQ(taken("052;", take_number, ";"), 42);
  EXPECT_EQ(taken("0;", take_number, ";"), 0);
  EXPECT_EQ(taken("4294967295;", take_number, ";"), 4294967295);
  EXPECT_FALSE(taken("4294967296;", take_number, "4294967296"));
  EXPECT_FALSE(taken("4x;", take_number, "4x"));
  EXPECT_FALSE(taken("- -4;", take_number, "-"));
  EXPECT_FALSE(taken("09;", take_number, "09"));
}

TEST(TokenValues, HostNames) {
  EXPECT_EQ(taken("boot.Example.org;", take_host_name, ";"), "boot.Example.org");
  EXPECT_EQ(taken("boot. ;", take_host_name, "."), "boot");
  EXPECT_FALSE(taken("\"boot\"", take_host_name, "boot"));
  EXPECT_FALSE(taken(std::string(256, 'a'), take_host_name, std::string(256, 'a')));
}

}  // namespace
}  // namespace rackcast
