#include "core/engine/tftp/burst_limit.h"

#include <gtest/gtest.h>

namespace rackcast::engine::tftpd {
namespace {

TEST(TftpBurstLimit, HalvesDownToOneBlock) {
  BurstLimit burst;
  EXPECT_FALSE(burst.limited());
  EXPECT_EQ(burst.blocks(44), 44U);
  for (const std::uint64_t blocks : {22U, 11U, 5U, 2U, 1U}) {
    EXPECT_TRUE(burst.on_loss(44));
    EXPECT_EQ(burst.blocks(44), blocks);
  }
  EXPECT_FALSE(burst.on_loss(44));
  EXPECT_EQ(burst.blocks(44), 1U);
}

TEST(TftpBurstLimit, LockStepHasNothingToHalve) {
  BurstLimit burst;
  EXPECT_FALSE(burst.on_loss(1));
  EXPECT_FALSE(burst.limited());
}

TEST(TftpBurstLimit, EightCleanWindowsDoubleIt) {
  BurstLimit burst;
  (void)burst.on_loss(16);
  (void)burst.on_loss(16);
  for (int step = 0; step < 2; ++step) {
    for (int i = 0; i < 7; ++i) EXPECT_FALSE(burst.on_clean(16, 16));
    EXPECT_TRUE(burst.on_clean(16, 16));
    EXPECT_EQ(burst.blocks(16), step == 0 ? 8U : 16U);
  }
  EXPECT_FALSE(burst.limited());
  EXPECT_FALSE(burst.on_clean(16, 16));
}

TEST(TftpBurstLimit, ALossBeginsTheCountAnew) {
  BurstLimit burst;
  (void)burst.on_loss(16);
  for (int i = 0; i < 7; ++i) (void)burst.on_clean(16, 16);
  (void)burst.on_loss(16);
  for (int i = 0; i < 7; ++i) EXPECT_FALSE(burst.on_clean(16, 16));
  EXPECT_TRUE(burst.on_clean(16, 16));
}

TEST(TftpBurstLimit, AcksWithinAWindowCountByTheirBlocks) {
  BurstLimit burst;
  (void)burst.on_loss(4);
  for (int i = 0; i < 31; ++i) EXPECT_FALSE(burst.on_clean(1, 4));
  EXPECT_TRUE(burst.on_clean(1, 4));
}

TEST(TftpBurstLimit, TheLongestWindowDoesNotOverflowTheCount) {
  BurstLimit burst;
  (void)burst.on_loss(64);
  for (int i = 0; i < 7; ++i) EXPECT_FALSE(burst.on_clean(65'535, 65'535));
  EXPECT_TRUE(burst.on_clean(65'535, 65'535));
}

}  // namespace
}  // namespace rackcast::engine::tftpd
