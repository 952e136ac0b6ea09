// The constexpr tables are read by index: each row must stand where its enum says.
#include <gtest/gtest.h>

#include <set>

#include "core/engine/tftp/outcomes.h"

namespace rackcast::engine::tftpd {
namespace {

TEST(TftpTables, EveryCounterHasItsRowNameAndHint) {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < kCounterTable.size(); ++i) {
    EXPECT_EQ(static_cast<std::size_t>(kCounterTable[i].counter), i);
    EXPECT_TRUE(names.insert(kCounterTable[i].name).second) << kCounterTable[i].name;
    EXPECT_FALSE(kCounterTable[i].hint.empty());
    EXPECT_LE(kCounterTable[i].hint.size(), 96U) << "longer than an event's detail";
  }
}

TEST(TftpTables, EveryRefusalAndEndHasItsRow) {
  for (std::size_t i = 0; i < kRefusalTable.size(); ++i) {
    EXPECT_EQ(static_cast<std::size_t>(kRefusalTable[i].refusal), i);
    EXPECT_FALSE(kRefusalTable[i].text.empty());
  }
  for (std::size_t i = 0; i < kEndTable.size(); ++i) EXPECT_EQ(static_cast<std::size_t>(kEndTable[i].end), i);
}

}  // namespace
}  // namespace rackcast::engine::tftpd
