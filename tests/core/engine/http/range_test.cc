#include "core/engine/http/range.h"

#include <gtest/gtest.h>

#include <string>

namespace rackcast::engine {
namespace {

using State = RangeResult::State;
using Ranges = std::vector<ByteRange>;

struct RangeCase {
  std::string value;
  std::uint64_t size;
  State state;
  Ranges ranges;
};

TEST(HttpRange, SaysWhichBytes) {
  const RangeCase cases[] = {
      {"bytes=0-0", 100, State::kPartial, {{0, 1}}},
      {"bytes=0-99", 100, State::kPartial, {{0, 100}}},
      {"bytes=10-", 100, State::kPartial, {{10, 100}}},
      {"bytes=99-", 100, State::kPartial, {{99, 100}}},
      {"bytes=-1", 100, State::kPartial, {{99, 100}}},
      {"bytes=-500", 100, State::kPartial, {{0, 100}}},
      {"bytes=50-500", 100, State::kPartial, {{50, 100}}},
      {"bytes=50-99999999999999999999999999", 100, State::kPartial, {{50, 100}}},
      {"Bytes=1-2", 100, State::kPartial, {{1, 3}}},
      {"bytes= 1-2 ", 100, State::kPartial, {{1, 3}}},
      {"bytes=1-2,,", 100, State::kPartial, {{1, 3}}},
      {"bytes=0-1, 50-51", 100, State::kPartial, {{0, 2}, {50, 52}}},
      {"bytes=50-51,0-1", 100, State::kPartial, {{50, 52}, {0, 2}}},      // order kept
      {"bytes=0-10,5-20", 100, State::kPartial, {{0, 21}}},               // merged
      {"bytes=90-,0-1,500-", 100, State::kPartial, {{90, 100}, {0, 2}}},  // unsatisfiable ones drop out
      {"bytes=4294967296-4294967297", 5'000'000'000, State::kPartial, {{4'294'967'296, 4'294'967'298}}},
      {"bytes=100-", 100, State::kUnsatisfiable, {}},
      {"bytes=99999999999999999999999-", 100, State::kUnsatisfiable, {}},
      {"bytes=-0", 100, State::kUnsatisfiable, {}},
      {"bytes=0-", 0, State::kUnsatisfiable, {}},
      {"bytes=-5", 0, State::kUnsatisfiable, {}},
      {"bytes=5-4", 100, State::kWhole, {}},
      {"bytes=0-1,5-4", 100, State::kWhole, {}},
      {"bytes=a-b", 100, State::kWhole, {}},
      {"bytes=1", 100, State::kWhole, {}},
      {"bytes=--1", 100, State::kWhole, {}},
      {"bytes=-", 100, State::kWhole, {}},
      {"bytes=", 100, State::kWhole, {}},
      {"bytes=,", 100, State::kWhole, {}},
      {"bytes 1-2", 100, State::kWhole, {}},
      {"lines=1-2", 100, State::kWhole, {}},
      {"bytes=+1-2", 100, State::kWhole, {}},
      {"bytes=1 -2", 100, State::kWhole, {}},
      {"", 100, State::kWhole, {}},
  };
  for (const RangeCase& c : cases) {
    const RangeResult result = parse_range(c.value, c.size);
    EXPECT_EQ(result.state, c.state) << c.value;
    EXPECT_EQ(result.ranges, c.ranges) << c.value;
  }
}

TEST(HttpRange, TakesAsManyAsLibrepoAsksForAndNoMore) {
  std::string value = "bytes=";
  for (std::size_t i = 0; i < kRangesMax; ++i) value += std::to_string(i * 10) + "-" + std::to_string(i * 10 + 4) + ",";
  EXPECT_EQ(parse_range(value, 10'000).ranges.size(), kRangesMax);
  EXPECT_EQ(parse_range(value + "9000-9001", 10'000).state, State::kWhole);
}

}  // namespace
}  // namespace rackcast::engine
