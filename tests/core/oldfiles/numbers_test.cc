#include "core/oldfiles/numbers.h"

#include <gtest/gtest.h>

#include <cstdint>

namespace rackcast {
namespace {

TEST(WholeNumber, IsDigitsAndNothingElse) {
  EXPECT_EQ(whole_number<unsigned>("0"), 0U);
  EXPECT_EQ(whole_number<unsigned>("0042"), 42U);
  for (const char* const text : {"", " 1", "1 ", "+1", "-1", "0x10", "1k", "1.0", "one"})
    EXPECT_EQ(whole_number<unsigned>(text), std::nullopt) << text;
}

TEST(WholeNumber, HasTheTypesBoundOrTheGivenOne) {
  EXPECT_EQ(whole_number<std::uint32_t>("4294967295"), 4'294'967'295U);
  EXPECT_EQ(whole_number<std::uint32_t>("4294967296"), std::nullopt);
  EXPECT_EQ(whole_number<std::uint64_t>("18446744073709551616"), std::nullopt);
  EXPECT_EQ(whole_number<unsigned>("23", 23), 23U);
  EXPECT_EQ(whole_number<unsigned>("24", 23), std::nullopt);
}

}  // namespace
}  // namespace rackcast
