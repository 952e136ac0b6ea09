#include "io_backends/sim/link.h"

#include <gtest/gtest.h>

namespace rackcast::io {
namespace {

using namespace std::chrono_literals;

const MonotonicTime kStart = MonotonicTime(1h);

TEST(Link, DelaysByItsDelay) {
  Link link;
  link.faults.delay = 3ms;
  SeededRandom random(1);
  const Passage passage = link.pass(kStart, 100, false, random);
  EXPECT_EQ(passage.verdict, LinkVerdict::kPasses);
  EXPECT_EQ(passage.out, kStart + 3ms);
  EXPECT_FALSE(passage.duplicated);
}

TEST(Link, KeepsOrderUnderJitter) {
  Link link;
  link.faults.jitter = 10ms;
  SeededRandom random(2);
  MonotonicTime last{};
  bool varied = false;
  for (int i = 0; i < 1'000; ++i) {
    const Passage passage = link.pass(kStart + i * 10us, 100, false, random);
    ASSERT_GE(passage.out, last);
    varied = varied || passage.out != last;
    last = passage.out;
  }
  EXPECT_TRUE(varied);
}

TEST(Link, LetsLaterOnesPassAReorderedOne) {
  Link link;
  link.faults.reorder = 1;
  link.faults.reorder_delay = 5ms;
  SeededRandom random(3);
  const Passage held = link.pass(kStart, 100, false, random);
  link.faults.reorder = 0;
  const Passage next = link.pass(kStart + 1us, 100, false, random);
  EXPECT_TRUE(held.reordered);
  EXPECT_LT(next.out, held.out);
}

TEST(Link, LosesAndDuplicatesAsOftenAsAsked) {
  Link link;
  link.faults.loss = 0.1;
  link.faults.duplicate = 0.2;
  SeededRandom random(4);
  int lost = 0;
  int duplicated = 0;
  for (int i = 0; i < 10'000; ++i) {
    const Passage passage = link.pass(kStart, 100, false, random);
    lost += passage.verdict == LinkVerdict::kLost ? 1 : 0;
    duplicated += passage.duplicated ? 1 : 0;
  }
  EXPECT_NEAR(lost, 1'000, 120);
  EXPECT_NEAR(duplicated, 1'800, 160);
}

TEST(Link, AFragmentedDatagramIsAsWeakAsItsFragments) {
  Link link;
  link.faults.loss = 0.1;
  SeededRandom random(5);
  int lost = 0;
  for (int i = 0; i < 10'000; ++i)
    lost += link.pass(kStart, 8'000, false, random).verdict == LinkVerdict::kLost ? 1 : 0;
  EXPECT_NEAR(lost, 4'686, 200) << "six fragments: 1 - 0.9^6";
}

TEST(Link, CanDropWhatNeedsFragments) {
  Link link;
  link.faults.fragments_pass = false;
  SeededRandom random(6);
  EXPECT_EQ(link.pass(kStart, 1'472, false, random).verdict, LinkVerdict::kPasses);
  EXPECT_EQ(link.pass(kStart, 1'473, false, random).verdict, LinkVerdict::kFragmentsDropped);
  EXPECT_EQ(link.pass(kStart, 1'452, true, random).verdict, LinkVerdict::kPasses);
  EXPECT_EQ(link.pass(kStart, 1'453, true, random).verdict, LinkVerdict::kFragmentsDropped);
}

TEST(Link, SendsAtItsRateAndDropsWhatItsQueueCannotHold) {
  Link link;
  link.faults.delay = 0ns;
  link.faults.rate_bits_per_second = 8'000'000;  // a byte per microsecond
  link.faults.queue_bytes_max = 2'000;
  SeededRandom random(7);
  EXPECT_EQ(link.pass(kStart, 972, false, random).out, kStart + 1'000us);
  EXPECT_EQ(link.pass(kStart, 972, false, random).out, kStart + 2'000us);
  EXPECT_EQ(link.pass(kStart, 972, false, random).out, kStart + 3'000us);
  EXPECT_EQ(link.pass(kStart, 972, false, random).verdict, LinkVerdict::kQueueFull);
  EXPECT_EQ(link.pass(kStart + 1'000us, 972, false, random).out, kStart + 4'000us) << "room again";
}

TEST(Link, PassesNothingWhenPartitioned) {
  Link link;
  link.faults.partitioned = true;
  SeededRandom random(8);
  EXPECT_EQ(link.pass(kStart, 1, false, random).verdict, LinkVerdict::kPartitioned);
}

}  // namespace
}  // namespace rackcast::io
