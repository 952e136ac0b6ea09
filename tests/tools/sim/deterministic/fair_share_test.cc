// Fluid flows on one link: max-min rates, recomputed as flows come and go.
#include "tools/sim/deterministic/fair_share.h"

#include <gtest/gtest.h>

namespace rackcast::sim {
namespace {

using namespace std::chrono_literals;

Instant at(Span time) {
  return Instant(time);
}
double seconds(Instant time) {
  return std::chrono::duration<double>(time.time_since_epoch()).count();
}

TEST(FairShare, OneFlowRunsAtItsCap) {
  FairShare link(1'000);
  const auto flow = link.add(at(0s), 500, 100);
  EXPECT_NEAR(seconds(link.next_end()), 5, 1e-6);
  EXPECT_EQ(link.done(at(2s), flow), 200U);
  EXPECT_EQ(link.take_ended(at(4s)), std::nullopt);
  EXPECT_EQ(link.take_ended(link.next_end()), flow);
  EXPECT_EQ(link.size(), 0U);
  EXPECT_EQ(link.next_end(), kNever);
}

TEST(FairShare, WhatSlowOnesLeaveIsTheOthers) {
  FairShare link(1'000);
  const auto slow = link.add(at(0s), 10'000, 100);
  const auto one = link.add(at(0s), 10'000, 5'000);
  const auto two = link.add(at(0s), 10'000, 6'000);
  EXPECT_EQ(link.done(at(1s), slow), 100U);
  EXPECT_EQ(link.done(at(1s), one), 450U);
  EXPECT_EQ(link.done(at(1s), two), 450U);
}

TEST(FairShare, WhoLeavesGivesItsShareBack) {
  FairShare link(1'000);
  const auto first = link.add(at(0s), 1'000, 10'000);
  const auto second = link.add(at(0s), 5'000, 10'000);
  EXPECT_NEAR(seconds(link.next_end()), 2, 1e-6);
  EXPECT_EQ(link.take_ended(link.next_end()), first);
  EXPECT_NEAR(seconds(link.next_end()), 6, 1e-6);  // 1000 done, 4000 left at 1000 a second
  link.remove(at(3s), second);
  EXPECT_EQ(link.size(), 0U);
}

TEST(FairShare, ACapMayChangeOnTheWay) {
  FairShare link(0);
  const auto flow = link.add(at(0s), 1'000, 100);
  link.set_cap(at(5s), flow, 500);
  EXPECT_EQ(link.done(at(5s), flow), 500U);
  EXPECT_NEAR(seconds(link.next_end()), 6, 1e-6);
}

TEST(FairShare, EqualFlowsEndInTheOrderOfComing) {
  FairShare link(1'000);
  std::vector<FairShare::Flow> flows;
  for (int i = 0; i < 300; ++i) flows.push_back(link.add(at(0s), 1'000, 1'000'000));
  for (int i = 0; i < 200; ++i) link.set_cap(at(0s), flows[0], 1'000U + static_cast<unsigned>(i % 2));  // stale entries
  link.set_cap(at(0s), flows[0], 1'000'000);
  const Instant end = link.next_end();
  EXPECT_NEAR(seconds(end), 300, 1e-3);
  std::vector<FairShare::Flow> ended;
  while (const auto flow = link.take_ended(end + 1ms)) ended.push_back(*flow);
  ASSERT_EQ(ended.size(), 300U);
  EXPECT_EQ(ended[0], flows[1]);
  EXPECT_EQ(ended.back(), flows[0]);  // it moved to the end of the queue
}

TEST(FairShare, AnEmptyBodyEndsAtOnce) {
  FairShare link(1'000);
  const auto flow = link.add(at(3s), 0, 10);
  EXPECT_EQ(link.next_end(), at(3s));
  EXPECT_EQ(link.take_ended(at(3s)), flow);
}

}  // namespace
}  // namespace rackcast::sim
