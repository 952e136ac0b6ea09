#include "io_backends/socket/offload_memory.h"

#include <gtest/gtest.h>

namespace rackcast::io {
namespace {

Destination way(std::uint8_t source, std::uint32_t interface = 0) {
  Destination to;
  to.source = net::Ipv4Address(10, 0, 0, source);
  to.interface = InterfaceIndex{interface};
  return to;
}

TEST(OffloadMemory, AllowsEverythingUntilARefusal) {
  OffloadMemory memory;
  EXPECT_TRUE(memory.allows(way(1), 9'000));
}

TEST(OffloadMemory, HoldsBackSegmentsAsLongAsTheRefusedOnThatWayOnly) {
  OffloadMemory memory;
  memory.remember(way(1), 8'004, false);
  EXPECT_FALSE(memory.allows(way(1), 8'004));
  EXPECT_FALSE(memory.allows(way(1), 9'000));
  EXPECT_TRUE(memory.allows(way(1), 1'472));
  EXPECT_TRUE(memory.allows(way(2), 8'004));
  memory.remember(way(1), 1'472, false);
  EXPECT_FALSE(memory.allows(way(1), 1'472));
  memory.remember(way(1), 4'000, false);
  EXPECT_FALSE(memory.allows(way(1), 1'472)) << "a later, longer refusal forgets nothing";
}

TEST(OffloadMemory, AWayThatCannotChecksumGetsNoneAtAll) {
  OffloadMemory memory;
  memory.remember(way(1), 1'000, true);
  EXPECT_FALSE(memory.allows(way(1), 1));
}

TEST(OffloadMemory, AnInterfaceIsOneWayWhateverTheSource) {
  OffloadMemory memory;
  memory.remember(way(1, 7), 1'000, true);
  EXPECT_FALSE(memory.allows(way(2, 7), 500));
  EXPECT_TRUE(memory.allows(way(1, 8), 500));
  EXPECT_TRUE(memory.allows(way(1, 0), 500));
}

TEST(OffloadMemory, TriesAgainAfterManyHeldBack) {
  OffloadMemory memory;
  memory.remember(way(1), 1'000, true);
  std::uint32_t held_back = 0;
  while (!memory.allows(way(1), 1'000)) ++held_back;
  EXPECT_EQ(held_back, OffloadMemory::kRetryBursts - 1);
  EXPECT_FALSE(memory.allows(way(1), 1'000));
}

TEST(OffloadMemory, ForgetsTheOldestWayWhenFull) {
  OffloadMemory memory;
  for (std::uint8_t i = 0; i <= OffloadMemory::kWaysMax; ++i) memory.remember(way(i), 1'000, true);
  EXPECT_TRUE(memory.allows(way(0), 500));
  for (std::uint8_t i = 1; i <= OffloadMemory::kWaysMax; ++i) EXPECT_FALSE(memory.allows(way(i), 500)) << int{i};
}

}  // namespace
}  // namespace rackcast::io
