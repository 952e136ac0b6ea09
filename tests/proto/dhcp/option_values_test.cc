#include "proto/dhcp/option_values.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/proto/dhcp/captured_messages.h"

namespace rackcast::dhcp4 {
namespace {

std::string hex_of(std::span<const std::byte> octets) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string hex;
  for (const std::byte octet : octets) {
    hex += kDigits[std::to_integer<unsigned>(octet) >> 4U];
    hex += kDigits[std::to_integer<unsigned>(octet) & 0xFU];
  }
  return hex;
}

std::vector<std::string> classes_of(std::string_view hex) {
  const Octets value = from_hex(hex);
  UserClasses classes{value};
  std::vector<std::string> all;
  while (const auto item = classes.next()) all.emplace_back(*item);
  return all;
}

TEST(DhcpUserClass, ReadsPlainTextAndLengthPrefixedForms) {
  using List = std::vector<std::string>;
  EXPECT_EQ(classes_of("69505845"), List{"iPXE"});                     // plain
  EXPECT_EQ(classes_of("0469505845"), List{"iPXE"});                   // RFC 3004
  EXPECT_EQ(classes_of("0469505845036c6162"), (List{"iPXE", "lab"}));  // two classes
  EXPECT_EQ(classes_of("6950584500"), List{"iPXE"});                   // a C string
  EXPECT_EQ(classes_of(""), List{});
}

TEST(DhcpUserClass, TakesBrokenLengthsForPlainText) {
  EXPECT_EQ(classes_of("0569505845"), std::vector<std::string>{"\x05iPXE"});
  EXPECT_EQ(classes_of("046950584503"), std::vector<std::string>{"\x04iPXE\x03"});
  EXPECT_EQ(classes_of("016100"), std::vector<std::string>{"\x01"
                                                           "a"});  // an empty class is not RFC 3004's
}

TEST(DhcpUserClass, ContainsDoesNotConsume) {
  const Octets value = from_hex("0469505845036c6162");
  const UserClasses classes{value};
  EXPECT_TRUE(classes.contains("lab"));
  EXPECT_TRUE(classes.contains("iPXE"));
  EXPECT_FALSE(classes.contains("ipxe"));
  EXPECT_FALSE(classes.contains(""));
}

TEST(DhcpMachineId, PrintsAsSmbiosToolsDo) {
  // The SMBIOS specification's own example of how a UUID lies in memory (§7.2.1), after the type octet.
  const Octets value = from_hex("0033221100554477668899aabbccddeeff");
  const auto id = MachineId::parse(value);
  ASSERT_TRUE(id);
  EXPECT_EQ(id->text().view(), "00112233-4455-6677-8899-aabbccddeeff");
  EXPECT_FALSE(id->is_unset());
}

TEST(DhcpMachineId, RefusesOtherTypesAndSizes) {
  EXPECT_FALSE(MachineId::parse(from_hex("0100112233445566778899aabbccddeeff")));
  EXPECT_FALSE(MachineId::parse(from_hex("0000112233445566778899aabbccddee")));
  EXPECT_FALSE(MachineId::parse(from_hex("0000112233445566778899aabbccddeeff00")));
  EXPECT_FALSE(MachineId::parse({}));
}

TEST(DhcpMachineId, KnowsTheUnsetValues) {
  EXPECT_TRUE(MachineId{}.is_unset());
  MachineId id;
  id.octets.fill(0xFF);
  EXPECT_TRUE(id.is_unset());
  id.octets[15] = 0;
  EXPECT_FALSE(id.is_unset());
}

TEST(DhcpRelayAgent, FindsSubOptionsWithoutPadOrEnd) {
  // circuit-id 00 ff, sub-option 0 and 255 of one octet each, link selection
  const Octets value = from_hex("010200ff000141ff014205040a000100");
  const RelayAgentInfo info{value};
  EXPECT_EQ(hex_of(*info.get(RelaySubOption::kCircuitId)), "00ff");
  EXPECT_EQ(info.address(RelaySubOption::kLinkSelection), net::Ipv4Address(10, 0, 1, 0));
  EXPECT_EQ(info.get(RelaySubOption::kRelayPort), std::nullopt);
  EXPECT_EQ(info.address(RelaySubOption::kCircuitId), std::nullopt);
}

TEST(DhcpRelayAgent, StopsAtASubOptionThatOverruns) {
  const Octets value = from_hex("010141020a4142");
  const RelayAgentInfo info{value};
  EXPECT_TRUE(info.get(RelaySubOption::kCircuitId));
  EXPECT_FALSE(info.get(RelaySubOption::kRemoteId));
}

TEST(DhcpIpxeOptions, FlagOfValueZeroIsAbsent) {
  const Octets value = from_hex("1301001501010000ff240101");
  const IpxeOptions ipxe{value};
  EXPECT_FALSE(ipxe.has(IpxeFeature::kHttp));
  EXPECT_TRUE(ipxe.has(IpxeFeature::kTftp));
  EXPECT_FALSE(ipxe.has(IpxeFeature::kEfi));  // after the end
  EXPECT_FALSE(ipxe.version());
}

TEST(DhcpLists, OfOddSizeAreEmpty) {
  const Octets seven = from_hex("0a000001c00002");
  EXPECT_EQ(AddressListView(seven).size(), 0U);
  EXPECT_EQ(ArchList(seven).size(), 0U);
  EXPECT_EQ(ArchList(seven)[0], std::nullopt);
  const Octets eight = from_hex("0a000001c0000201");
  const AddressListView two(eight);
  EXPECT_EQ(two.size(), 2U);
  EXPECT_EQ(two[1], net::Ipv4Address(192, 0, 2, 1));
  EXPECT_EQ(two[2], net::Ipv4Address());
}

// RFC 3442's own table of destinations and their descriptors.
TEST(DhcpClasslessRoutes, EncodesSignificantOctetsOnly) {
  std::array<std::byte, 64> out{};
  const auto encoded = [&](std::string_view prefix) {
    const ClasslessRoute route{*net::Ipv4Prefix::parse(prefix), net::Ipv4Address(1, 2, 3, 4)};
    const auto value = encode_classless_routes({&route, 1}, out);
    return value ? hex_of(*value) : "none";
  };
  EXPECT_EQ(encoded("0.0.0.0/0"), "0001020304");
  EXPECT_EQ(encoded("10.0.0.0/8"), "080a01020304");
  EXPECT_EQ(encoded("10.17.0.0/16"), "100a1101020304");
  EXPECT_EQ(encoded("10.27.129.0/24"), "180a1b8101020304");
  EXPECT_EQ(encoded("10.229.0.128/25"), "190ae5008001020304");
  EXPECT_EQ(encoded("10.198.122.47/32"), "200ac67a2f01020304");
  EXPECT_EQ(encoded("128.0.0.0/1"), "018001020304");
}

TEST(DhcpClasslessRoutes, RefusesWhatDoesNotFit) {
  const std::array routes{ClasslessRoute{*net::Ipv4Prefix::parse("0.0.0.0/0"), net::Ipv4Address(10, 0, 0, 1)},
                          ClasslessRoute{*net::Ipv4Prefix::parse("10.0.0.0/8"), net::Ipv4Address(10, 0, 0, 2)}};
  std::array<std::byte, 11> exact{};
  std::array<std::byte, 10> small{};
  EXPECT_EQ(hex_of(*encode_classless_routes(routes, exact)), "000a000001080a0a000002");
  EXPECT_FALSE(encode_classless_routes(routes, small));
}

TEST(DhcpDomainSearch, EncodesLabels) {
  std::array<std::byte, 64> out{};
  const std::array<std::string_view, 2> names{"a.com", "lab.a.com."};
  EXPECT_EQ(hex_of(*encode_domain_search(names, out)), "016103636f6d00036c6162016103636f6d00");
}

TEST(DhcpDomainSearch, RefusesMalformedNames) {
  std::array<std::byte, 600> out{};
  const std::string long_label(64, 'x');
  std::string long_name;
  for (int i = 0; i < 127; ++i) long_name += "a.";  // 254 octets, 255 on the wire
  const std::string just_fits = long_name.substr(0, long_name.size() - 1);
  for (const std::string_view name : {std::string_view(""), std::string_view("."), std::string_view("a..b"),
                                      std::string_view(".a"), std::string_view(long_label)}) {
    const std::array<std::string_view, 1> names{name};
    EXPECT_FALSE(encode_domain_search(names, out)) << name;
  }
  const std::array<std::string_view, 1> fits{just_fits};
  EXPECT_TRUE(encode_domain_search(fits, out));
  const std::string too_long = just_fits + "bc";
  const std::array<std::string_view, 1> does_not_fit{too_long};
  EXPECT_FALSE(encode_domain_search(does_not_fit, out));
}

}  // namespace
}  // namespace rackcast::dhcp4
