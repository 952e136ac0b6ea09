#include "io_backends/socket/adaptive_spin.h"

#include <gtest/gtest.h>

namespace rackcast::io {
namespace {

constexpr Duration kSleep = Duration::zero();
constexpr int kProbeEvery = 64;

class Spin : public ::testing::Test {
 protected:
  // Waits that spin, of so many, when each that does ends like this.
  int spun(int waits, bool finds) {
    int count = 0;
    for (int i = 0; i < waits; ++i) {
      if (spin.budget() == kSleep) continue;
      ++count;
      finds ? spin.found() : spin.missed();
    }
    return count;
  }
  // A probe that finds something: one credit, where there was no debt.
  void one_find() {
    while (spin.budget() == kSleep) continue;
    spin.found();
  }
  AdaptiveSpin spin;
};

TEST_F(Spin, AQuietLaneSleepsAndLooksOnceInAWhile) {
  EXPECT_EQ(spun(kProbeEvery - 1, false), 0);
  EXPECT_EQ(spin.budget(), AdaptiveSpin::kSpin);
  spin.missed();
  EXPECT_EQ(spun(10 * kProbeEvery, false), 10);
}

TEST_F(Spin, OneFindIsEnoughToGoOnSpinningWhileThereAreFinds) {
  one_find();
  EXPECT_EQ(spun(1'000, true), 1'000);
}

TEST_F(Spin, AMissCostsAsMuchAsFourFindsEarn) {
  one_find();
  EXPECT_EQ(spun(3, true), 3);  // four credits
  EXPECT_EQ(spun(10, false), 1);
}

TEST_F(Spin, CreditIsBoundedSoThatSpinningEndsSoonAfterTheLastFind) {
  one_find();
  EXPECT_EQ(spun(100'000, true), 100'000);
  EXPECT_EQ(spun(kProbeEvery, false), 4);
}

TEST_F(Spin, DebtIsBoundedSoThatAFewProbesBringSpinningBack) {
  EXPECT_EQ(spun(1'000 * kProbeEvery, false), 1'000);
  int waits = 0;
  for (int probes = 0; probes < 5; ++waits) {
    if (spin.budget() == kSleep) continue;
    ++probes;
    spin.found();
  }
  EXPECT_LE(waits, 5 * kProbeEvery);
  EXPECT_EQ(spin.budget(), AdaptiveSpin::kSpin);
}

}  // namespace
}  // namespace rackcast::io
