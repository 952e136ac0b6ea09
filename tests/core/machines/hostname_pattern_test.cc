#include "core/machines/hostname_pattern.h"

#include <gtest/gtest.h>

#include <string>

namespace rackcast {
namespace {

constexpr net::Ipv4Address kAddress{192, 168, 1, 10};
constexpr net::MacAddress kMac{{0x12, 0x34, 0x56, 0x78, 0xAB, 0xCD}};

TEST(HostnamePattern, RendersEachPlaceholder) {
  EXPECT_EQ(render_hostname("station{{last_octet}}.a.com", kAddress, kMac).view(), "station10.a.com");
  EXPECT_EQ(render_hostname("n-{{address}}", kAddress, kMac).view(), "n-192-168-1-10");
  EXPECT_EQ(render_hostname("{{mac}}", kAddress, kMac).view(), "12-34-56-78-ab-cd");
  EXPECT_EQ(render_hostname("a{{last_octet}}b{{last_octet}}", kAddress, kMac).view(), "a10b10");
}

TEST(HostnamePattern, CopiesWhatIsNoPlaceholder) {
  EXPECT_EQ(render_hostname("plain", kAddress, kMac).view(), "plain");
  EXPECT_EQ(render_hostname("open{{last", kAddress, kMac).view(), "open{{last");
  EXPECT_EQ(render_hostname("", kAddress, kMac).view(), "");
}

TEST(HostnamePattern, GivesNoNameRatherThanACutOne) {
  const std::string most(kHostNameBytesMax - 2, 'x');
  EXPECT_EQ(render_hostname(most + "{{last_octet}}", kAddress, kMac).view(), most + "10");
  EXPECT_TRUE(render_hostname(most + "x{{last_octet}}", kAddress, kMac).empty());
}

}  // namespace
}  // namespace rackcast
