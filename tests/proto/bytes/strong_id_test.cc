#include "proto/bytes/strong_id.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <type_traits>
#include <unordered_set>

namespace rackcast {
namespace {

using Apple = StrongId<struct AppleTag, std::uint16_t>;
using Pear = StrongId<struct PearTag, std::uint16_t>;

TEST(StrongId, IsNotInterchangeableWithItsRepresentationOrItsLikes) {
  static_assert(!std::is_convertible_v<std::uint16_t, Apple>);
  static_assert(!std::is_convertible_v<Apple, std::uint16_t>);
  static_assert(!std::is_convertible_v<Apple, Pear>);
  static_assert(!std::is_constructible_v<Apple, Pear>);
  static_assert(sizeof(Apple) == sizeof(std::uint16_t));
}

TEST(StrongId, ComparesOrdersAndHashesByValue) {
  EXPECT_EQ(Apple(3), Apple(3));
  EXPECT_LT(Apple(2), Apple(3));
  EXPECT_EQ(Apple().value(), 0);
  const std::unordered_set<Apple> set{Apple(1), Apple(2), Apple(1)};
  EXPECT_EQ(set.size(), 2U);
}

}  // namespace
}  // namespace rackcast
