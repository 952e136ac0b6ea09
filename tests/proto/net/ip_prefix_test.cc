#include "proto/net/ip_prefix.h"

#include <gtest/gtest.h>

namespace rackcast::net {
namespace {

IpAddress address(std::string_view text) {
  return *IpAddress::parse(text);
}

TEST(IpPrefix, ParsesBothFamiliesAndBareAddresses) {
  EXPECT_EQ(IpPrefix::parse("192.168.1.0/24"), (IpPrefix{address("192.168.1.0"), 24}));
  EXPECT_EQ(IpPrefix::parse("192.168.1.7"), (IpPrefix{address("192.168.1.7"), 32}));
  EXPECT_EQ(IpPrefix::parse("fd00::/8"), (IpPrefix{address("fd00::"), 8}));
  EXPECT_EQ(IpPrefix::parse("::1"), (IpPrefix{address("::1"), 128}));
  EXPECT_EQ(IpPrefix::parse("0.0.0.0/0"), (IpPrefix{address("0.0.0.0"), 0}));
}

TEST(IpPrefix, RefusesWhatIsNone) {
  for (const char* text : {"", "/", "/8", "1.2.3/8", "10.0.0.0/33", "10.0.0.1/8", "10.0.0.0/", "10.0.0.0/-1",
                           "10.0.0.0/8x", "fd00::/129", "fd00::1/64", "10.0.0.0/99999999999"})
    EXPECT_FALSE(IpPrefix::parse(text)) << text;
}

TEST(IpPrefix, ContainsByBitsAndWithinItsFamily) {
  const IpPrefix odd = *IpPrefix::parse("192.168.128.0/17");
  EXPECT_TRUE(odd.contains(address("192.168.255.255")));
  EXPECT_FALSE(odd.contains(address("192.168.127.255")));
  const IpPrefix all = *IpPrefix::parse("0.0.0.0/0");
  EXPECT_TRUE(all.contains(address("8.8.8.8")));
  EXPECT_FALSE(all.contains(address("::")));
  EXPECT_TRUE(IpPrefix::parse("fd00::/8")->contains(address("fdff::1")));
  EXPECT_FALSE(IpPrefix::parse("fd00::/8")->contains(address("fe00::1")));
  EXPECT_TRUE(IpPrefix::parse("::1")->contains(address("::1")));
}

}  // namespace
}  // namespace rackcast::net
