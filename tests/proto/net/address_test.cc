#include "proto/net/address.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <random>
#include <set>
#include <string>
#include <string_view>

namespace rackcast::net {
namespace {

TEST(MacAddress, ParsesBothSeparatorsAndEitherCase) {
  const MacAddress expected{{0x12, 0x34, 0x56, 0x78, 0xAB, 0xCD}};
  EXPECT_EQ(MacAddress::parse("12:34:56:78:ab:cd"), expected);
  EXPECT_EQ(MacAddress::parse("12-34-56-78-AB-CD"), expected);
  EXPECT_EQ(MacAddress::parse("12:34:56:78:aB:Cd"), expected);
  EXPECT_EQ(expected.text().view(), "12:34:56:78:ab:cd");
}

TEST(MacAddress, RefusesEverythingElse) {
  for (const std::string_view text : {"", "12", "12:34:56:78:ab", "12:34:56:78:ab:cd:", "12:34:56:78:ab:cd:ef",
                                      "12:34-56:78:ab:cd", "1:34:56:78:ab:cd", "12:34:56:78:ab:cg", "12.34.56.78.ab.cd",
                                      "123456789abc", " 2:34:56:78:ab:cd", "12:34:56:78:ab:c"}) {
    EXPECT_EQ(MacAddress::parse(text), std::nullopt) << text;
  }
}

TEST(Ipv4Address, ParsesDottedQuad) {
  EXPECT_EQ(Ipv4Address::parse("192.168.1.20"), Ipv4Address(192, 168, 1, 20));
  EXPECT_EQ(Ipv4Address::parse("0.0.0.0"), Ipv4Address());
  EXPECT_EQ(Ipv4Address::parse("255.255.255.255"), Ipv4Address::broadcast());
  EXPECT_EQ(Ipv4Address(10, 0, 200, 3).text().view(), "10.0.200.3");
  EXPECT_EQ(Ipv4Address(10, 0, 200, 3).octet(0), 10);
  EXPECT_EQ(Ipv4Address(10, 0, 200, 3).octet(3), 3);
}

TEST(Ipv4Address, RefusesEverythingElse) {
  for (const std::string_view text :
       {"", ".", "...", "1.2.3", "1.2.3.", "1.2.3.4.", "1.2.3.4.5", "1.2.3.256", "01.2.3.4", "1.2.3.04", "1..2.3",
        "+1.2.3.4", "-1.2.3.4", " 1.2.3.4", "1.2.3.4 ", "0x1.2.3.4", "1.2.3.99999999999999999999", "::1"}) {
    EXPECT_EQ(Ipv4Address::parse(text), std::nullopt) << text;
  }
}

TEST(Ipv4Address, RefusesEmbeddedNul) {
  EXPECT_EQ(Ipv4Address::parse(std::string_view("1.2.3.4\0", 8)), std::nullopt);
}

TEST(Ipv4Address, KnowsItsKind) {
  EXPECT_TRUE(Ipv4Address(224, 0, 0, 1).is_multicast());
  EXPECT_TRUE(Ipv4Address(239, 255, 255, 255).is_multicast());
  EXPECT_FALSE(Ipv4Address(223, 255, 255, 255).is_multicast());
  EXPECT_FALSE(Ipv4Address(240, 0, 0, 0).is_multicast());
  EXPECT_TRUE(Ipv4Address().is_any());
  EXPECT_TRUE(Ipv4Address::broadcast().is_broadcast());
}

TEST(Ipv4Prefix, ContainsExactlyItsAddresses) {
  const auto prefix = Ipv4Prefix::parse("192.168.1.128/25");
  ASSERT_TRUE(prefix);
  EXPECT_TRUE(prefix->contains(Ipv4Address(192, 168, 1, 128)));
  EXPECT_TRUE(prefix->contains(Ipv4Address(192, 168, 1, 255)));
  EXPECT_FALSE(prefix->contains(Ipv4Address(192, 168, 1, 127)));
  EXPECT_FALSE(prefix->contains(Ipv4Address(192, 168, 2, 128)));
  EXPECT_EQ(prefix->broadcast(), Ipv4Address(192, 168, 1, 255));
  EXPECT_EQ(prefix->mask(), 0xFFFF'FF80U);
  EXPECT_EQ(prefix->text().view(), "192.168.1.128/25");
}

TEST(Ipv4Prefix, EdgesOfTheLength) {
  const auto all = Ipv4Prefix::parse("0.0.0.0/0");
  ASSERT_TRUE(all);
  EXPECT_TRUE(all->contains(Ipv4Address::broadcast()));
  EXPECT_EQ(all->broadcast(), Ipv4Address::broadcast());
  const auto one = Ipv4Prefix::parse("10.1.2.3/32");
  ASSERT_TRUE(one);
  EXPECT_TRUE(one->contains(Ipv4Address(10, 1, 2, 3)));
  EXPECT_FALSE(one->contains(Ipv4Address(10, 1, 2, 2)));
}

TEST(Ipv4Prefix, RefusesHostBitsAndBadLengths) {
  for (const std::string_view text :
       {"192.168.1.1/24", "192.168.1.0", "192.168.1.0/", "192.168.1.0/33", "192.168.1.0/024", "/24", "192.168.1/24",
        "192.168.1.0/24/8", "192.168.1.0/-1", "128.0.0.0/0"}) {
    EXPECT_EQ(Ipv4Prefix::parse(text), std::nullopt) << text;
  }
}

TEST(Ipv6Address, ParsesEveryFormOfRfc4291) {
  struct Case {
    std::string_view in;
    std::string_view canonical;
  };
  for (const auto& [in, canonical] : {
           Case{"::", "::"},
           Case{"::1", "::1"},
           Case{"1::", "1::"},
           Case{"2001:DB8:0:0:8:800:200C:417A", "2001:db8::8:800:200c:417a"},
           Case{"2001:0db8:0000:0000:0000:0000:0000:0001", "2001:db8::1"},
           Case{"ff02::1:2", "ff02::1:2"},
           Case{"fe80::5054:ff:fe12:3456", "fe80::5054:ff:fe12:3456"},
           Case{"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},  // one zero group is not shortened
           Case{"2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},     // the first of two equal runs
           Case{"2001:0:0:1:0:0:0:1", "2001:0:0:1::1"},           // the longer run
           Case{"1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"},
           Case{"::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"},
           Case{"1:2:3:4:5:6:0:0", "1:2:3:4:5:6::"},
           Case{"::ffff:192.0.2.33", "::ffff:192.0.2.33"},
           Case{"::192.0.2.33", "::c000:221"},
           Case{"64:ff9b::192.0.2.33", "64:ff9b::c000:221"},
           Case{"1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304"},
       }) {
    const auto address = Ipv6Address::parse(in);
    ASSERT_TRUE(address) << in;
    EXPECT_EQ(address->text().view(), canonical) << in;
  }
}

TEST(Ipv6Address, RefusesEverythingElse) {
  for (const std::string_view text : {"",
                                      ":",
                                      ":::",
                                      "1",
                                      "1:2:3:4:5:6:7",
                                      "1:2:3:4:5:6:7:8:9",
                                      "1:2:3:4:5:6:7:8:",
                                      ":1:2:3:4:5:6:7:8",
                                      "1::2::3",
                                      "1:2:3:4::5:6:7:8",
                                      "12345::",
                                      "g::",
                                      "::1%eth0",
                                      "fe80::1/64",
                                      "1.2.3.4",
                                      "1.2.3.4::",
                                      "::1.2.3",
                                      "::1.2.3.256",
                                      "1:2:3:4:5:6:7:1.2.3.4",
                                      "::1.2.3.4:5",
                                      " ::1",
                                      "[::1]",
                                      "1:",
                                      ":1",
                                      "0x1::"}) {
    EXPECT_EQ(Ipv6Address::parse(text), std::nullopt) << text;
  }
}

TEST(Ipv6Address, TextParsesBackToTheSameAddress) {
  std::mt19937 random(20'261'124);
  for (int round = 0; round < 20'000; ++round) {
    Ipv6Address address;
    // Half the bytes zero, so that runs of every length and place occur.
    const std::uint64_t live = random();
    for (std::size_t i = 0; i < address.octets.size(); ++i)
      if (((live >> i) & 1U) != 0) address.octets[i] = static_cast<std::uint8_t>(random());
    ASSERT_EQ(Ipv6Address::parse(address.text()), address) << address.text().view();
  }
}

TEST(Ipv6Address, KnowsItsKind) {
  EXPECT_TRUE(Ipv6Address::parse("ff02::1")->is_multicast());
  EXPECT_TRUE(Ipv6Address::parse("fe80::1")->is_link_local());
  EXPECT_TRUE(Ipv6Address::parse("febf::1")->is_link_local());
  EXPECT_FALSE(Ipv6Address::parse("fec0::1")->is_link_local());
  EXPECT_TRUE(Ipv6Address::parse("::")->is_any());
}

TEST(IpAddress, IsEitherFamily) {
  EXPECT_EQ(IpAddress::parse("10.0.0.1"), IpAddress(Ipv4Address(10, 0, 0, 1)));
  EXPECT_TRUE(IpAddress::parse("10.0.0.1")->is_v4());
  EXPECT_TRUE(IpAddress::parse("::1")->is_v6());
  EXPECT_EQ(IpAddress::parse("nowhere"), std::nullopt);
  EXPECT_NE(IpAddress(Ipv4Address()), IpAddress(Ipv6Address{}));
  EXPECT_EQ(IpAddress::parse("10.0.0.1")->octets().size(), 4U);
  EXPECT_EQ(IpAddress::parse("::1")->octets().size(), 16U);
  EXPECT_EQ(IpAddress::parse("::1")->text().view(), "::1");
}

TEST(Endpoint, ParsesAndPrintsBothFamilies) {
  const auto v4 = Endpoint::parse("0.0.0.0:69");
  ASSERT_TRUE(v4);
  EXPECT_EQ(v4->port, UdpPort(69));
  EXPECT_EQ(v4->text().view(), "0.0.0.0:69");
  const auto v6 = Endpoint::parse("[::1]:65535");
  ASSERT_TRUE(v6);
  EXPECT_TRUE(v6->address.is_v6());
  EXPECT_EQ(v6->text().view(), "[::1]:65535");
}

TEST(Endpoint, RefusesEverythingElse) {
  for (const std::string_view text :
       {"", ":69", "1.2.3.4", "1.2.3.4:", "1.2.3.4:65536", "1.2.3.4:069", "::1:69", "[::1]", "[::1]69", "[::1:69",
        "[1.2.3.4]:69", "[]:69", "[:69", "]:69", "1.2.3.4:+5"}) {
    EXPECT_EQ(Endpoint::parse(text), std::nullopt) << text;
  }
}

TEST(Endpoint, LongestTextFits) {
  const auto longest = Endpoint::parse("[2001:2001:2001:2001:2001:2001:2001:2001]:65535");
  ASSERT_TRUE(longest);
  EXPECT_FALSE(longest->text().cut());
  EXPECT_EQ(longest->text().view(), "[2001:2001:2001:2001:2001:2001:2001:2001]:65535");
}

TEST(AddressHash, DependsOnSeedFamilyAndPort) {
  const IpAddress v4(Ipv4Address(10, 0, 0, 1));
  const IpAddress v6(*Ipv6Address::parse("::10.0.0.1"));
  EXPECT_EQ(hash(v4, 1), hash(v4, 1));
  EXPECT_NE(hash(v4, 1), hash(v4, 2));
  EXPECT_NE(hash(v4, 1), hash(v6, 1));
  EXPECT_NE(hash(Endpoint{v4, UdpPort(1)}, 7), hash(Endpoint{v4, UdpPort(2)}, 7));
  EXPECT_NE(hash(Endpoint{v6, UdpPort(1)}, 7), hash(Endpoint{v6, UdpPort(2)}, 7));
  EXPECT_NE(hash(MacAddress::broadcast(), 1), hash(MacAddress::broadcast(), 2));
}

// A rack's addresses are consecutive: they must still spread over a small table.
TEST(AddressHash, SpreadsConsecutiveAddressesOverSmallTables) {
  constexpr std::size_t kBuckets = 64;
  constexpr std::uint32_t kAddresses = 6400;
  std::array<int, kBuckets> low{};
  std::array<int, kBuckets> high{};
  for (std::uint32_t i = 0; i < kAddresses; ++i) {
    const std::uint64_t h = hash(IpAddress(Ipv4Address(0x0A00'0000U + i)), 42);
    ++low[h % kBuckets];
    ++high[h >> 58U];
  }
  for (std::size_t i = 0; i < kBuckets; ++i) {
    EXPECT_GT(low[i], 50) << i;
    EXPECT_LT(low[i], 160) << i;
    EXPECT_GT(high[i], 50) << i;
    EXPECT_LT(high[i], 160) << i;
  }
}

TEST(AddressHash, HasNoCollisionAmongTheEndpointsOfOneRack) {
  std::set<std::uint64_t> seen;
  for (std::uint32_t host = 0; host < 256; ++host)
    for (std::uint32_t port = 0; port < 256; ++port)
      seen.insert(hash(
          Endpoint{IpAddress(Ipv4Address(0xC0A8'0000U + host)), UdpPort(static_cast<std::uint16_t>(49'152 + port))},
          9));
  EXPECT_EQ(seen.size(), 65'536U);
}

}  // namespace
}  // namespace rackcast::net
