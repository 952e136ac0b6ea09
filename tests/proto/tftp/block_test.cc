#include "proto/tftp/block.h"

#include <gtest/gtest.h>

#include <array>
#include <limits>

namespace rackcast::tftp {
namespace {

constexpr std::array kRollovers{Rollover::kToZero, Rollover::kToOne};

std::uint16_t wire(std::uint64_t index, Rollover rollover) {
  return to_wire(BlockIndex(index), rollover).value();
}

std::uint64_t index(std::uint16_t number, std::uint64_t base, Rollover rollover) {
  return from_wire(BlockNumber(number), BlockIndex(base), rollover).value();
}

TEST(TftpBlock, NumberEqualsIndexBeforeTheFirstWrap) {
  for (const Rollover rollover : kRollovers)
    for (std::uint64_t i = 0; i <= 65'535; ++i) ASSERT_EQ(wire(i, rollover), i);
}

TEST(TftpBlock, WrapsToZero) {
  EXPECT_EQ(wire(65'535, Rollover::kToZero), 65'535);
  EXPECT_EQ(wire(65'536, Rollover::kToZero), 0);
  EXPECT_EQ(wire(65'537, Rollover::kToZero), 1);
  EXPECT_EQ(wire(131'071, Rollover::kToZero), 65'535);
  EXPECT_EQ(wire(131'072, Rollover::kToZero), 0);
}

TEST(TftpBlock, WrapsToOneAndNeverSendsZeroAgain) {
  EXPECT_EQ(wire(65'535, Rollover::kToOne), 65'535);
  EXPECT_EQ(wire(65'536, Rollover::kToOne), 1);
  EXPECT_EQ(wire(131'070, Rollover::kToOne), 65'535);
  EXPECT_EQ(wire(131'071, Rollover::kToOne), 1);
  for (std::uint64_t i = 1; i < 300'000; ++i) ASSERT_NE(wire(i, Rollover::kToOne), 0) << i;
}

// The number after n is n + 1, but for the one wrap: by counting, not by the formula under test.
TEST(TftpBlock, CountsLikeAClientOverFourWraps) {
  for (const Rollover rollover : kRollovers) {
    const std::uint16_t after_last = rollover == Rollover::kToZero ? 0 : 1;
    std::uint16_t expected = 0;
    for (std::uint64_t i = 0; i < 4 * 65'536; ++i) {
      ASSERT_EQ(wire(i, rollover), expected) << i;
      expected = expected == 65'535 ? after_last : static_cast<std::uint16_t>(expected + 1);
    }
  }
}

// Every distance a window can have, around every kind of base: the start, mid-cycle, each side of three wraps, far out.
TEST(TftpBlock, UnwrapInvertsWithinHalfAPeriodOfTheBase) {
  constexpr std::array<std::uint64_t, 16> kBases{
      0,      1,      2,      32'766,  32'767,  32'768,  65'534,        65'535,
      65'536, 65'537, 98'304, 131'069, 131'070, 131'072, 1'000'000'007, std::uint64_t{1} << 48U};
  for (const Rollover rollover : kRollovers) {
    for (const std::uint64_t base : kBases) {
      const std::uint64_t first = base > kUnwrapWindowBlocksMax ? base - kUnwrapWindowBlocksMax : 0;
      for (std::uint64_t i = first; i <= base + kUnwrapWindowBlocksMax; ++i)
        ASSERT_EQ(index(wire(i, rollover), base, rollover), i) << "base " << base;
    }
  }
}

// Every base over three periods against the ACKs a 64-block window can bring, and the block before it.
TEST(TftpBlock, UnwrapInvertsForEveryBaseOfThreePeriods) {
  for (const Rollover rollover : kRollovers) {
    for (std::uint64_t base = 0; base < 3 * 65'536; ++base) {
      for (const std::uint64_t step : {0U, 1U, 2U, 63U, 64U})
        ASSERT_EQ(index(wire(base + step, rollover), base, rollover), base + step);
      if (base > 0) {
        ASSERT_EQ(index(wire(base - 1, rollover), base, rollover), base - 1);
      }
    }
  }
}

// Whatever number arrives, the answer is an index that really has this number, and none nearer has it.
TEST(TftpBlock, UnwrapOfAnyNumberIsTheNearestIndexThatHasIt) {
  for (const Rollover rollover : kRollovers) {
    const std::uint64_t period = rollover == Rollover::kToZero ? 65'536 : 65'535;
    for (const std::uint64_t base : {0U, 1U, 5U, 40'000U, 65'535U, 65'536U, 200'000U}) {
      for (std::uint32_t number = 0; number <= 65'535; ++number) {
        const auto found = index(static_cast<std::uint16_t>(number), base, rollover);
        ASSERT_EQ(wire(found, rollover), number);
        if (rollover == Rollover::kToOne && number == 0) continue;  // index 0 only
        const auto distance = [&](std::uint64_t i) { return i > base ? i - base : base - i; };
        ASSERT_LE(distance(found), distance(found + period));
        const std::uint64_t lowest = rollover == Rollover::kToZero ? 0 : 1;
        if (found >= period + lowest) {
          ASSERT_LE(distance(found), distance(found - period));
        }
      }
    }
  }
}

TEST(TftpBlock, TieGoesToTheOlderBlock) {
  EXPECT_EQ(index(0, 98'304, Rollover::kToZero), 65'536U);  // 65536 and 131072 are equally far
}

TEST(TftpBlock, NumberZeroIsOnlyTheOackAckWhenRolloverIsToOne) {
  EXPECT_EQ(index(0, 0, Rollover::kToOne), 0U);
  EXPECT_EQ(index(0, 65'535, Rollover::kToOne), 0U);
  EXPECT_EQ(index(0, 10'000'000, Rollover::kToOne), 0U);
}

TEST(TftpBlock, IndexesAtTheEndOfTheirTypeAreDefined) {
  constexpr std::uint64_t kLast = std::numeric_limits<std::uint64_t>::max();
  for (const Rollover rollover : kRollovers) EXPECT_EQ(index(wire(kLast, rollover), kLast, rollover), kLast);
}

}  // namespace
}  // namespace rackcast::tftp
