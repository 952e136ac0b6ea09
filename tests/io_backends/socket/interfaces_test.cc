#include "io_backends/socket/interfaces.h"

#include <gmock/gmock.h>

#include <algorithm>

namespace rackcast::io {
namespace {

TEST(Interfaces, DescribesLoopback) {
  const auto facts = interface_addresses("lo");
  ASSERT_TRUE(facts.has_value()) << facts.error().message;
  EXPECT_EQ(facts->name, "lo");
  EXPECT_EQ(facts->index, *interface_index("lo"));
  EXPECT_TRUE(facts->loopback);
  EXPECT_TRUE(facts->mac.is_zero());
  EXPECT_GE(facts->mtu, 1'500U);
  const auto it = std::find_if(facts->addresses.begin(), facts->addresses.end(),
                               [](const InterfaceAddress& a) { return a.address == net::Ipv4Address(127, 0, 0, 1); });
  ASSERT_NE(it, facts->addresses.end());
  EXPECT_EQ(it->prefix_bits, 8);
}

TEST(Interfaces, ListsEachInterfaceOnce) {
  const auto all = all_interfaces();
  ASSERT_TRUE(all.has_value());
  std::vector<std::string> names;
  for (const InterfaceFacts& facts : *all) names.push_back(facts.name);
  EXPECT_THAT(names, ::testing::Contains("lo"));
  std::sort(names.begin(), names.end());
  EXPECT_EQ(std::adjacent_find(names.begin(), names.end()), names.end());
}

TEST(Interfaces, SaysWhichOneDoesNotExist) {
  EXPECT_THAT(interface_addresses("nosuchif0").error().message, ::testing::HasSubstr("nosuchif0 does not exist"));
  EXPECT_THAT(interface_index("nosuchif0").error().message, ::testing::HasSubstr("nosuchif0 does not exist"));
}

}  // namespace
}  // namespace rackcast::io
